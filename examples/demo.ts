import { parseArgs, styleText } from 'node:util';
import {
  type EventHandler,
  KubeClient,
  type KubeConfigLike,
  type KubeObject,
  keyOf,
  loadKubeConfig,
  runUntil,
  SharedInformerFactory,
  signalFromProcess,
} from 'kube-informer';
import { ApiServer } from 'kube-informer/testing';
import { pod, pods, seed, widgets } from './demo/cluster.ts';

/**
 * npm run demo [-- --duration 15] [--kubeconfig FILE | --real]
 *
 * Pods and a custom resource, watched: what is there, what comes and goes, and the replay of the cache every 10 s. Without a
 * kubeconfig it brings its own API server; `--real` builds and starts the real one of `tools/apiserver` (needs Go). Ctrl-C ends it.
 */
const { values } = parseArgs({
  options: { duration: { type: 'string' }, kubeconfig: { type: 'string' }, real: { type: 'boolean', default: false } },
});

const interrupted = signalFromProcess();

const real = values.real ? await (await import('../tools/apiserver.ts')).startApiServer() : undefined;
const path = real?.kubeconfig ?? values.kubeconfig;
const server = path === undefined ? await ApiServer.start() : undefined;
const kubeConfig: KubeConfigLike = server?.kubeConfig() ?? (await loadKubeConfig({ path: path! }));
say('dim', server ? `embedded API server on ${server.url}` : `cluster ${kubeConfig.getCurrentCluster()?.server}`);

await using client = new KubeClient(kubeConfig, { userAgent: 'demo' });
const { namespace, clean } = await seed(client);

// The time counts from here: starting a server may take a while.
const stopping: AbortSignal[] = [interrupted];
if (values.duration !== undefined) stopping.push(AbortSignal.timeout(Number(values.duration) * 1000));
const signal = AbortSignal.any(stopping);

const factory = new SharedInformerFactory(client, {
  resyncPeriod: 10_000,
  onError: (error, informer) => say('red', `${informer}: ${error.message}\n           ${error.hint}`),
});
const registrations = [
  factory.core.v1.pods().addEventHandler(print('Pod')),
  factory.forResource(widgets).addEventHandler(print('Widget')),
];
factory.start(signal);
await factory.waitForCacheSync({ signal });
await Promise.allSettled(registrations.map(({ ready }) => ready));
if (!signal.aborted) say('bold', 'cache is synced');

const life = aPodsLife(client, signal).catch((error) => say('red', `the life of a pod: ${error.message}`));
await runUntil(
  () => say('dim', `run: ${factory.core.v1.pods().indexer.size} pods in the cache, no request needed to know`),
  3_000,
  { signal },
);

await life;
await factory.stop();
await clean();
await server?.close();
await real?.stop();
say('bold', 'stopped');

/** One handler for everything: an event says what it is. */
function print(kind: string): EventHandler<KubeObject> {
  return (event) => {
    const key = keyOf(event.object);
    if (event.type === 'add') say('green', `handleAdd    ${kind} ${key}${event.isInInitialList ? '' : '  (new)'}`);
    else if (event.type === 'delete') say('red', `handleDelete ${kind} ${key}`);
    else if (event.isResync) say('cyan', `handleUpdate ${kind} ${key}  (resync)`);
    else say('yellow', `handleUpdate ${kind} ${key}`);
  };
}

/** Creates a pod, changes it twice as scheduler and kubelet would, and deletes it. */
async function aPodsLife(client: KubeClient, signal: AbortSignal): Promise<void> {
  const resource = client.resource<KubeObject>(pods, { namespace });
  const status = { type: 'merge', subresource: 'status' } as const;
  const conditions = [{ type: 'PodScheduled', status: 'True' }];
  const steps = [
    () => resource.create(pod('nginx')),
    () => resource.patch('nginx', { status: { conditions } }, status),
    () => resource.patch('nginx', { status: { phase: 'Running', conditions } }, status),
    () => resource.delete('nginx', { gracePeriodSeconds: 0 }),
  ];
  await pause(4_000, signal);
  let created = false;
  for (const step of steps) {
    if (signal.aborted && !created) return;
    // Once created, it is deleted: also when Ctrl-C comes in between.
    if (signal.aborted && step !== steps.at(-1)) continue;
    await step();
    created = true;
    await pause(1_000, signal);
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end);
  });
}

function say(style: Parameters<typeof styleText>[0], text: string): void {
  const time = new Date().toTimeString().slice(0, 8);
  console.log(`${styleText('gray', time)}  ${styleText(style, text)}`);
}
