import type { KubeObject } from '../../kubernetes/index.ts';
import { type Clock, type Random, systemClock } from '../../runtime/index.ts';
import type { Request, Response } from './answer.ts';
import type { AuthOptions } from './auth.ts';
import { Catalog } from './catalog.ts';
import { DefinitionController } from './crd.ts';
import type { DeleteOptions } from './delete.ts';
import { FaultPlan } from './faults.ts';
import { ServerKubeConfig } from './kube-config.ts';
import { Listener } from './listener.ts';
import { type ListFilter, type Manifest, ObjectApi, type ResourceRef, type Stored } from './object-api.ts';
import { handleRequest } from './request-handler.ts';
import { RequestLog, requestEntry } from './request-log.ts';
import { Storage } from './storage.ts';
import { type Certificates, makeCertificates } from './tls.ts';
import type { WatchStream } from './watch.ts';
import { ObjectWriter } from './write.ts';

/** How an embedded server is to be. Everything has a default. */
export interface ApiServerOptions extends AuthOptions {
  /** Default: the system's. With a `FakeClock`, bookmarks, timeouts and delays come when the test says so. */
  readonly clock?: Clock;
  /** For uids, generated names and the length of watches without a timeout. Default: `Math.random`. */
  readonly random?: Random;
  /** Changes kept for each resource; a watch that starts before them gets 410. Default: 10,000. */
  readonly historyLimit?: number;
  /** Changes that may wait for a watcher that does not read, before its stream is ended. Default: 1,000,000. */
  readonly watchBacklog?: number;
  /**
   * Milliseconds until a new definition's objects can be read and written over HTTP; until then 429, as a real server answers
   * for an instant. Default: 0.
   */
  readonly definitionDelay?: number;
  /**
   * Serve HTTPS, with HTTP/2 and HTTP/1.1, under an authority of its own. Needs the package `selfsigned`.
   * `clientName` is the user of the client certificate in the kubeconfig. Default: no TLS.
   */
  readonly tls?: boolean | { readonly http2?: boolean; readonly clientName?: string };
  /** The token that goes into the kubeconfig. Default: the first of `tokens`. */
  readonly token?: string;
  /** Default: a free port. */
  readonly port?: number;
  /** Default: `127.0.0.1`. */
  readonly host?: string;
}

/**
 * A Kubernetes API server in this process, for tests: a real HTTP server on the loopback interface that keeps its objects in
 * memory and speaks the protocol of Kubernetes 1.36.
 *
 * @example
 * await using server = await ApiServer.start();
 * server.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'demo' }, data: { k: 'v' } });
 * const response = await fetch(`${server.url}/api/v1/namespaces/demo/configmaps`);
 */
export class ApiServer implements AsyncDisposable {
  /** Every request since the start or since `requests.clear()`. */
  readonly requests = new RequestLog();
  /** What the server does wrong. Nothing, until a fault is added. */
  readonly faults = new FaultPlan();
  readonly #options: ApiServerOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #storage: Storage;
  readonly #catalog = new Catalog();
  readonly #writer: ObjectWriter;
  readonly #objects: ObjectApi;
  readonly #watches = new Set<WatchStream>();
  readonly #listener: Listener;
  readonly #certificates: Certificates | undefined;

  private constructor(options: ApiServerOptions, certificates: Certificates | undefined) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#storage = new Storage({ clock: this.#clock, historyLimit: options.historyLimit ?? 10_000 });
    this.#writer = new ObjectWriter({ storage: this.#storage, clock: this.#clock, random: this.#random });
    this.#objects = new ObjectApi({ storage: this.#storage, catalog: this.#catalog, writer: this.#writer });
    new DefinitionController({
      storage: this.#storage,
      catalog: this.#catalog,
      writer: this.#writer,
      watches: this.#watches,
      clock: this.#clock,
      delay: options.definitionDelay ?? 0,
    });
    this.#certificates = certificates;
    this.#listener = new Listener({
      host: options.host ?? '127.0.0.1',
      port: options.port ?? 0,
      certificates,
      http2: typeof options.tls === 'object' ? (options.tls.http2 ?? true) : true,
      onRequest: (request, response, connection) => this.#handle(request, response, connection),
    });
  }

  /**
   * Starts a server and resolves when it listens.
   *
   * @throws KubeInformerError `MissingPackage` if `tls` is asked for without the package `selfsigned`, `ConnectionFailed` if
   * the port is taken.
   */
  static async start(options: ApiServerOptions = {}): Promise<ApiServer> {
    const { tls } = options;
    const clientName = (typeof tls === 'object' ? tls.clientName : undefined) ?? 'kubernetes-admin';
    const server = new ApiServer(options, tls ? await makeCertificates(clientName) : undefined);
    await server.#listener.listen();
    return server;
  }

  /** Where it listens: `http://127.0.0.1:12345`, with TLS `https://...`. */
  get url(): string {
    const { host = '127.0.0.1' } = this.#options;
    const scheme = this.#certificates ? 'https' : 'http';
    return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${this.port}`;
  }

  /** The TCP port. */
  get port(): number {
    return this.#listener.port;
  }

  /** The resource version of the last write. */
  get resourceVersion(): string {
    return String(this.#storage.revision);
  }

  /** TCP connections that are open now. */
  get connections(): number {
    return this.#listener.connections;
  }

  /** Watches that are open now. */
  get watches(): number {
    return this.#watches.size;
  }

  /** What a client needs to reach this server. */
  kubeConfig(): ServerKubeConfig {
    const token = this.#options.token ?? Object.keys(this.#options.tokens ?? {})[0];
    const certificates = this.#certificates;
    return new ServerKubeConfig({
      server: this.url,
      ...(token === undefined ? {} : { token }),
      ...(certificates && { ca: certificates.ca }),
      // With a token the client is the token's user.
      ...(certificates && token === undefined
        ? { clientCertificate: certificates.clientCertificate, clientKey: certificates.clientKey }
        : {}),
    });
  }

  /** The kubeconfig as text. */
  kubeConfigYaml(): string {
    return this.kubeConfig().toYaml();
  }

  /** Writes a kubeconfig for other programs, kubectl for one. */
  writeKubeConfig(path: string): Promise<void> {
    return this.kubeConfig().write(path);
  }

  /** Stores a new object, status included. Throws `ApiStatusError` as a client would see it. */
  create<T extends Manifest>(object: T): Stored<T> {
    return this.#objects.create(object);
  }

  /** Stores new objects, faster than one by one. Returns their number. */
  seed(objects: Iterable<Manifest>): number {
    return this.#objects.seed(objects);
  }

  /** Replaces an object, status included. A resource version in it is checked, none means whatever is there. */
  update<T extends Manifest>(object: T): Stored<T> {
    return this.#objects.update(object);
  }

  /** Applies a JSON merge patch. Cluster-scoped objects have the namespace `''`. */
  patchObject<T extends KubeObject>(resource: ResourceRef, namespace: string, name: string, patch: object): T {
    return this.#objects.patch<T>(resource, namespace, name, patch);
  }

  /** Gives an object a new resource version and nothing else; the cheapest change there is. Returns the version. */
  touch(resource: ResourceRef, namespace: string, name: string): string {
    return this.#objects.touch(resource, namespace, name);
  }

  /** Deletes an object, at once unless it has finalizers or `gracePeriodSeconds` is given. */
  delete(resource: ResourceRef, namespace: string, name: string, options?: DeleteOptions): void {
    this.#objects.delete(resource, namespace, name, options);
  }

  /** An object as it is now, `undefined` if there is none. The result is a copy. */
  get<T extends KubeObject>(resource: ResourceRef, namespace: string, name: string): T | undefined {
    return this.#objects.get<T>(resource, namespace, name);
  }

  /** The objects as they are now, in the order of the API. */
  list<T extends KubeObject>(resource: ResourceRef, filter?: ListFilter): T[] {
    return this.#objects.list<T>(resource, filter);
  }

  /** Forgets the past: watches and pages that start before `resourceVersion` (default: now) get 410. */
  compact(resourceVersion?: string): void {
    this.#storage.compact(resourceVersion === undefined ? undefined : Number(resourceVersion));
  }

  /** Moves the resource version on, as writes to resources that nobody watches do. */
  advanceResourceVersion(): string {
    this.#storage.skipRevision();
    return this.resourceVersion;
  }

  /** Ends watches in good order: all of them, or those of one resource. */
  closeWatches(resource?: ResourceRef): void {
    const type = resource === undefined ? undefined : this.#objects.resolve(resource);
    for (const watch of this.#watches) {
      if (!type || (watch.type.resource === type.resource && watch.type.group === type.group)) watch.end();
    }
  }

  /** Refuses new connections, as a server that is down; `resumeListening` ends it. Connections with a request under way stay open. */
  pauseListening(): Promise<void> {
    return this.#listener.pause();
  }

  /** Listens again on the same port. */
  resumeListening(): Promise<void> {
    return this.#listener.listen();
  }

  /** Sends GOAWAY on every HTTP/2 connection, as a server that shuts down gracefully: open streams go on, new ones need a new connection. */
  drainConnections(): void {
    this.#listener.drain();
  }

  /**
   * Closes every open connection in the middle of what it carries, as the system does for a server that was killed. Over HTTP/2
   * Node's client takes that for the orderly end of a stream.
   */
  dropConnections(): void {
    this.#listener.drop();
  }

  /** Breaks every open connection with a reset, as the crash of a machine or a proxy does. */
  resetConnections(): void {
    this.#listener.reset();
  }

  /** Ends everything that is open. Resolves when the port is free. */
  async close(): Promise<void> {
    for (const watch of this.#watches) watch.end();
    await this.#listener.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #handle(request: Request, response: Response, connection: number): void {
    const entry = requestEntry(request, { at: this.#clock.now(), connection });
    this.requests.add(entry);
    const parts = {
      clock: this.#clock,
      random: this.#random,
      storage: this.#storage,
      catalog: this.#catalog,
      writer: this.#writer,
      watches: this.#watches,
      watchBacklog: this.#options.watchBacklog ?? 1_000_000,
      address: new URL(this.url).host,
      auth: this.#options,
      faults: this.faults,
    };
    void handleRequest(parts, request, response, entry);
  }
}
