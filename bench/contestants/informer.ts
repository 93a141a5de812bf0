import {
  type DeepReadonly,
  DynamicSharedInformerFactory,
  type Immutability,
  type KubeObject,
} from '../../src/index.ts';
import { kubeConfigOf } from '../lib/cluster.ts';
import { compete } from '../lib/meter.ts';

/** How this library is used in a run. */
export interface InformerOptions {
  /** `projected`: two fields beside the metadata. Default `full`. */
  readonly as?: 'full' | 'metadata' | 'projected';
  /** Default 3. */
  readonly handlers?: number;
  /** So many parts of a program ask the factory for the informer, and read through its lister; each has the handlers. Default 1. */
  readonly consumers?: number;
  readonly immutability?: Immutability;
  /** `whole`: one of the handlers reads every member of each object, so that nothing is left unparsed. Default `nothing`. */
  readonly reading?: 'nothing' | 'whole';
  /** Default true: as a stream; otherwise as a list. */
  readonly streamInitialState?: boolean;
}

/** This library: three handlers, two indexes (the one by namespace is always there). */
await compete(async ({ cluster, pods, options }) => {
  const { as = 'full', handlers = 3, consumers = 1, reading = 'nothing', ...settings } = options as InformerOptions;
  const factory = new DynamicSharedInformerFactory(kubeConfigOf(cluster), {
    ...settings,
    onError: (error) => console.error(error),
  });
  const wanted = {
    as: as === 'metadata' ? as : ('full' as const),
    indexers: { app: (pod: DeepReadonly<KubeObject>) => [pod.metadata.labels?.app ?? ''] },
    ...(as === 'projected' && { project: ['spec.nodeName', 'status.phase'] }),
  };
  const ask = () => factory.forResource({ group: '', version: 'v1', resource: 'pods' }, wanted);
  const informer = ask();
  const informers = [informer, ...Array.from({ length: consumers - 1 }, ask)];
  const added = Array.from({ length: handlers * consumers }, () => 0);
  const updated = added.map(() => 0);
  let onUpdate = (): void => undefined;
  const registrations = added.map((_, index) => {
    const readsAll = reading === 'whole' && index === 0;
    return informers[index % consumers]!.addEventHandler({
      onAdd: (pod) => {
        added[index]!++;
        if (readsAll) Object.values(pod);
      },
      onUpdate: (_old, pod) => {
        updated[index]!++;
        if (readsAll) Object.values(pod);
        onUpdate();
      },
    });
  });
  factory.start();
  await informer.waitForSync();
  await Promise.all(registrations.map(({ ready }) => ready));
  if (added.some((count) => count !== pods)) throw new Error(`the handlers saw ${added} of ${pods} pods`);
  const [first] = informer.indexer.values();
  const isWhole = 'containers' in ((first as { spec?: object } | undefined)?.spec ?? {});
  if (isWhole !== (as === 'full')) throw new Error(`the pods are not cached as ${as}`);
  return {
    updated: (count) => {
      const left = new Set(updated.keys());
      return new Promise<void>((resolve) => {
        onUpdate = () => {
          for (const index of left) {
            if (updated[index]! < count) return;
            left.delete(index);
          }
          resolve();
        };
      });
    },
    close: () => factory.stop(),
  };
});
