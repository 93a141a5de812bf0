import { setImmediate as turn } from 'node:timers/promises';
import type { InformerEvent } from '../../../src/informer/index.ts';
import {
  defineResource,
  findBuiltInResource,
  type KubeObject,
  type ResourceDefinition,
} from '../../../src/kubernetes/index.ts';
import { Manager, type ManagerOptions, type OwnedRequest, type WatchOwner } from '../../../src/manager/index.ts';
import { ApiServer, type ApiServerOptions, FakeClock, seededRandom } from '../../../src/testing/index.ts';
import { KubeClient, type ResourceClient } from '../../../src/transport/index.ts';
import { customDefinition } from '../../support/custom-definition.ts';

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

export interface Widget extends KubeObject {
  spec: { size: number };
}

export const configMaps = findBuiltInResource({
  group: '',
  version: 'v1',
  resource: 'configmaps',
}) as ResourceDefinition<ConfigMap>;
export const secrets = { group: '', version: 'v1', resource: 'secrets' };
export const widgets = defineResource<Widget>({ group: 'shop.io', version: 'v1', kind: 'Widget', plural: 'widgets' });

export const widgetDefinition = customDefinition({ group: 'shop.io' });

export const definitions = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' };

export function widget(name: string, size = 1, namespace = 'shop') {
  return { apiVersion: 'shop.io/v1', kind: 'Widget', metadata: { name, namespace }, spec: { size } };
}

export function configMap(name: string, value = '1', namespace = 'shop', labels?: Record<string, string>) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, ...(labels && { labels }) },
    data: { value },
  };
}

export function owner(name: string, namespace = 'shop', uid?: string): WatchOwner {
  return { group: 'shop.io', kind: 'App', namespace, name, ...(uid !== undefined && { uid }) };
}

interface Log {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

export interface Rig extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly server: ApiServer;
  readonly manager: Manager;
  readonly logs: Log[];
}

/** A server and a manager that is started, on one clock that stands still; the namespaces `shop` and `bank`. */
export async function rig(
  given: Partial<ManagerOptions> | ((server: ApiServer, clock: FakeClock) => Partial<ManagerOptions>) = {},
  { server: serverOptions = {}, start = true }: { readonly server?: ApiServerOptions; readonly start?: boolean } = {},
): Promise<Rig> {
  const clock = new FakeClock();
  const server = await ApiServer.start({ clock, random: seededRandom(1), ...serverOptions });
  for (const name of ['shop', 'bank']) server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const logs: Log[] = [];
  const write = (level: string) => (message: string, fields?: Log['fields']) =>
    void logs.push({ level, message, fields });
  const manager = new Manager({
    client: server.kubeConfig(),
    clock,
    random: () => 0.5,
    logger: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    ...(typeof given === 'function' ? given(server, clock) : given),
  });
  if (start) manager.start();
  return {
    clock,
    server,
    manager,
    logs,
    async [Symbol.asyncDispose]() {
      const stopped = manager.stop();
      // So long it waits for handlers that do not return.
      await clock.advance(10_000);
      await clock.advance(10_000);
      await stopped;
      await server.close();
    },
  };
}

/** Lets sockets and promises run until `condition` holds; no time passes on any clock. Fails after so many turns of the event loop. */
export async function until(condition: () => boolean, what?: () => unknown): Promise<void> {
  for (let count = 0; count < 100_000; count++) {
    if (condition()) return;
    await turn();
  }
  throw new Error(`still not: ${condition}${what ? `; there is: ${JSON.stringify(what())}` : ''}`);
}

/** Lets everything happen that is going to happen without time passing. */
export async function quiet(turns = 200): Promise<void> {
  for (let count = 0; count < turns; count++) await turn();
}

/** Moves the clock on, and lets the sockets keep up with it. */
export async function pass(clock: FakeClock, duration: number, step = 1_000): Promise<void> {
  for (let left = duration; left > 0; left -= step) {
    await clock.advance(Math.min(step, left));
    await quiet(8);
  }
}

/** `add blue 1`, `update blue 1>2`, `delete blue 2 unseen`: an event of a config map or a widget, on one line. */
export function line(event: InformerEvent<KubeObject>): string {
  const value = (object: unknown) => {
    const { data, spec } = object as { data?: { value?: string }; spec?: { size?: number } };
    return data?.value ?? spec?.size ?? '';
  };
  const { name } = event.object.metadata;
  switch (event.type) {
    case 'add':
      return `add ${name} ${value(event.object)}`;
    case 'update':
      return event.isResync
        ? `resync ${name} ${value(event.object)}`
        : `update ${name} ${value(event.oldObject)}>${value(event.object)}`;
    case 'delete':
      return `delete ${name} ${value(event.object)}${event.finalStateUnknown ? ' unseen' : ''}`;
  }
}

/** A request for one config map of `shop`, whose handler writes down what it is told. */
export function recording(
  name: string | undefined,
  lines: string[],
  more: Partial<OwnedRequest<ConfigMap>> = {},
): OwnedRequest<ConfigMap> & { readonly target: { readonly as?: 'full' } } {
  return {
    target: { gvr: configMaps, namespace: 'shop', ...(name !== undefined && { name }) },
    handlers: (event: InformerEvent<ConfigMap>) => void lines.push(line(event)),
    ...more,
  } as OwnedRequest<ConfigMap> & { readonly target: { readonly as?: 'full' } };
}

/** Watches that were asked for, by what they select. */
export function watchesOf(server: ApiServer, resource = 'configmaps'): string[] {
  return server.requests
    .all({ resource })
    .filter(({ query }) => query.get('watch') === 'true')
    .map(({ query }) => query.get('fieldSelector') ?? 'all');
}

/** The conditions of a watch, as `Synced=True InitialState`. */
export function conditionsOf(manager: Manager, key: string): Record<string, string> {
  const conditions = manager.get(key)?.status().conditions ?? [];
  return Object.fromEntries(conditions.map(({ type, status, reason }) => [type, `${status} ${reason}`]));
}

/** A client through which a bug can be had: once `armed`, the next change that comes breaks the informer that hears of it. */
export class BuggyClient extends KubeClient {
  armed = false;

  override resource<T = KubeObject>(...args: Parameters<KubeClient['resource']>): ResourceClient<T> {
    const client = super.resource<T>(...args);
    const watch = client.watch.bind(client);
    client.watch = async (options, signal) => {
      const stream = await watch(options, signal);
      const take = () => {
        const armed = this.armed;
        this.armed = false;
        return armed;
      };
      return {
        close: () => stream.close(),
        async *[Symbol.asyncIterator]() {
          for await (const batch of stream) yield take() ? [{ type: 'MODIFIED' as const, object: bomb() as T }] : batch;
        },
      };
    };
    return client;
  }
}

function bomb(): unknown {
  return {
    metadata: {
      name: 'a',
      namespace: 'shop',
      resourceVersion: '999999',
      get uid() {
        throw new Error('a bug');
      },
    },
  };
}
