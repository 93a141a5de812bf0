import { describe, expect, test } from 'vitest';
import { defineRelation } from '../../../../src/watcher/index.ts';
import { World } from './world.ts';

const pods = { version: 'v1', kind: 'Pod' };

const named = (name: string, more: object = {}) => ({ kind: 'Pod', metadata: { name, namespace: 'm', ...more } });

describe('a tree', () => {
  test('costs what is in it, not what is cached', async () => {
    const world = new World();
    const metadata = { name: 'shop', namespace: 'm', labels: { app: 'shop' } };
    const template = { spec: { selector: { matchLabels: { app: 'shop' } } } };
    const reference = (uid: string) => ({
      ownerReferences: [{ apiVersion: '', kind: '', name: '', uid, controller: true }],
    });
    for (let n = 0; n < 2_000; n++) world.put(named(`other-${n}`, { labels: { app: 'other' }, ...reference('other') }));
    const { uid } = world.put({ kind: 'Deployment', metadata, ...template } as never).metadata;
    const set = world.put({ kind: 'ReplicaSet', metadata: { ...metadata, ...reference(uid) } } as never);
    for (let n = 0; n < 5; n++)
      world.put(named(`shop-${n}`, { labels: { app: 'shop' }, ...reference(set.metadata.uid) }));
    const { root } = await world.relations.tree(
      world.question('deployment-tree', 'apps/v1/namespaces/m/deployments/shop'),
    );
    expect(root.children![0]!.children).toHaveLength(5);
    // A scan is refused by this world; what indexes give is looked at once for each link at most.
    const { ups, found } = world.kind('Pod').looked;
    expect(found).toBe(5);
    expect(ups).toBeLessThan(10);
  });

  test('does not run in circles: nothing stands below or above itself', async () => {
    const next = defineRelation({
      name: 'next',
      from: pods,
      to: pods,
      by: { field: 'metadata.annotations.next' },
    });
    const world = new World([next]);
    world.put(named('a', { annotations: { next: 'b' } }));
    world.put(named('b', { annotations: { next: 'a' } }));
    const { root } = await world.relations.tree(world.question('next', 'v1/namespaces/m/pods/a'));
    expect(root.children!.map(({ ref }) => ref.name)).toEqual(['b']);
    expect(root.children![0]!.children).toEqual([]);
    expect(root.parents!.map(({ ref }) => ref.name)).toEqual(['b']);
  });

  test('has owners that own each other once each', async () => {
    const world = new World();
    const owner = (uid: string, name: string) => ({ ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid }] });
    const a = world.put(named('a'));
    const b = world.put(named('b', owner(a.metadata.uid, 'a')));
    world.put(named('a', owner(b.metadata.uid, 'b')));
    for (const relation of ['owners', 'owned']) {
      const { root } = await world.relations.tree(world.question(relation, 'v1/namespaces/m/pods/a'));
      const [next] = (root.parents ?? root.children)!;
      expect([relation, next!.ref.name, next!.via]).toEqual([relation, 'b', 'ownerRef']);
      expect(next!.parents ?? next!.children).toEqual([]);
    }
  });

  test('that branches without measure is refused instead of made', async () => {
    const layer = defineRelation({
      name: 'layers',
      from: pods,
      to: pods,
      by: {
        from: ({ metadata }) => [String(Number(metadata.annotations!.layer) + 1)],
        to: ({ metadata }) => [metadata.annotations!.layer!],
      },
    });
    const world = new World([layer]);
    for (let n = 0; n < 60; n++) world.put(named(`p-${n}`, { annotations: { layer: String(Math.floor(n / 4)) } }));
    const question = world.question('layers', 'v1/namespaces/m/pods/p-0');
    await expect(world.relations.tree(question)).rejects.toMatchObject({ status: { code: 422 } });
  });
});
