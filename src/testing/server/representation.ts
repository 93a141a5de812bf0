import { apiVersionOf, INITIAL_EVENTS_END } from '../../kubernetes/index.ts';
import { goJson } from './json.ts';
import { bytesOf, type EventType, type ResourceType, type TypeBytes, typeBytes } from './resource-type.ts';
import type { StoredObject } from './stored-object.ts';

export interface ListMetadata {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** In which form the objects of one answer are sent. Made for each request; a table remembers what it has sent. */
export interface Representation {
  /** The bytes of one item of a list, in pieces. */
  item(object: StoredObject): readonly Buffer[];
  /** The bytes of an object that stands alone. */
  object(object: StoredObject): readonly Buffer[];
  /** The bytes of one event, with the newline that ends it. */
  event(type: EventType, object: StoredObject): readonly Buffer[];
  bookmark(revision: number, endsInitialEvents: boolean): Buffer;
  /** What comes before and after the items of a list. */
  list(metadata: ListMetadata): { readonly open: string; readonly close: string };
}

const endOfEvent = Buffer.from('}\n');

/** The objects as they are. */
export class WholeObjects implements Representation {
  readonly #type: ResourceType;
  readonly #bytes: TypeBytes;

  constructor(type: ResourceType) {
    this.#type = type;
    this.#bytes = bytesOf(type);
  }

  item(object: StoredObject): readonly Buffer[] {
    return [this.#bytes.item, object.tail];
  }

  object(object: StoredObject): readonly Buffer[] {
    return [this.#bytes.object, object.tail];
  }

  event(type: EventType, object: StoredObject): readonly Buffer[] {
    return [this.#bytes.events[type], object.tail, endOfEvent];
  }

  bookmark(revision: number, endsInitialEvents: boolean): Buffer {
    const { custom, kind } = this.#type;
    const apiVersion = apiVersionOf(this.#type);
    const resourceVersion = String(revision);
    const annotations = endsInitialEvents ? { annotations: { [INITIAL_EVENTS_END]: 'true' } } : {};
    const object = custom
      ? { apiVersion, kind, metadata: { ...annotations, resourceVersion } }
      : { kind, apiVersion, metadata: { resourceVersion, ...annotations } };
    return bookmarkEvent(object);
  }

  list(metadata: ListMetadata): { open: string; close: string } {
    const { custom, listKind } = this.#type;
    const apiVersion = goJson(apiVersionOf(this.#type));
    if (!custom) {
      const head = `{"kind":${goJson(listKind)},"apiVersion":${apiVersion}`;
      return { open: `${head},"metadata":${goJson(ordered(metadata))},"items":[`, close: ']}\n' };
    }
    const { resourceVersion, remainingItemCount } = metadata;
    const remaining = remainingItemCount === undefined ? {} : { remainingItemCount };
    const tail = { continue: metadata.continue ?? '', ...remaining, resourceVersion };
    return {
      open: `{"apiVersion":${apiVersion},"items":[`,
      close: `],"kind":${goJson(listKind)},"metadata":${goJson(tail)}}\n`,
    };
  }
}

const partialObject = '{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1",';
const partialBytes = typeBytes(partialObject, partialObject);

/** Type and metadata only. */
export class MetadataOnly implements Representation {
  item(object: StoredObject): readonly Buffer[] {
    return [partialBytes.item, ...object.metadataTail];
  }

  object(object: StoredObject): readonly Buffer[] {
    return this.item(object);
  }

  event(type: EventType, object: StoredObject): readonly Buffer[] {
    return [partialBytes.events[type], ...object.metadataTail, endOfEvent];
  }

  bookmark(revision: number, endsInitialEvents: boolean): Buffer {
    return bookmarkEvent(partialBookmark(revision, endsInitialEvents));
  }

  list(metadata: ListMetadata): { open: string; close: string } {
    const head = '{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1"';
    return { open: `${head},"metadata":${goJson(ordered(metadata))},"items":[`, close: ']}\n' };
  }
}

export function partialBookmark(revision: number, endsInitialEvents: boolean): object {
  const annotations = endsInitialEvents ? { annotations: { [INITIAL_EVENTS_END]: 'true' } } : {};
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion: String(revision), ...annotations },
  };
}

function bookmarkEvent(object: object): Buffer {
  return Buffer.from(`${goJson({ type: 'BOOKMARK', object })}\n`);
}

/** The metadata of a built-in list, in its order of keys. */
export function ordered(metadata: ListMetadata): ListMetadata {
  const { resourceVersion, remainingItemCount } = metadata;
  return {
    resourceVersion,
    ...(metadata.continue === undefined ? {} : { continue: metadata.continue }),
    ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
  };
}
