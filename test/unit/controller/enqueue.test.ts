import { describe, expect, it } from 'vitest';
import {
  enqueueOwner,
  enqueueTo,
  type Reason,
  type Request,
  requestKey,
  WorkQueue,
} from '../../../src/controller/index.ts';
import { generationChanged } from '../../../src/informer/index.ts';
import type { OwnerReference } from '../../../src/kubernetes/index.ts';
import { added, deleted, tell, updated, type Widget, widget } from './fixtures.ts';

/** What was added, and why. */
class Recorder<K = Request> {
  readonly name = 'recorder';
  readonly items: K[] = [];
  readonly reasons: (Reason | undefined)[] = [];

  add(item: K, reason?: Reason): void {
    this.items.push(item);
    this.reasons.push(reason);
  }
}

describe('S001-03 enqueueTo', () => {
  it('puts in the name of the object, whatever happens to it, and why', () => {
    const queue = new Recorder();
    const handler = enqueueTo<Widget>(queue);
    const [one, two] = [widget('a'), widget('a', { metadata: { resourceVersion: '2' } })];
    tell(handler, added(one, true));
    tell(handler, added(one));
    tell(handler, updated(one, two));
    tell(handler, updated(two, two, true));
    tell(handler, deleted(two, true));
    expect(queue.items).toEqual(Array.from({ length: 5 }, () => ({ namespace: 'shop', name: 'a' })));
    expect(queue.reasons).toEqual(
      (
        [
          ['initial', '1'],
          ['add', '1'],
          ['update', '2'],
          ['resync', '2'],
          ['delete', '2'],
        ] as const
      ).map(([type, resourceVersion]) => ({ type, key: 'shop/a', kind: 'Widget', resourceVersion })),
    );
  });

  it('names cluster-scoped objects without a namespace', () => {
    const queue = new Recorder();
    const { namespace: _, ...metadata } = widget('a').metadata;
    tell(enqueueTo<Widget>(queue), added({ ...widget('a'), metadata }));
    expect(queue.items).toEqual([{ namespace: '', name: 'a' }]);
    expect(requestKey(queue.items[0] ?? expect.fail())).toBe('a');
  });

  it('maps to one item, several, or none; on an update both states', () => {
    const queue = new Recorder<string>();
    const handler = enqueueTo<Widget, string>(queue, ({ spec }) => {
      if (spec.color === 'none') return undefined;
      return spec.color === 'many' ? ['red', 'green'] : spec.color;
    });
    const of = (color: string) => widget('a', { spec: { color } });
    tell(handler, added(of('blue')));
    tell(handler, added(of('many')));
    tell(handler, added(of('none')));
    tell(handler, updated(of('old'), of('new')));
    tell(handler, deleted(of('gone')));
    expect(queue.items).toEqual(['blue', 'red', 'green', 'new', 'old', 'gone']);
  });

  it('leaves out what the predicate does not pass', () => {
    const queue = new Recorder<string>();
    const handler = enqueueTo<Widget, string>(queue, ({ metadata }) => metadata.name, generationChanged);
    tell(handler, updated(widget('a'), widget('a')));
    tell(handler, updated(widget('b'), widget('b', { metadata: { generation: 2 } })));
    expect(queue.items).toEqual(['b', 'b']);
  });

  it('feeds a work queue, which merges what is the same', () => {
    const queue = new WorkQueue<Request>({ keyOf: requestKey });
    const handler = enqueueTo<Widget>(queue);
    for (let time = 0; time < 10; time++) tell(handler, added(widget('a')));
    tell(handler, added(widget('b')));
    expect(queue.length).toBe(2);
  });
});

describe('enqueueOwner', () => {
  const owner = (over: Partial<OwnerReference>): OwnerReference => ({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    name: 'rs',
    uid: '1',
    controller: true,
    ...over,
  });
  const owned = (...ownerReferences: OwnerReference[]) => widget('pod', { metadata: { ownerReferences } });
  const event = added(owned());

  it('maps to the controlling owner of the kind, in any version', () => {
    const map = enqueueOwner({ group: 'apps', kind: 'ReplicaSet' });
    const object = owned(
      owner({ name: 'a' }),
      owner({ name: 'b', apiVersion: 'apps/v2' }),
      owner({ name: 'not controlling', controller: false }),
      owner({ name: 'other kind', kind: 'Deployment' }),
      owner({ name: 'other group', apiVersion: 'example.com/v1' }),
      owner({ name: 'core', apiVersion: 'v1' }),
    );
    expect(map(object, event)).toEqual([
      { namespace: 'shop', name: 'a' },
      { namespace: 'shop', name: 'b' },
    ]);
    expect(map(widget('orphan'), event)).toEqual([]);
  });

  it('maps to every owner if told so', () => {
    const map = enqueueOwner({ group: 'apps', kind: 'ReplicaSet', controllerOnly: false });
    expect(map(owned(owner({ name: 'a' }), owner({ name: 'b', controller: false })), event)).toHaveLength(2);
  });

  it('maps to cluster-scoped owners, and to owners in the core group', () => {
    const map = enqueueOwner({ group: '', kind: 'Node', namespaced: false });
    expect(map(owned(owner({ apiVersion: 'v1', kind: 'Node', name: 'node-1' })), event)).toEqual([
      { namespace: '', name: 'node-1' },
    ]);
  });
});
