import type { KubeInformerError, KubeObject, Status } from '../../src/index.ts';
import {
  ApiServer,
  type ApiServerOptions,
  FakeClock,
  type LoggedRequest,
  seededRandom,
} from '../../src/testing/index.ts';
import { createWatcher, type Watcher, type WatcherConfigInput, type WatcherOptions } from '../../src/watcher/index.ts';

interface Reply<T = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface KubeList {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items: readonly KubeObject[];
}

export interface Rig extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly server: ApiServer;
  readonly watcher: Watcher;
  readonly errors: KubeInformerError[];
  /** GET, with the answer parsed. */
  get<T = KubeList>(path: string, headers?: Record<string, string>): Promise<Reply<T>>;
  /** Names of the objects that a list has, in its order. */
  names(path: string): Promise<string[]>;
  /** Reads a watch; `lines` grow as events come. */
  watch(path: string, headers?: Record<string, string>): Promise<WatchReader>;
}

interface WatchReader {
  readonly status: number;
  readonly lines: readonly { readonly type: string; readonly object: KubeObject & Partial<Status> }[];
  /** `ADDED web-0`, a line each. */
  readonly text: readonly string[];
  readonly ended: boolean;
  stop(): void;
}

export interface RigOptions {
  readonly server?: ApiServerOptions;
  readonly config?: WatcherConfigInput;
  readonly relations?: NonNullable<WatcherOptions['relations']>;
  readonly callbacks?: NonNullable<WatcherOptions['callbacks']>;
  /** Before the service starts. */
  readonly seed?: (server: ApiServer) => void;
  /** Default: until everything configured is cached. */
  readonly waitUntilReady?: boolean;
}

/** A service on an embedded server, both on one clock that stands still. */
export async function rig({
  server: serverOptions,
  config = {},
  callbacks = {},
  relations = [],
  seed,
  waitUntilReady = true,
}: RigOptions = {}): Promise<Rig> {
  const clock = new FakeClock();
  const server = await ApiServer.start({ clock, random: seededRandom(1), ...serverOptions });
  seed?.(server);
  const errors: KubeInformerError[] = [];
  const watcher = await createWatcher(
    { ...config, server: { port: 0, ...config.server } },
    {
      cluster: server.kubeConfig(),
      callbacks,
      relations,
      clock,
      random: () => 0,
      onError: (error) => errors.push(error),
    },
  );
  if (waitUntilReady) await watcher.ready();
  const get: Rig['get'] = async (path, headers = {}) => {
    const response = await fetch(`${watcher.url}${path}`, { headers });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text !== '' ? JSON.parse(text) : text,
    };
  };
  return {
    clock,
    server,
    watcher,
    errors,
    get,
    names: async (path) => (await get(path)).body.items.map(({ metadata }) => metadata.name),
    watch: (path, headers = {}) => openWatch(`${watcher.url}${path}`, headers),
    async [Symbol.asyncDispose]() {
      await watcher.stop();
      await server.close();
    },
  };
}

async function openWatch(url: string, headers: Record<string, string>): Promise<WatchReader> {
  const stopping = new AbortController();
  const response = await fetch(url, { headers, signal: stopping.signal });
  const lines: WatchReader['lines'][number][] = [];
  const reader = { ended: false };
  const read = async () => {
    let rest = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop()!;
      lines.push(...parts.map((line) => JSON.parse(line)));
    }
  };
  const finish = () => {
    reader.ended = true;
  };
  read().then(finish, finish);
  return {
    status: response.status,
    lines,
    get text() {
      return lines.map(({ type, object }) => `${type} ${object.metadata?.name ?? object.reason ?? ''}`.trimEnd());
    },
    get ended() {
      return reader.ended;
    },
    stop: () => stopping.abort(),
  };
}

/** Requests for objects of a resource: how the state is fetched and followed. */
export function upstream(server: ApiServer, resource: string): LoggedRequest[] {
  return server.requests.all({ resource });
}

export function pod(
  name: string,
  more: { namespace?: string; labels?: Record<string, string>; spec?: object; status?: object } = {},
) {
  const { namespace = 'web', labels, ...rest } = more;
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, ...(labels && { labels }) }, spec: {}, ...rest };
}

export const watchPods = { name: 'pods', target: { version: 'v1', kind: 'Pod' } };
