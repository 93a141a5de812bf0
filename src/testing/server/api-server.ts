import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { KubeObject } from '../../kubernetes/index.ts';
import { type Clock, KubeInformerError, type Random, systemClock } from '../../runtime/index.ts';
import type { Request, Response } from './answer.ts';
import { Catalog } from './catalog.ts';
import type { DeleteOptions } from './delete.ts';
import { ServerKubeConfig } from './kube-config.ts';
import { type ListFilter, type Manifest, ObjectApi, type ResourceRef, type Stored } from './object-api.ts';
import { handleRequest } from './request-handler.ts';
import { type RequestEntry, RequestLog } from './request-log.ts';
import { Storage } from './storage.ts';
import type { WatchStream } from './watch.ts';
import { ObjectWriter } from './write.ts';

export interface ApiServerOptions {
  /** Default: the system's. With a `FakeClock`, bookmarks, timeouts and delays come when the test says so. */
  readonly clock?: Clock;
  /** For uids, generated names and the length of watches without a timeout. Default: `Math.random`. */
  readonly random?: Random;
  /** Changes kept for each resource; a watch that starts before them gets 410. Default: 10,000. */
  readonly historyLimit?: number;
  /** Changes that may wait for a watcher that does not read, before its stream is ended. Default: 1,000,000. */
  readonly watchBacklog?: number;
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
  readonly #options: ApiServerOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #storage: Storage;
  readonly #catalog = new Catalog();
  readonly #writer: ObjectWriter;
  readonly #objects: ObjectApi;
  readonly #watches = new Set<WatchStream>();
  readonly #sockets = new Map<Socket, number>();
  #server: Server | undefined;
  #port = 0;
  #connectionCount = 0;

  private constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#storage = new Storage({ clock: this.#clock, historyLimit: options.historyLimit ?? 10_000 });
    this.#writer = new ObjectWriter({ storage: this.#storage, clock: this.#clock, random: this.#random });
    this.#objects = new ObjectApi({ storage: this.#storage, catalog: this.#catalog, writer: this.#writer });
  }

  /** Starts a server and resolves when it listens. */
  static async start(options: ApiServerOptions = {}): Promise<ApiServer> {
    const server = new ApiServer(options);
    await server.#listen(options.port ?? 0);
    return server;
  }

  get url(): string {
    return `http://${this.#options.host ?? '127.0.0.1'}:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** The resource version of the last write. */
  get resourceVersion(): string {
    return String(this.#storage.revision);
  }

  /** TCP connections that are open now. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Watches that are open now. */
  get watches(): number {
    return this.#watches.size;
  }

  /** What a client needs to reach this server. */
  kubeConfig(): ServerKubeConfig {
    return new ServerKubeConfig({ server: this.url });
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

  /** Ends everything that is open. Resolves when the port is free. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const watch of this.#watches) watch.end();
    for (const socket of this.#sockets.keys()) socket.destroy();
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #listen(port: number): Promise<void> {
    const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, (request, response) =>
      this.#handle(request, response),
    );
    server.on('connection', (socket: Socket) => this.#track(socket));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) =>
        reject(
          new KubeInformerError('ConnectionFailed', `the embedded server cannot listen on port ${port}`, {
            cause,
            hint: 'Choose a port that is free, or none.',
          }),
        ),
      );
      server.listen(port, this.#options.host ?? '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  #track(socket: Socket): void {
    this.#connectionCount++;
    this.#sockets.set(socket, this.#connectionCount);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #handle(request: Request, response: Response): void {
    const url = request.url ?? '/';
    const at = url.indexOf('?');
    const entry: RequestEntry = {
      at: this.#clock.now(),
      method: request.method ?? 'GET',
      url,
      path: at < 0 ? url : url.slice(0, at),
      query: new URLSearchParams(at < 0 ? '' : url.slice(at + 1)),
      httpVersion: request.httpVersion,
      connection: this.#sockets.get(request.socket as Socket) ?? 0,
      userAgent: request.headers['user-agent'] ?? '',
      accept: request.headers.accept ?? '',
      user: '',
      status: 0,
      verb: undefined,
      group: '',
      version: '',
      resource: '',
      namespace: '',
      name: '',
      subresource: '',
    };
    this.requests.add(entry);
    void handleRequest(this.#parts(), request, response, entry);
  }

  #parts() {
    return {
      clock: this.#clock,
      random: this.#random,
      storage: this.#storage,
      catalog: this.#catalog,
      writer: this.#writer,
      watches: this.#watches,
      watchBacklog: this.#options.watchBacklog ?? 1_000_000,
      address: `${this.#options.host ?? '127.0.0.1'}:${this.#port}`,
    };
  }
}
