import { CoreV1Api, KubeConfig, makeInformer } from '@kubernetes/client-node';
import { kubeConfigText } from '../lib/cluster.ts';
import { compete } from '../lib/meter.ts';

/** The informer of the official client, as its own example uses it. It can neither index nor tell when it has synced. */
await compete(async ({ cluster, pods }) => {
  const config = new KubeConfig();
  config.loadFromString(kubeConfigText(cluster));
  const api = config.makeApiClient(CoreV1Api);
  const informer = makeInformer(config, '/api/v1/pods', () => api.listPodForAllNamespaces());
  const synced = Promise.withResolvers<void>();
  const burst = Promise.withResolvers<void>();
  let added = 0;
  let updated = 0;
  let updates = Infinity;
  informer.on('add', () => {
    if (++added === pods) synced.resolve();
  });
  informer.on('update', () => {
    if (++updated === updates) burst.resolve();
  });
  let isClosing = false;
  informer.on('error', (error: unknown) => {
    // Stopping is an error to it.
    if (isClosing) return;
    synced.reject(error);
    burst.reject(error);
  });
  await informer.start();
  await synced.promise;
  return {
    updated(count) {
      updates = count;
      return burst.promise;
    },
    async close() {
      isClosing = true;
      await informer.stop();
    },
  };
});
