/** Checked by the compiler alone: what an informer gives out is typed and read-only. */
import type {
  CheckpointHandler,
  EventHandler,
  EventHandlerOptions,
  EventStream,
  HandlerRegistration,
  InformerEvent,
  InformerStats,
  InformerStatus,
  SharedIndexInformer,
} from '../../src/informer/index.ts';
import { labelsChanged, pipeline, waitFor } from '../../src/informer/index.ts';
import type { DeepReadonly, KubeObject } from '../../src/kubernetes/index.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Expect<T extends true> = T;
/** `any` anywhere in it, as deep as what is public goes. The language's own types are not looked into: they are full of it. */
type HasAny<T, Depth extends 1[] = []> = 0 extends 1 & T
  ? true
  : Depth['length'] extends 4
    ? false
    : true extends Parts<T, [...Depth, 1]>
      ? true
      : false;
type Parts<T, Depth extends 1[]> = T extends Promise<infer V> | readonly (infer V)[] | ReadonlyMap<string, infer V>
  ? HasAny<V, Depth>
  : T extends (...args: infer A) => infer R
    ? HasAny<A[number], Depth> | HasAny<R, Depth>
    : T extends object
      ? { [K in keyof T]-?: HasAny<T[K], Depth> }[keyof T]
      : false;

interface Widget extends KubeObject {
  spec: { size: number; parts: { name: string }[] };
  status?: { ready: boolean };
}

type Informer = SharedIndexInformer<Widget, 'size'>;

export type Claims = [
  Expect<Equal<ReturnType<Informer['indexer']['get']>, DeepReadonly<Widget> | undefined>>,
  Expect<
    Equal<DeepReadonly<Widget>['spec'], { readonly size: number; readonly parts: readonly { readonly name: string }[] }>
  >,
  Expect<Equal<Parameters<Informer['indexer']['byIndex']>[0], 'size' | 'namespace'>>,
  Expect<Equal<ReturnType<Informer['lister']['list']>, DeepReadonly<Widget>[]>>,
  Expect<Equal<Awaited<ReturnType<EventStream<Widget>['next']>>['value'], InformerEvent<Widget> | undefined>>,
  // The union narrows.
  Expect<Equal<Extract<InformerEvent<Widget>, { type: 'update' }>['oldObject'], DeepReadonly<Widget>>>,
  Expect<Equal<Extract<InformerEvent<Widget>, { oldObject: unknown }>['type'], 'update'>>,
  Expect<Equal<InformerEvent<Widget>['type'], 'add' | 'update' | 'delete'>>,
  // Nothing is `any`.
  Expect<Equal<HasAny<{ deep: (of: { any: number }) => { even: string } }>, false>>,
  // biome-ignore lint/suspicious/noExplicitAny: the check must be able to fail
  Expect<Equal<HasAny<{ deep: (of: { found: any }) => void }>, true>>,
  Expect<Equal<HasAny<InformerEvent<Widget>>, false>>,
  Expect<Equal<HasAny<EventHandler<Widget>>, false>>,
  Expect<Equal<HasAny<CheckpointHandler<Widget>>, false>>,
  Expect<Equal<HasAny<InformerStats>, false>>,
  Expect<Equal<HasAny<EventHandlerOptions>, false>>,
  Expect<Equal<HasAny<HandlerRegistration>, false>>,
  Expect<Equal<HasAny<InformerStatus>, false>>,
];

export function uses(informer: Informer): void {
  informer.addEventHandler((event) => {
    if (event.type === 'update') event.oldObject.spec.size.toFixed();
    // @ts-expect-error an add has no old object
    if (event.type === 'add') event.oldObject;
    // @ts-expect-error objects are read-only
    event.object.spec.size = 1;
    // @ts-expect-error all the way down
    event.object.spec.parts.push({ name: 'x' });
    // @ts-expect-error deleting is writing
    delete event.object.status;
  });
  informer.addEventHandler({
    onUpdate(oldWidget, widget, { isResync }) {
      const sizes: number[] = [oldWidget.spec.size, widget.spec.size];
      return isResync ? sizes : undefined;
    },
  });
  const store = { load: async () => undefined, save: async () => {} };
  informer.addEventHandler(
    (event) => {
      if (event.type === 'missedDelete') return event.key satisfies string;
      // @ts-expect-error how it was before is not known
      if (event.type === 'missedUpdate') event.oldObject;
      return event.object.spec.size;
    },
    { checkpoint: { store } },
  );
  informer.addEventHandler({ onMissedDelete: (key, { last }) => [key, last.uid] }, { checkpoint: { store } });
  // @ts-expect-error without a checkpoint nothing is known to be missed
  informer.addEventHandler((event) => event.type === 'missedDelete');
  // @ts-expect-error no such event
  informer.addEventHandler({ onChange: () => undefined });
  // @ts-expect-error no such index
  informer.indexer.byIndex('colour', 'red');
  informer.addIndexers({ ready: ({ status }) => [String(status?.ready)] }).indexer.byIndex('ready', 'true');
  // @ts-expect-error an index gives texts
  informer.addIndexers({ size: ({ spec }) => [spec.size] });
  // @ts-expect-error a limit is needed
  informer.addEventHandler({}, { overflow: { policy: 'coalesce' } });
  // @ts-expect-error no such signal
  informer.on('sync', () => undefined);
  informer.on('error', (error) => error.code satisfies string);

  void waitFor(informer, ({ object }) => object.status?.ready === true).then(({ object }) => object.spec.size);

  informer.addEventHandler(
    pipeline<Widget>()
      .filter((widget) => widget.spec.size > 1)
      .changed(labelsChanged)
      .project(['metadata.name', 'spec.size', 'status.ready'])
      .to(({ object }) => {
        const exact: Equal<typeof object.spec, { readonly size: number }> = true;
        object.metadata.name satisfies string;
        object.status?.ready satisfies boolean | undefined;
        // @ts-expect-error not among the paths
        object.metadata.labels;
        return exact;
      }),
  );
  // @ts-expect-error a pipeline of other objects
  informer.addEventHandler(pipeline<KubeObject & { data: string }>().to(() => undefined));
}
