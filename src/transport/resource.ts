import {
  apiVersionOf,
  checkGvr,
  type ListerWatcher,
  type ListOptions,
  type ListResult,
  type ResourceRef,
  resourcePath,
  type Status,
  type WatchOptions,
  type WatchStream,
} from '../kubernetes/index.ts';
import { KubeInformerError } from '../runtime/index.ts';
import type { KubeClient, Query } from './client.ts';
import { type DecodeOptions, type Keep, ListDecoder, objectReader, WatchDecoder } from './decode/index.ts';
import type { KubeResponse } from './response.ts';
import { statusError } from './status-error.ts';
import { BodyWatchStream } from './watch-stream.ts';

export interface ResourceClientOptions {
  /** Default: all namespaces, or none for a cluster-scoped resource. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** `metadata` has the server send `PartialObjectMetadata`. Default: `full`. */
  readonly as?: 'full' | 'metadata' | undefined;
  /** What is cut out of listed and watched objects, see `ObjectDecoderOptions`. Default: `['metadata.managedFields']`. */
  readonly prune?: readonly string[] | undefined;
  /**
   * What stays of listed and watched objects beside `kind`, `apiVersion` and the metadata, see `ObjectDecoderOptions`. Not with `metadata`.
   * Default: everything. The type of the client is to be that of what stays, `Projected<Pod, 'spec.nodeName'>` say.
   */
  readonly project?: readonly string[] | undefined;
  /** Which of the listed and watched objects are wanted; a watch says `DROPPED` of the others. Default: all. */
  readonly keep?: Keep | undefined;
  /**
   * Whether parts that are equal in many listed and watched objects (probes, tolerations, whole containers) may be one and the same object in all
   * of them, and large members (`spec`, `status`) be parsed when they are first read, which spares parsing and keeping what nobody needs. Only for those who never
   * write to what they get. Default: false.
   */
  readonly share?: boolean | undefined;
}

export interface WriteOptions {
  /** Default: the namespace of the client. Needed for a namespaced resource if that has none. */
  readonly namespace?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly fieldManager?: string | undefined;
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict' | undefined;
  /** `status` or `scale`, say. */
  readonly subresource?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface GetOptions {
  readonly namespace?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly subresource?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * How a patch is meant. Custom resources know no `strategic` one. `apply` is a server-side apply, needs a `fieldManager`, and
 * takes `force`.
 */
export type PatchType = 'merge' | 'json' | 'strategic' | 'apply';

export interface PatchOptions extends WriteOptions {
  readonly type: PatchType;
  readonly force?: boolean | undefined;
}

export interface DeleteOptions {
  readonly namespace?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground' | undefined;
  readonly gracePeriodSeconds?: number | undefined;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } | undefined;
  readonly signal?: AbortSignal | undefined;
}

const patchContentType: Readonly<Record<PatchType, string>> = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

const defaultPrune = ['metadata.managedFields'];

/**
 * One kind of resource on one server, in one scope. Listed and watched objects lack what `prune` says; all other methods take and
 * return the JSON of the wire as it is.
 *
 * Every method rejects with a `KubeInformerError`: `ApiStatusError` for an answer of the server, `ConnectionFailed` for none.
 */
export class ResourceClient<T> implements ListerWatcher<T> {
  readonly description: string;
  readonly supportsInitialEvents = true;
  readonly definition: ResourceRef;
  readonly options: ResourceClientOptions;
  readonly #client: KubeClient;
  readonly #decode: DecodeOptions;

  constructor(client: KubeClient, definition: ResourceRef, options: ResourceClientOptions) {
    requireNames(definition, options);
    this.#client = client;
    this.definition = definition;
    this.options = options;
    const { group, resource } = definition;
    const scope = options.namespace ? ` in ${options.namespace}` : '';
    this.description = `${group === '' ? '' : `${apiVersionOf(definition)} `}${resource}${scope}`;
    const confidential = group === '' && resource === 'secrets';
    this.#decode = {
      description: this.description,
      prune: options.prune ?? defaultPrune,
      project: options.project,
      keep: options.keep,
      confidential,
      share: options.share && !confidential,
    };
    // Paths that are not well formed are refused now, not when the first answer comes.
    objectReader(this.#decode);
  }

  /** One page. @throws also `DecodeFailed`, `UnexpectedKind`; the reason of the signal when that is aborted. */
  async list(options: ListOptions, signal: AbortSignal): Promise<ListResult<T>> {
    const path = this.#path(this.options.namespace);
    const response = await this.#client.request({
      path,
      query: { ...this.#selectors(), ...options },
      headers: { accept: this.#accept('PartialObjectMetadataList'), ...this.#client.compression },
      signal,
    });
    await requireJson(this.#client, response, `GET ${path}`, this.description);
    const decoder = new ListDecoder<T>(this.#decode);
    for await (const chunk of response.body) decoder.push(chunk);
    return decoder.finish();
  }

  /** Opens a watch. @throws also `UnexpectedKind`; the reason of the signal when that is aborted, then and later. */
  async watch(options: WatchOptions, signal: AbortSignal): Promise<WatchStream<T>> {
    const path = this.#path(this.options.namespace);
    const response = await this.#client.request({
      path,
      query: { watch: true, ...this.#selectors(), ...options },
      headers: { accept: this.#accept('PartialObjectMetadata') },
      signal,
      silence: 'allowed',
    });
    await requireJson(this.#client, response, `GET ${path}?watch=true`, this.description);
    const opening = options.sendInitialEvents ? 'state' : 'changes';
    return new BodyWatchStream<T>(response, new WatchDecoder<T>(this.#decode), signal, opening);
  }

  /** Reads one object. */
  get(name: string, options: GetOptions = {}): Promise<T> {
    return this.#client.json<T>({
      path: this.#path(this.#namespaceOf(options), name, options.subresource),
      query: { resourceVersion: options.resourceVersion },
      ...(this.options.as === 'metadata' && { headers: { accept: this.#accept('PartialObjectMetadata') } }),
      signal: options.signal,
    });
  }

  /** Creates an object. Its own namespace is used if neither the options nor the client name one. */
  create(object: object, options: WriteOptions = {}): Promise<T> {
    return this.#write('POST', this.#path(this.#namespaceOf(options, object)), object, options);
  }

  /** Replaces the object of the same name. With a resource version in it, only that version (409 otherwise). */
  replace(object: object, options: WriteOptions = {}): Promise<T> {
    const path = this.#path(this.#namespaceOf(options, object), nameOf(object), options.subresource);
    return this.#write('PUT', path, object, options);
  }

  /** As `replace`, for the status. */
  replaceStatus(object: object, options: WriteOptions = {}): Promise<T> {
    return this.replace(object, { ...options, subresource: 'status' });
  }

  /** Changes an object. */
  patch(name: string, patch: unknown, options: PatchOptions): Promise<T> {
    const path = this.#path(this.#namespaceOf(options), name, options.subresource);
    return this.#client.json<T>({
      method: 'PATCH',
      path,
      query: { ...writeQuery(options), force: options.force },
      headers: { 'content-type': patchContentType[options.type] },
      body: JSON.stringify(patch),
      signal: options.signal,
    });
  }

  /** Deletes an object. Resolves with the object if it stays for a while (finalizers, grace), else mostly with a `Status`. */
  delete(name: string, options: DeleteOptions = {}): Promise<T | Status> {
    const { propagationPolicy, gracePeriodSeconds, preconditions } = options;
    // In the body with the others: where there is a body, servers do not look at the query, and would delete in earnest.
    const dryRun = options.dryRun ? ['All'] : undefined;
    return this.#client.json<T | Status>({
      method: 'DELETE',
      path: this.#path(this.#namespaceOf(options), name),
      body: { kind: 'DeleteOptions', apiVersion: 'v1', dryRun, propagationPolicy, gracePeriodSeconds, preconditions },
      signal: options.signal,
    });
  }

  #write(method: string, path: string, object: object, options: WriteOptions): Promise<T> {
    return this.#client.json<T>({ method, path, query: writeQuery(options), body: object, signal: options.signal });
  }

  #namespaceOf(options: { readonly namespace?: string | undefined }, object?: object): string | undefined {
    const own = (object as { metadata?: { namespace?: string } } | undefined)?.metadata?.namespace;
    return options.namespace ?? this.options.namespace ?? own;
  }

  #path(namespace: string | undefined, name?: string, subresource?: string): string {
    return resourcePath(this.definition, { namespace: namespace || undefined, name, subresource });
  }

  #selectors(): Query {
    const { labelSelector, fieldSelector } = this.options;
    return { labelSelector: labelSelector || undefined, fieldSelector: fieldSelector || undefined };
  }

  #accept(metadataKind: string): string {
    return this.options.as === 'metadata'
      ? `application/json;as=${metadataKind};g=meta.k8s.io;v=v1`
      : 'application/json';
  }
}

function writeQuery(options: WriteOptions): Query {
  return {
    dryRun: options.dryRun ? 'All' : undefined,
    fieldManager: options.fieldManager,
    fieldValidation: options.fieldValidation,
  };
}

/** Leaves the body unread if it is the JSON that was asked for; else ends the exchange and throws. */
async function requireJson(
  client: KubeClient,
  response: KubeResponse,
  what: string,
  description: string,
): Promise<void> {
  if (response.status !== 200) throw await statusError(response, what, client.clock);
  const contentType = response.headers['content-type'] ?? '';
  if (/^application\/json\b/i.test(contentType) && !/;\s*as=Table\b/i.test(contentType)) return;
  response.discard();
  throw new KubeInformerError(
    'UnexpectedKind',
    `${description}: the answer is ${contentType || 'of no type'}, not JSON`,
    {
      hint: 'Check the server of the kubeconfig: it may be no API server, or a proxy answers in its place.',
    },
  );
}

function nameOf(object: object): string {
  const name = (object as { metadata?: { name?: unknown } }).metadata?.name;
  if (typeof name === 'string' && name !== '') return name;
  throw new KubeInformerError('InvalidObject', 'the object to write has no metadata.name', {
    hint: 'Give the object a name; only create works without one, with metadata.generateName.',
  });
}

function requireNames(definition: ResourceRef, options: ResourceClientOptions): void {
  checkGvr(definition);
  if ('namespaced' in definition && !definition.namespaced && options.namespace) {
    throw new KubeInformerError('InvalidOption', `${definition.resource} are cluster-scoped and have no namespace`, {
      hint: 'Leave the namespace out.',
    });
  }
  if (options.as === 'metadata' && options.project) {
    throw new KubeInformerError('InvalidOption', `${definition.resource} as metadata have nothing to project`, {
      hint: 'Leave project out; with prune, parts of the metadata can be left out.',
    });
  }
}
