import type { DiscoveryClient, KubeObject, ResourceRef } from '../kubernetes/index.ts';
import { abortable, type Clock, KubeInformerError, requireAtLeast, systemClock } from '../runtime/index.ts';
import { AnswerGuard } from './answer-guard.ts';
import { connectionError } from './connection-error.ts';
import { Connections } from './connections.ts';
import { CredentialSource } from './credentials.ts';
import { published } from './diagnostics.ts';
import { RequestDiscovery } from './discovery-client.ts';
import type { WireResponse } from './exchange.ts';
import type { ClusterLike, KubeConfigLike } from './kubeconfig.ts';
import { ResourceClient, type ResourceClientOptions } from './resource.ts';
import { type KubeResponse, StreamedResponse } from './response.ts';
import { statusError } from './status-error.ts';
import { version } from './version.ts';

export interface KubeClientOptions {
  /** Put behind the name of this library in the User-Agent: the name of your program. */
  readonly userAgent?: string;
  /** Default: the clock of the process. */
  readonly clock?: Clock;
  /**
   * Whether lists are asked for with gzip: less to carry, more to compute on both sides. Watches never are. Default: `true` unless the
   * server is on this very machine (localhost, 127.0.0.0/8, ::1).
   */
  readonly gzip?: boolean;
  /**
   * `auto` offers HTTP/2 to servers with TLS and lets them choose; all requests then share one connection. Through a proxy it is
   * always HTTP/1.1. Default: `auto`.
   */
  readonly http2?: 'auto' | 'never';
  /** Milliseconds until a connection that does not come about is given up. Default: 10,000. */
  readonly connectTimeout?: number;
  /**
   * Milliseconds without a byte of an answer after which a request is given up; a server's own limit is 60,000. Watches may be silent
   * once they are open. Default: 90,000.
   */
  readonly answerTimeout?: number;
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface KubeRequest {
  /** Default: `GET`. */
  readonly method?: string;
  /** From the root of the API: `/api/v1/pods`. A path prefix of the server is put before it. */
  readonly path: string;
  /** Members that are `undefined` are left out. */
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text and bytes are sent as they are, with the content type in `headers`; anything else as JSON. */
  readonly body?: unknown;
  /** Ends the request, and later the body of its answer. */
  readonly signal?: AbortSignal | undefined;
  /** `allowed`: the body of the answer may pause for as long as it likes, as that of a watch. Default: `limited` by `answerTimeout`. */
  readonly silence?: 'limited' | 'allowed';
}

/** A request under its guard. */
type Guarded = KubeRequest & { readonly signal: AbortSignal };

/** Requests to one cluster, authenticated by a kubeconfig, over connections that are kept. */
export class KubeClient implements AsyncDisposable {
  readonly #kubeConfig: KubeConfigLike;
  readonly #credentials: CredentialSource;
  readonly #userAgent: string;
  readonly clock: Clock;
  /** Discovery over this client: `new RestMapper({ client: client.discovery })`. */
  readonly discovery: DiscoveryClient = new RequestDiscovery((request) => this.request(request));
  readonly #gzip: boolean | undefined;
  readonly #http2: 'auto' | 'never';
  readonly #connectTimeout: number;
  readonly #answerTimeout: number;
  readonly #connections = new Map<string, Connections>();
  #closed = false;

  constructor(kubeConfig: KubeConfigLike, options: KubeClientOptions = {}) {
    this.#kubeConfig = kubeConfig;
    this.#credentials = new CredentialSource(kubeConfig);
    this.#userAgent = `kube-informer/${version}${options.userAgent ? ` (${options.userAgent})` : ''}`;
    this.clock = options.clock ?? systemClock;
    this.#gzip = options.gzip;
    this.#http2 = options.http2 ?? 'auto';
    this.#connectTimeout = options.connectTimeout ?? 10_000;
    requireAtLeast('connectTimeout', this.#connectTimeout, 1);
    this.#answerTimeout = options.answerTimeout ?? 90_000;
    requireAtLeast('answerTimeout', this.#answerTimeout, 1);
  }

  /** The header with which big answers are asked for, according to the option `gzip`. */
  get compression(): Readonly<Record<string, string>> {
    const gzip = this.#gzip ?? !isLoopback(serverUrl(this.#cluster()).hostname);
    return gzip ? { 'accept-encoding': 'gzip' } : {};
  }

  /**
   * Sends a request. Resolves with the head of the answer, whatever its status.
   *
   * @throws KubeInformerError `ConnectionFailed`, `AuthenticationFailed`, `InvalidKubeConfig`; or the reason of the signal
   */
  async request(request: KubeRequest): Promise<KubeResponse> {
    request.signal?.throwIfAborted();
    const what = `${request.method ?? 'GET'} ${request.path}`;
    const guard = new AnswerGuard({
      clock: this.clock,
      limit: this.#answerTimeout,
      what,
      signal: request.signal,
    });
    try {
      const answer = await this.#exchange({ ...request, signal: guard.signal }, what);
      guard.heard();
      if (request.silence === 'allowed' && answer.status === 200) guard.allowSilence();
      return new StreamedResponse(answer, guard, what, this.clock);
    } catch (thrown) {
      guard.end();
      throw thrown;
    }
  }

  /** Sends a request, once more if the server does not take the credentials and there are others. */
  async #exchange(request: Guarded, what: string): Promise<WireResponse> {
    const { signal } = request;
    const cluster = this.#cluster();
    let credentials = await abortable(this.#credentials.get(cluster), signal);
    let answer = await this.#send(request, cluster, credentials, what);
    if (answer.status === 401) {
      // The refusal is reported as it is when there is nothing new to try.
      const renewed = await abortable(this.#credentials.refresh(cluster), signal);
      if (renewed.id !== credentials.id) {
        answer.cancel();
        credentials = renewed;
        answer = await this.#send(request, cluster, credentials, what);
      }
    }
    return answer;
  }

  /**
   * Sends a request and parses the answer. For answers that are small.
   *
   * @throws KubeInformerError as `request`, and `ApiStatusError` for a status of 400 or more, `DecodeFailed` if the answer is no JSON
   */
  async json<T>(request: KubeRequest): Promise<T> {
    const response = await this.request({ ...request, headers: { accept: 'application/json', ...request.headers } });
    const what = `${request.method ?? 'GET'} ${request.path}`;
    if (response.status >= 400) throw await statusError(response, what, this.clock);
    const chunks: Buffer[] = [];
    for await (const chunk of response.body) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    try {
      return JSON.parse(text) as T;
    } catch {
      // Without the cause, which quotes from a body that may be a secret.
      throw new KubeInformerError('DecodeFailed', `${what}: the answer is no JSON (${text.length} characters)`, {
        hint: 'Check the server of the kubeconfig: it may be no API server, or a proxy answers in its place.',
      });
    }
  }

  /** A client for one kind of resource, typed by its definition. It lists and watches for an informer, and writes. */
  resource<T = KubeObject>(definition: ResourceRef<T>, options: ResourceClientOptions = {}): ResourceClient<T> {
    return new ResourceClient<T>(this, definition, options);
  }

  /** Ends all exchanges and closes all connections. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const connections of this.#connections.values()) connections.destroy();
    this.#connections.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #cluster(): ClusterLike {
    if (this.#closed) {
      throw new KubeInformerError('AlreadyStopped', 'the client is closed', { hint: 'Make a new KubeClient.' });
    }
    const cluster = this.#kubeConfig.getCurrentCluster();
    if (!cluster?.server) {
      throw new KubeInformerError('InvalidKubeConfig', 'the kubeconfig has no current cluster', {
        hint: 'Set current-context to a context whose cluster exists.',
      });
    }
    return cluster;
  }

  async #send(
    request: Guarded,
    cluster: ClusterLike,
    credentials: Awaited<ReturnType<CredentialSource['get']>>,
    what: string,
  ): Promise<WireResponse> {
    const server = serverUrl(cluster);
    const body = bodyOf(request.body);
    const wire = {
      method: request.method ?? 'GET',
      path: `${server.pathname.replace(/\/+$/, '')}${request.path}${queryOf(request.query)}`,
      headers: {
        'user-agent': this.#userAgent,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...credentials.headers,
        ...request.headers,
      },
      body,
      signal: request.signal,
    };
    const key = `${server.origin} ${cluster.proxyUrl ?? ''}`;
    let connections = this.#connections.get(key);
    if (!connections) {
      connections = new Connections({
        origin: server,
        proxyUrl: cluster.proxyUrl,
        clock: this.clock,
        connectTimeout: this.#connectTimeout,
        http2: this.#http2,
      });
      this.#connections.set(key, connections);
    }
    try {
      const connection = connections.for(credentials);
      return await published(wire.method, wire.path, () =>
        abortable(connection.send(wire), request.signal, (late) => late.cancel()),
      );
    } catch (thrown) {
      request.signal.throwIfAborted();
      throw connectionError(what, thrown);
    }
  }
}

function serverUrl(cluster: ClusterLike): URL {
  const url = URL.canParse(cluster.server) ? new URL(cluster.server) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new KubeInformerError('InvalidKubeConfig', `the server of cluster ${cluster.name} is no http or https URL`, {
      hint: 'Write it as https://host:port in the kubeconfig.',
    });
  }
  return url;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
}

function queryOf(query: Query | undefined): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) search.append(name, String(value));
  return search.size === 0 ? '' : `?${search}`;
}

function bodyOf(body: unknown): Uint8Array | undefined {
  if (body === undefined || body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
