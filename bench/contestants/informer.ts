import { DynamicSharedInformerFactory } from '../../src/index.ts';
import { kubeConfigOf } from '../cluster.ts';
import { compete } from '../measure.ts';

/** This library: three handlers, two indexes. The second argument of the process says `full` or `metadata`. */
await compete(async ({ cluster, pods }) => {
  const factory = new DynamicSharedInformerFactory(kubeConfigOf(cluster), {
    onError: (error) => console.error(error),
  });
  const as = process.argv[3] as 'full' | 'metadata';
  const informer = factory
    .forResource({ group: '', version: 'v1', resource: 'pods' }, { as })
    .addIndexers({ app: (pod) => [pod.metadata.labels?.app ?? ''] });
  const added = [0, 0, 0];
  const updated = [0, 0, 0];
  let onUpdate = (): void => undefined;
  const registrations = added.map((_, index) =>
    informer.addEventHandler({
      onAdd: () => void added[index]!++,
      onUpdate: () => {
        updated[index]!++;
        onUpdate();
      },
    }),
  );
  factory.start();
  await informer.waitForSync();
  await Promise.all(registrations.map(({ ready }) => ready));
  if (added.some((count) => count !== pods)) throw new Error(`the handlers saw ${added} of ${pods} pods`);
  return {
    updated: (count) =>
      new Promise((resolve) => {
        onUpdate = () => updated.every((seen) => seen >= count) && resolve();
      }),
    close: () => factory.stop(),
  };
});
