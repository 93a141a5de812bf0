import { parseArgs } from 'node:util';
import {
  type HandlerRegistration,
  type KubeConfigLike,
  type KubeObject,
  loadKubeConfig,
  type SharedIndexInformer,
  signalFromProcess,
} from 'kube-informer';
import { ApiServer } from 'kube-informer/testing';

/**
 * What every example has at hand: a cluster, and a signal that ends it. With `--kubeconfig FILE` it is yours, until Ctrl-C; else a server in this
 * process, for as long as the story of the example takes.
 */
export interface Cluster extends AsyncDisposable {
  readonly kubeConfig: KubeConfigLike;
  readonly signal: AbortSignal;
  /** What happens in the cluster of the example while it watches. In a real one other things do. Resolves when the example is to end. */
  story(tell: (server: ApiServer) => Promise<void> | void): Promise<void>;
}

export async function openCluster(seed: readonly object[] = []): Promise<Cluster> {
  const { values } = parseArgs({ options: { kubeconfig: { type: 'string' } } });
  const interrupted = signalFromProcess();
  if (values.kubeconfig !== undefined) {
    return {
      kubeConfig: await loadKubeConfig({ path: values.kubeconfig }),
      signal: interrupted,
      story: () => new Promise((end) => interrupted.addEventListener('abort', () => end())),
      [Symbol.asyncDispose]: async () => interrupted[Symbol.dispose](),
    };
  }
  const server = await ApiServer.start();
  for (const object of seed) server.create(object as Parameters<ApiServer['create']>[0]);
  const over = new AbortController();
  return {
    kubeConfig: server.kubeConfig(),
    signal: AbortSignal.any([interrupted, over.signal]),
    story: async (tell) => {
      await tell(server);
      over.abort();
    },
    [Symbol.asyncDispose]: async () => {
      over.abort();
      interrupted[Symbol.dispose]();
      await server.close();
    },
  };
}

/** A pod, as far as the examples need one. */
export function pod(name: string, node = 'worker-1', labels: Record<string, string> = {}, namespace = 'shop') {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels },
    spec: { nodeName: node, containers: [{ name: 'main', image: 'shop:1' }] },
    status: { phase: 'Running' },
  };
}

/** Resolves when `isTrue`, which is asked after every turn of the event loop. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((next) => setImmediate(next));
}

/** Resolves when the informer has seen all that the server has done, and told its handlers. */
export async function caughtUp<T extends KubeObject, Name extends string>(
  server: ApiServer,
  { indexer }: SharedIndexInformer<T, Name>,
  ...handlers: readonly HandlerRegistration[]
): Promise<void> {
  await until(() => indexer.resourceVersion === server.resourceVersion && handlers.every(({ lag }) => lag === 0));
}
