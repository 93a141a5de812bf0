import {
  type ApiResource,
  ApiStatusError,
  apiVersionOf,
  type Clock,
  KubeInformerError,
  NoMatchError,
  type Random,
  type Status,
} from '../../index.ts';
import { type CachedKind, type CachedObject, type Catalogue, type Kinds, refusal } from '../cache/index.ts';
import type { QueryConfig } from '../config/index.ts';
import { type Answer, json, notModified, statusAnswer } from './answer.ts';
import { bodyOf, listBody } from './bodies.ts';
import { type ContactOptions, contact, reach, type Source } from './contact.ts';
import { discoveryAnswer } from './discovery.ts';
import { parseReadOptions, type ReadOptions } from './options.ts';
import { Pages } from './pages.ts';
import { selectRange } from './range.ts';
import { matchesSelection, parseSelection, type Selection } from './selection.ts';
import type { ObjectsTarget, ReadTarget } from './target.ts';
import { streamWatch, type WatchStart } from './watch.ts';

export interface QueryServiceOptions {
  readonly kinds: Kinds;
  readonly catalogue: Catalogue;
  readonly config: QueryConfig;
  readonly clock: Clock;
  readonly random: Random;
}

/** What is asked, beside the path. */
export interface Question {
  readonly params?: URLSearchParams | undefined;
  readonly ifNoneMatch?: string | undefined;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** An API server ends watches without a timeout of their own after this time to twice this time, milliseconds. */
const watchTime = 1_800_000;

/** Answers reads of the API of Kubernetes from the caches. */
export class QueryService {
  readonly #options: QueryServiceOptions;
  readonly #pages: Pages;

  constructor(options: QueryServiceOptions) {
    this.#options = options;
    const { clock, config } = options;
    this.#pages = new Pages({ clock, keep: config.snapshotSeconds * 1_000, max: config.maxSnapshots });
  }

  /** The answer to a read: at once where it is known, else a promise. Errors are answers, too. */
  answer(target: ReadTarget, question: Question): Answer | Promise<Answer> {
    try {
      if (target.type !== 'objects') return discoveryAnswer(this.#options.catalogue, target);
      return this.#known(target, question) ?? this.#read(target, question).catch(failureAnswer);
    } catch (thrown) {
      return failureAnswer(thrown);
    }
  }

  /** Whether a path is that of one object, as far as is known. */
  isExact(target: ObjectsTarget): boolean {
    if (target.name === undefined) return false;
    return target.namespace !== undefined || this.#options.catalogue.find(target)?.namespaced === false;
  }

  close(): void {
    this.#pages.close();
  }

  /** What is asked most, without anything that takes time: one object, from a kind that is live. */
  #known(target: ObjectsTarget, { params, ifNoneMatch }: Question): Answer | undefined {
    if (target.name === undefined || params) return undefined;
    const { kinds, catalogue } = this.#options;
    const resource = catalogue.find(target);
    if (!resource || resource.namespaced !== (target.namespace !== undefined)) return undefined;
    const kind = kinds.covering(resource, target.namespace);
    if (!kind?.isLive) return undefined;
    return this.#one(kind, target, 'hit', ifNoneMatch);
  }

  async #read(target: ObjectsTarget, question: Question): Promise<Answer> {
    const { kinds, catalogue, clock, config } = this.#options;
    const options = parseReadOptions(question.params);
    const resource = await catalogue.resolve({
      group: target.group,
      version: target.version,
      resource: target.resource,
    });
    if (!resource.namespaced && target.namespace !== undefined) throw noSuchPath(target);
    // A name alone does not determine an object of a namespaced kind: then it is a condition.
    const isExact = target.name !== undefined && resource.namespaced === (target.namespace !== undefined);
    if (isExact && options.watch)
      throw refusal(400, 'BadRequest', 'watch a collection with fieldSelector=metadata.name=...');
    const { kind } = kinds.forQuery(resource, target.namespace, selectorsOf(options), options.dedicated);
    const wait: ContactOptions = {
      clock,
      signal: question.signal,
      maxWait: options.maxWait ?? config.maxWaitMs,
      thenServeStale: options.onStale === undefined ? config.thenServeStale : options.onStale === 'serve',
    };
    const source = await contact(kind, wait);
    const { resourceVersion, timeoutSeconds } = options;
    if (resourceVersion !== '' && resourceVersion !== '0' && !options.watch) {
      await reach(kind, resourceVersion, {
        ...wait,
        maxWait: timeoutSeconds === undefined ? wait.maxWait : timeoutSeconds * 1_000,
      });
    }
    if (isExact) return this.#one(kind, target, source, question.ifNoneMatch);
    const selection = selectionOf(target, options);
    if (options.watch) return this.#watch(kind, selection, options, source);
    return this.#list(kind, target, selection, options, source, question.ifNoneMatch);
  }

  #one(kind: CachedKind, target: ObjectsTarget, source: Source, ifNoneMatch: string | undefined): Answer {
    const { namespace, name } = target;
    const object = kind.indexer?.get(namespace === undefined ? name! : `${namespace}/${name}`);
    if (!object) return notFound(kind.resource, name!);
    const headers = this.#headers(kind, source, `"${object.metadata.resourceVersion}"`);
    if (ifNoneMatch !== undefined && ifNoneMatch === headers.etag) return notModified(headers);
    return { status: 200, headers, body: bodyOf(object) };
  }

  #list(
    kind: CachedKind,
    target: ObjectsTarget,
    selection: Selection,
    options: ReadOptions,
    source: Source,
    ifNoneMatch: string | undefined,
  ): Answer {
    const { resource, seq, resourceVersion } = kind;
    const question = JSON.stringify([
      kind.key,
      target.namespace,
      target.name,
      selectorsOf(options),
      options.owner,
      options.nameContains,
      options.index,
    ]);
    const head = { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource) };
    if (options.continue !== undefined) {
      const page = this.#pages.next(options.continue, question, options.limit);
      const body = listBody({ ...head, ...metadataOf(page) }, page.objects);
      return { status: 200, headers: this.#headers(kind, source, undefined), body };
    }
    kind.log.note(resourceVersion, seq);
    const headers = this.#headers(kind, source, `"${resourceVersion}-${seq}"`);
    if (ifNoneMatch !== undefined && ifNoneMatch === headers.etag) return notModified(headers);
    const { objects, index } = selectRange(kind, selection);
    headers['x-cache-index'] = index;
    if (options.limit === 0) return { status: 200, headers, body: listBody({ ...head, resourceVersion }, objects) };
    const page = this.#pages.first(objects, resourceVersion, question, options.limit);
    return { status: 200, headers, body: listBody({ ...head, ...metadataOf(page) }, page.objects) };
  }

  #watch(kind: CachedKind, selection: Selection, options: ReadOptions, source: Source): Answer {
    const { clock, random } = this.#options;
    const start = startOf(kind, options);
    const timeout = options.timeoutSeconds ? options.timeoutSeconds * 1_000 : watchTime * (1 + random());
    const matches =
      selection.isEmpty && !selection.namespaces
        ? () => true
        : (object: CachedObject) => matchesSelection(selection, object);
    return {
      status: 200,
      headers: this.#headers(kind, source, undefined),
      stream: async (sink) => {
        const lease = this.#options.kinds.hold(kind, 'watch');
        try {
          await streamWatch(kind, start, { matches, bookmarks: options.allowWatchBookmarks, timeout, clock }, sink);
        } finally {
          lease.release();
        }
      },
    };
  }

  #headers(kind: CachedKind, source: Source, etag: string | undefined): Record<string, string> {
    const { lastContactAt } = kind;
    const headers: Record<string, string> = {
      'content-type': json,
      'x-cache': source,
      'x-cache-source': encodeURI(kind.key),
    };
    if (lastContactAt !== undefined)
      headers['x-cache-age-ms'] = String(Math.max(0, this.#options.clock.now() - lastContactAt));
    if (etag !== undefined) headers.etag = etag;
    if (source === 'stale') headers.warning = '110 kube-informer "no contact with the API server"';
    return headers;
  }
}

/** Where a watch begins, by the rules of the API: see `resourceVersion` and `sendInitialEvents` there. */
function startOf(kind: CachedKind, options: ReadOptions): WatchStart {
  const { resourceVersion, sendInitialEvents } = options;
  const isConcrete = resourceVersion !== '' && resourceVersion !== '0';
  if (sendInitialEvents ?? !isConcrete) return { from: 'snapshot', mark: sendInitialEvents === true };
  if (!isConcrete) return { from: 'position', seq: kind.seq, newerThan: undefined };
  const position = kind.log.positionOf(resourceVersion);
  if (position === 'expired') {
    throw refusal(
      410,
      'Expired',
      `resourceVersion ${resourceVersion} is too old: changes since then are no longer kept. List, and watch on from there.`,
    );
  }
  if (position === 'ahead') return { from: 'position', seq: kind.seq, newerThan: resourceVersion };
  return { from: 'position', seq: position, newerThan: undefined };
}

function selectorsOf({ labelSelector, fieldSelector }: ReadOptions) {
  return { labelSelector, fieldSelector };
}

function selectionOf({ namespace, name }: ObjectsTarget, options: ReadOptions): Selection {
  const { fieldSelector } = options;
  // A name has no character that a field selector would have to escape.
  const byName = name === undefined ? undefined : `metadata.name=${name}`;
  return parseSelection({
    ...options,
    fieldSelector: [fieldSelector, byName].filter((text) => text !== undefined).join(','),
    namespaces: namespace === undefined ? undefined : [namespace],
  });
}

function metadataOf(page: {
  readonly resourceVersion: string;
  readonly token: string | undefined;
  readonly remaining: number | undefined;
}) {
  return { resourceVersion: page.resourceVersion, continue: page.token, remainingItemCount: page.remaining };
}

function notFound({ group, resource }: ApiResource, name: string): Answer {
  const what = group === '' ? resource : `${resource}.${group}`;
  return statusAnswer(
    refusal(404, 'NotFound', `${what} "${name}" not found`, { name, group: group || undefined, kind: resource }).status,
  );
}

function noSuchPath({ resource }: ObjectsTarget): Error {
  return refusal(404, 'NotFound', `the server could not find the requested resource: ${resource} have no namespace`);
}

/** What went wrong, as the `Status` that says so. */
export function statusOf(thrown: unknown): Status {
  if (thrown instanceof NoMatchError) {
    return refusal(404, 'NotFound', `the server could not find the requested resource. ${thrown.hint}`).status;
  }
  if (thrown instanceof ApiStatusError) return thrown.status;
  if (thrown instanceof KubeInformerError && (thrown.code === 'InvalidSelector' || thrown.code === 'InvalidResource')) {
    const { message } = thrown;
    const field = message.startsWith('field')
      ? 'fieldSelector'
      : message.startsWith('label')
        ? 'labelSelector'
        : 'path';
    return refusal(400, 'BadRequest', message, { causes: [{ reason: 'FieldValueInvalid', message, field }] }).status;
  }
  if (thrown instanceof KubeInformerError && thrown.code === 'ConnectionFailed') {
    return refusal(503, 'ServiceUnavailable', `the API server can't be reached: ${thrown.message}`, {
      retryAfterSeconds: 1,
    }).status;
  }
  return refusal(500, 'InternalError', thrown instanceof KubeInformerError ? thrown.message : 'the service failed')
    .status;
}

function failureAnswer(thrown: unknown): Answer {
  return statusAnswer(statusOf(thrown));
}
