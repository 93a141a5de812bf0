import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { settle } from '../../../../src/testing/index.ts';
import type { TreeEvent, TreeNode } from '../../../../src/watcher/relations/index.ts';
import { holds } from '../../../parity/property.ts';
import { naiveTree, nameOf, type Shape } from './naive.ts';
import { World } from './world.ts';

const kindsOf = {
  'deployment-tree': ['Deployment', 'ReplicaSet', 'Pod'],
  'pvc-pv': ['PersistentVolumeClaim', 'PersistentVolume', 'Pod'],
  'service-endpoints': ['Service', 'EndpointSlice', 'Endpoints'],
} as const;

type Relation = keyof typeof kindsOf;

/** A change of one object. Numbers choose among what there is when it happens. */
interface Step {
  readonly kind: number;
  readonly namespace: string;
  readonly name: string;
  readonly isDeletion: boolean;
  readonly app: string | undefined;
  readonly reference: number;
  readonly isController: boolean;
  readonly other: string;
  readonly odd: number;
}

const name = fc.constantFrom('a', 'b', 'a-b');
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.nat({ max: 2 }),
  namespace: fc.constantFrom('m', 'n'),
  name,
  isDeletion: fc.boolean(),
  app: fc.constantFrom('x', 'y', undefined),
  reference: fc.nat(),
  isController: fc.boolean(),
  other: name,
  odd: fc.nat({ max: 3 }),
});

function apply(world: World, relation: Relation, one: Step, uids: string[]): void {
  const kind = kindsOf[relation][one.kind]!;
  const { namespace, app, other, odd } = one;
  const place = kind === 'PersistentVolume' ? { name: one.name } : { name: one.name, namespace };
  const key = kind === 'PersistentVolume' ? one.name : `${namespace}/${one.name}`;
  if (one.isDeletion && world.get(kind, key)) {
    world.delete(kind, key);
    return;
  }
  const owner = { apiVersion: 'v1', kind: 'Any', name: 'any', uid: uids[one.reference % uids.length]! };
  const ownerReferences = one.reference % 4 === 0 ? [] : [{ ...owner, controller: one.isController }];
  const annotations = { 'deployment.kubernetes.io/revision': String(odd % 2) };
  const labels = { ...(app && { app }), 'kubernetes.io/service-name': other };
  const metadata = { ...place, labels, annotations, ownerReferences };
  const specs: Readonly<Record<string, object>> = {
    Deployment: {
      selector:
        odd === 3 ? { matchExpressions: [{ key: 'app', operator: 'Exists' }] } : { matchLabels: { app: app ?? 'x' } },
    },
    Pod: {
      volumes: [odd < 2 ? { name: 'data', persistentVolumeClaim: { claimName: other } } : { name: 'b', ephemeral: {} }],
    },
    PersistentVolumeClaim: odd === 0 ? {} : { volumeName: other },
    PersistentVolume:
      odd === 0
        ? {}
        : {
            claimRef: {
              namespace,
              name: other,
              ...(odd > 1 && {
                uid: world.get('PersistentVolumeClaim', `${namespace}/${other}`)?.metadata.uid ?? owner.uid,
              }),
            },
          },
    Service: odd === 0 ? {} : { selector: { app: 'x' } },
  };
  const address = `address-of-${one.name}`;
  const made = world.put({
    kind,
    metadata,
    spec: specs[kind] ?? {},
    status: { phase: odd % 2 === 0 ? 'Bound' : 'Pending' },
    ...(kind === 'EndpointSlice' && { addressType: 'FQDN', endpoints: [{ addresses: [address] }] }),
    ...(kind === 'Endpoints' && { subsets: [{ addresses: [{ ip: address }] }] }),
  } as never);
  uids.push(made.metadata.uid);
}

function shapeOf({ ref, via, children = [], parents = [], addresses, ...facts }: TreeNode): Shape {
  const behind = (addresses as { address: string }[] | undefined)?.map(({ address }) => address).sort();
  return {
    is: nameOf({ kind: ref.kind, metadata: ref as never }),
    ...(via !== undefined && { via }),
    facts: { ...facts, ...(behind && { behind }) },
    children: children.map(shapeOf),
    parents: parents.map(shapeOf),
  };
}

describe.each(Object.keys(kindsOf) as Relation[])('%s', (relation) => {
  test('S003-51: is after every change what one finds by looking at everything, and is told once if it changed', async () => {
    await holds(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), fc.nat({ max: 2 }), async (steps, rootKind) => {
        const world = new World();
        const uids = ['nobody'];
        const kind = kindsOf[relation][rootKind]!;
        const key = kind === 'PersistentVolume' ? 'a' : 'm/a';
        const { resource } = world.kind(kind);
        const place = resource.namespaced ? 'namespaces/m/' : '';
        const prefix = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
        const question = world.question(relation, `${prefix}/${place}${resource.resource}/a`);
        apply(
          world,
          relation,
          {
            kind: rootKind,
            namespace: 'm',
            name: 'a',
            other: 'a',
            odd: 1,
            app: 'x',
            reference: 0,
            isController: true,
            isDeletion: false,
          },
          uids,
        );
        const events: TreeEvent[] = [];
        const ending = new AbortController();
        const watch = await world.relations.watch(question);
        const ended = watch.run(async (event) => events.push(event), ending.signal);
        await settle(1);
        let known = naiveTree(world, relation, kind, key);
        expect(events.length).toBe(1);
        for (const each of steps) {
          const before = events.length;
          apply(world, relation, each, uids);
          await settle(1);
          const tree = naiveTree(world, relation, kind, key);
          const told = events.slice(before).map(({ type }) => type);
          if (JSON.stringify(tree) === JSON.stringify(known)) expect(told).toEqual([]);
          else expect(told).toEqual([tree ? (known ? 'MODIFIED' : 'ADDED') : 'DELETED']);
          if (tree) {
            expect(shapeOf(events.at(-1)!.tree.root)).toEqual(tree);
            expect(shapeOf((await world.relations.tree(question)).root)).toEqual(tree);
          } else await expect(world.relations.tree(question)).rejects.toMatchObject({ status: { code: 404 } });
          known = tree;
        }
        ending.abort();
        await ended;
      }),
      60,
    );
  });
});
