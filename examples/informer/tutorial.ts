import {
  type Clock,
  type KubeConfigLike,
  keyOf,
  runUntil,
  SharedInformerFactory,
  systemClock,
  waitForCacheSync,
} from 'kube-informer';

export type Log = (message: string) => void;

export interface TutorialOptions {
  readonly cluster: KubeConfigLike;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly clock?: Clock;
}

/** Watches pods until `signal` is aborted. */
export async function tutorial({ cluster, signal, log, clock = systemClock }: TutorialOptions): Promise<void> {
  // A factory, whose informers replay their caches every 30 s. It closes its connections at the end of this function.
  await using factory = new SharedInformerFactory(cluster, {
    resyncPeriod: 30_000,
    clock,
    onError: (error) => log(`${error.message} (${error.hint})`),
  });

  // An informer for pods, and what is to be done about them.
  const pods = factory.core.v1.pods();
  const handlers = pods.addEventHandler({
    onAdd: (pod) => log(`handleAdd is called for Pod (key: ${keyOf(pod)})`),
    onUpdate: (_old, pod) => log(`handleUpdate is called for Pod (key: ${keyOf(pod)})`),
    onDelete: (pod) => log(`handleDelete is called for Pod (key: ${keyOf(pod)})`),
  });

  // It begins here, and ends with the signal.
  factory.start(signal);

  // Until here the cache may be empty or half full; from here on it can be trusted.
  if (!(await waitForCacheSync(signal, pods))) {
    log('cache is not synced');
    return;
  }
  // The cache is synced before the handlers are done with it.
  await handlers.ready.catch(() => undefined);
  log('cache is synced');

  // Now and every 10 s, until the signal.
  await runUntil(() => log('run'), 10_000, { signal, clock });
}

/** Lines with the time, UTC, in front. */
export function logTo(write: (line: string) => void, clock: Clock = systemClock): Log {
  return (message) => {
    const [date, time] = new Date(clock.now()).toISOString().slice(0, 19).split('T');
    write(`${date?.replaceAll('-', '/')} ${time} ${message}`);
  };
}
