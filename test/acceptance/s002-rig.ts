import { setImmediate as turn } from 'node:timers/promises';
import {
  type InformerEvent,
  type InformerFactoryOptions,
  type KubeObject,
  keyOf,
  SharedInformerFactory,
} from 'kube-informer';
import { ApiServer, type ApiServerOptions, FakeClock } from 'kube-informer/testing';

export interface Rig extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly server: ApiServer;
  readonly factory: SharedInformerFactory;
  readonly errors: string[];
}

/** A server and a factory on one clock that stands still. */
export async function rig(
  options: { readonly server?: ApiServerOptions; readonly factory?: InformerFactoryOptions } = {},
): Promise<Rig> {
  const clock = new FakeClock();
  const server = await ApiServer.start({ clock, ...options.server });
  const errors: string[] = [];
  const factory = new SharedInformerFactory(server.kubeConfig(), {
    clock,
    onError: (error) => errors.push(error.code),
    ...options.factory,
  });
  return {
    clock,
    server,
    factory,
    errors,
    async [Symbol.asyncDispose]() {
      const stopped = factory.stop();
      // So long it waits for handlers that do not return; without this a failed test would hang.
      await clock.advance(10_000);
      await stopped;
      await server.close();
    },
  };
}

/** Lets sockets and promises run until `condition` holds; no time passes on any clock. Fails after so many turns of the event loop. */
export async function until(condition: () => boolean, what: string, turns = 200_000): Promise<void> {
  for (let count = 0; count < turns; count++) {
    if (condition()) return;
    await turn();
  }
  throw new Error(`after ${turns} turns of the event loop still not: ${what}`);
}

/** Lets everything happen that is going to happen without time passing. For what must not happen. */
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

export function pod(
  name: string,
  more: { readonly namespace?: string; readonly labels?: Record<string, string> } = {},
) {
  const { namespace = 'default', labels = {} } = more;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: { nodeName: 'node-1', containers: [{ name: 'main', image: 'registry.example.com/main:1' }] },
    status: { phase: 'Pending' },
  };
}

export function pods(count: number): ReturnType<typeof pod>[] {
  return Array.from({ length: count }, (_, index) => pod(`pod-${String(index).padStart(4, '0')}`));
}

/** What a handler heard, one line an event: `add default/a`, `add default/a (initial)`, `update default/a (resync)`. */
export function line(event: InformerEvent<KubeObject>): string {
  const mark =
    event.type === 'add' && event.isInInitialList
      ? ' (initial)'
      : event.type === 'update' && event.isResync
        ? ' (resync)'
        : event.type === 'delete' && event.finalStateUnknown
          ? ' (unseen)'
          : '';
  return `${event.type} ${keyOf(event.object as KubeObject)}${mark}`;
}

/** Requests that carry data: lists, streaming lists and watches of one resource. */
export function requestsOf(server: ApiServer, resource: string): string[] {
  return server.requests.all({ resource }).map(({ verb, query }) => {
    if (verb === 'watch') return query.get('sendInitialEvents') === 'true' ? 'stream' : 'watch';
    return String(verb);
  });
}
