import {
  type DeepReadonly,
  findBuiltInResource,
  type InformerEvent,
  type InformerFactoryOptions,
  type KubeClient,
  type KubeConfigLike,
  type KubeInformerError,
  type KubeObject,
  type ResourceDefinition,
  type SharedIndexInformer,
  SharedInformerFactory,
} from 'kube-informer';
import {
  ApiServer,
  type ApiServerOptions,
  FakeClock,
  type LoggedRequest,
  seededRandom,
  settle,
} from 'kube-informer/testing';

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

export const configMaps = findBuiltInResource({
  group: '',
  version: 'v1',
  resource: 'configmaps',
}) as ResourceDefinition<ConfigMap>;

export function configMap(name: string, value = '1', namespace = 'shop', labels?: Record<string, string>) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, ...(labels && { labels }) },
    data: { value },
  };
}

/** Turns of the event loop in which sockets of this machine surely have done what they were told. */
const patience = 200_000;

/** Lets the event loop turn until `condition` holds. No time passes on any fake clock. Fails loudly if it never does. */
export async function until(condition: () => boolean, what?: () => unknown): Promise<void> {
  for (let turn = 0; turn < patience; turn++) {
    if (condition()) return;
    await settle(1);
  }
  throw new Error(`still not: ${condition}${what ? `; there is: ${JSON.stringify(what())}` : ''}`);
}

export interface World extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly server: ApiServer;
  readonly factory: SharedInformerFactory;
  /** Everything that the informers of the factory reported. */
  readonly errors: KubeInformerError[];
}

export interface WorldOptions {
  readonly server?: ApiServerOptions;
  readonly factory?: InformerFactoryOptions;
  readonly cluster?: (server: ApiServer) => KubeConfigLike | KubeClient;
}

/** A server and a factory on one clock, without jitter in the factory. */
export async function world(options: WorldOptions = {}): Promise<World> {
  const clock = new FakeClock();
  const server = await ApiServer.start({ clock, random: seededRandom(1), ...options.server });
  const errors: KubeInformerError[] = [];
  const factory = new SharedInformerFactory(options.cluster?.(server) ?? server.kubeConfig(), {
    clock,
    random: () => 0,
    onError: (error) => errors.push(error),
    ...options.factory,
  });
  return {
    clock,
    server,
    factory,
    errors,
    async [Symbol.asyncDispose]() {
      await factory.stop();
      await server.close();
    },
  };
}

/** Starts the factory, and waits until `informer` follows the server. */
export async function live<T extends KubeObject>(
  factory: SharedInformerFactory,
  informer: SharedIndexInformer<T, never>,
): Promise<void> {
  factory.start();
  await until(
    () => informer.hasSynced() && informer.status().connected,
    () => informer.status(),
  );
}

/** `list 0`, `stream`, `watch 12`: what a request for a collection is for, and from which version on. */
export function purpose({ verb, query }: LoggedRequest): string {
  const version = query.get('resourceVersion') ?? '';
  const what = query.get('sendInitialEvents') === 'true' ? 'stream' : verb;
  return version === '' ? `${what}` : `${what} ${version}`;
}

/** `add blue 1`, `update blue 1>2`, `delete blue 2`: an event of a config map, on one line. */
export function line(event: InformerEvent<ConfigMap>): string {
  const value = (object: DeepReadonly<ConfigMap>) => object.data?.value;
  const { name } = event.object.metadata;
  switch (event.type) {
    case 'add':
      return `add ${name} ${value(event.object)}`;
    case 'update':
      return `update ${name} ${value(event.oldObject)}>${value(event.object)}`;
    case 'delete':
      return `delete ${name} ${value(event.object)}${event.finalStateUnknown ? ' unknown' : ''}`;
  }
}

/** Adds a handler that writes down, a line each, what it is told. */
export function record(informer: SharedIndexInformer<ConfigMap, never>): string[] {
  const lines: string[] = [];
  informer.addEventHandler((event) => void lines.push(line(event)));
  return lines;
}
