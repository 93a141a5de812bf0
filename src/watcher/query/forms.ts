import { type ApiResource, apiVersionOf, INITIAL_EVENTS_END } from '../../index.ts';
import type { CachedObject, KindEvent } from '../cache/index.ts';
import { bodyOf, eventBody, itemsBody, type ListHead, listHead } from './bodies.ts';

type BookmarkedKind = Pick<ApiResource, 'group' | 'version' | 'kind'>;

/** How objects are written: whole, in part, or as rows of a table. */
export interface Form {
  /** Tells its answers from those of other forms, in `ETag`; `undefined` where what is answered changes with time alone. */
  readonly tag: string | undefined;
  /** One object, as an answer. */
  object(object: CachedObject): Buffer;
  list(head: ListHead, objects: readonly CachedObject[]): readonly Buffer[];
  /** A line of a watch. */
  event(type: KindEvent['type'], object: CachedObject): Buffer;
  /** A line with a version and nothing else. @param mark it ends the initial state. */
  bookmark(resource: BookmarkedKind, resourceVersion: string, mark: boolean): Buffer;
}

/** Objects as they are. */
export const whole: Form = {
  tag: '',
  object: bodyOf,
  list: (head, objects) => [listHead(head), itemsBody(objects.map(bodyOf))],
  event: (type, object) => eventBody(type, bodyOf(object)),
  bookmark: ({ kind, ...resource }, resourceVersion, mark) =>
    line('BOOKMARK', { kind, apiVersion: apiVersionOf(resource), metadata: bookmarkMetadata(resourceVersion, mark) }),
};

/** A part of each object. */
export function projected(project: (object: CachedObject) => object): Form {
  const body = (object: CachedObject) => Buffer.from(JSON.stringify(project(object)));
  return {
    ...whole,
    object: body,
    list: (head, objects) => [listHead(head), itemsBody(objects.map(body))],
    event: (type, object) => eventBody(type, body(object)),
  };
}

const metaVersion = 'meta.k8s.io/v1';

/** An object without all but its metadata. */
export function partialObject({ metadata }: CachedObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: metaVersion, metadata };
}

const partials = projected(partialObject);

/** Metadata only. */
export const metadata: Form = {
  ...partials,
  tag: '-metadata',
  list: (head, objects) =>
    partials.list({ ...head, kind: 'PartialObjectMetadataList', apiVersion: metaVersion }, objects),
  bookmark: (_kind, resourceVersion, mark) =>
    line('BOOKMARK', {
      kind: 'PartialObjectMetadata',
      apiVersion: metaVersion,
      metadata: bookmarkMetadata(resourceVersion, mark),
    }),
};

export function bookmarkMetadata(resourceVersion: string, mark: boolean): object {
  const annotations = mark ? { annotations: { [INITIAL_EVENTS_END]: 'true' } } : {};
  return { resourceVersion, creationTimestamp: null, ...annotations };
}

/** A line of a watch. */
export function line(type: KindEvent['type'] | 'BOOKMARK' | 'ERROR', object: object): Buffer {
  return Buffer.from(`${JSON.stringify({ type, object })}\n`);
}
