/** Checked by the compiler alone: handlers of a manager get the type of what is watched, and requests must make sense. */
import type { SharedIndexInformer } from '../../src/informer/index.ts';
import {
  type DeepReadonly,
  defineResource,
  type KubeObject,
  type PartialObjectMetadata,
} from '../../src/kubernetes/index.ts';
import { Directory, type Manager, type WatchHandle, type WatchOwner, watchRequest } from '../../src/manager/index.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Expect<T extends true> = T;

interface Widget extends KubeObject {
  spec: { size: number };
}

declare const manager: Manager;
declare const owner: WatchOwner;
declare const informer: SharedIndexInformer<Widget>;
const gvr = defineResource<Widget>({ group: 'shop.io', version: 'v1', kind: 'Widget', plural: 'widgets' });

const typed = manager.add({
  owner,
  target: { gvr },
  handlers: {
    onAdd: ({ spec }) => spec.size.toFixed(),
    onUpdate: (old, { spec }) => old.spec.size - spec.size,
    // @ts-expect-error a widget has no status
    onDelete: (widget) => widget.status,
  },
});
// @ts-expect-error what is cached is read-only
manager.add({ owner, target: { gvr }, handlers: ({ object }) => (object.spec.size = 1) });
const untyped = manager.add({
  owner,
  target: { gvr: { group: '', version: 'v1', resource: 'pods' } },
  // @ts-expect-error nothing says that pods have a spec
  handlers: ({ object }) => object.spec,
});
const explicit = manager.pin<Widget>('it', {
  target: { gvr: { group: 'shop.io', version: 'v1', resource: 'widgets' } },
  handlers: ({ object }) => object.spec.size,
});
const metadata = manager.add({
  owner,
  target: { gvr, as: 'metadata' },
  // @ts-expect-error the server sends metadata only
  handlers: ({ object }) => object.spec,
});
// @ts-expect-error an owner is more than a name
manager.add({ owner: { name: 'x' }, target: { gvr }, handlers: () => {} });
// @ts-expect-error there is no such mode
manager.add({ owner, target: { gvr }, handlers: () => {}, onConflict: 'ignore' });
// @ts-expect-error a pin has no owner
manager.pin('it', { owner, target: { gvr }, handlers: () => {} });

manager.setDesired(owner, [watchRequest({ target: { gvr }, handlers: ({ object }) => object.spec.size })]);
manager.reconcileOwners(informer, {
  group: 'shop.io',
  kind: 'Widget',
  // @ts-expect-error a widget has no color
  requestsFor: ({ spec }) => [spec.color],
});
new Directory<string, DeepReadonly<Widget>>().follow(informer, (widget) => [[String(widget.spec.size), widget]]);

export type Claims = [
  Expect<Equal<Awaited<typeof typed>, WatchHandle<Widget>>>,
  Expect<Equal<Awaited<typeof untyped>, WatchHandle<KubeObject>>>,
  Expect<Equal<Awaited<typeof explicit>, WatchHandle<Widget>>>,
  Expect<Equal<Awaited<typeof metadata>, WatchHandle<PartialObjectMetadata>>>,
];
