import { pathToFileURL } from 'node:url';
import { kubeConfigFile } from '../lib/cluster.ts';
import { assignment, compete } from '../lib/meter.ts';

/** What is used of kubernetes-fluent-client, which is installed apart from this project. */
interface Fluent {
  readonly K8s: (model: unknown) => {
    Watch(callback: (pod: object, phase: string) => void): {
      readonly events: NodeJS.EventEmitter;
      start(): Promise<unknown>;
      close(): void;
    };
  };
  readonly kind: { readonly Pod: unknown };
}

// It looks for its kubeconfig when it is loaded.
const given = assignment();
process.env.KUBECONFIG = await kubeConfigFile(given.cluster);
const { K8s, kind } = (await import(pathToFileURL(String(given.options.entry)).href)) as Fluent;

/** The watch of kubernetes-fluent-client, with its default settings; one callback is all that it has. */
await compete(async ({ pods }) => {
  const synced = Promise.withResolvers<void>();
  const burst = Promise.withResolvers<void>();
  let added = 0;
  let updated = 0;
  let updates = Infinity;
  const watcher = K8s(kind.Pod).Watch((_pod, phase) => {
    if (phase === 'ADDED' && ++added === pods) synced.resolve();
    if (phase === 'MODIFIED' && ++updated === updates) burst.resolve();
  });
  for (const event of ['list_error', 'watch_error', 'data_error', 'give_up']) {
    watcher.events.on(event, (error: unknown) => {
      synced.reject(error);
      burst.reject(error);
    });
  }
  const connected = new Promise<void>((resolve) => watcher.events.once('connect', () => resolve()));
  await watcher.start();
  await synced.promise;
  await connected;
  return {
    updated(count) {
      updates = count;
      return burst.promise;
    },
    close: async () => watcher.close(),
  };
});
