import { describe, expect, test } from 'vitest';
import type { ApiServer } from '../../src/testing/index.ts';
import { pod, type Rig, rig } from './s003-rig.ts';

const relations = '/apis/watcher.kube-informer.dev/v1alpha1/relations';

interface Node {
  readonly ref: { readonly kind: string; readonly name: string; readonly namespace?: string; readonly uid: string };
  readonly via?: string;
  readonly children?: readonly Node[];
  readonly parents?: readonly Node[];
  readonly [fact: string]: unknown;
}

interface Tree {
  readonly kind: string;
  readonly complete: boolean;
  readonly versions: Record<string, string>;
  readonly root: Node;
}

/** `Deployment shop (ReplicaSet shop-1 (Pod shop-1-a))`, facts that are true behind a name. */
function sketch({ ref, children = [], parents = [], ...facts }: Node): string {
  const marks = Object.keys(facts).filter((name) => facts[name] === true);
  const below = children.length > 0 ? ` (${children.map(sketch).join(', ')})` : '';
  const above = parents.length > 0 ? ` < (${parents.map(sketch).join(', ')})` : '';
  return `${[ref.kind, ref.name, ...marks].join(' ')}${below}${above}`;
}

async function tree(world: Rig, relation: string, root: string): Promise<Tree> {
  const { status, body } = await world.get<Tree>(`${relations}/${relation}?root=${root}`);
  expect([status, body]).toEqual([200, expect.objectContaining({ kind: 'RelationTree' })]);
  return body;
}

type Owner = { readonly kind: string; readonly metadata: { readonly name: string; readonly uid: string } };

function controlledBy(owner: Owner | undefined) {
  if (!owner) return {};
  const { kind, metadata } = owner;
  return {
    ownerReferences: [{ apiVersion: 'apps/v1', kind, name: metadata.name, uid: metadata.uid, controller: true }],
  };
}

const selector = { matchLabels: { app: 'shop' } };
const labels = { app: 'shop' };
const template = { metadata: { labels }, spec: {} };
const revised = (revision: string) => ({ 'deployment.kubernetes.io/revision': revision });

function makeDeployment(server: ApiServer, name = 'shop', revision = '2', namespace = 'web'): Owner {
  const metadata = { name, namespace, annotations: revised(revision) };
  return server.create({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { selector, template } }) as Owner;
}

function makeReplicaSet(server: ApiServer, name: string, owner: Owner | undefined, revision: string): Owner {
  const metadata = { name, namespace: 'web', annotations: revised(revision), labels, ...controlledBy(owner) };
  return server.create({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata, spec: { selector, template } }) as Owner;
}

function makePod(server: ApiServer, name: string, owner: Owner | undefined, namespace = 'web'): Owner {
  const made = pod(name, { namespace, labels });
  return server.create({ ...made, metadata: { ...made.metadata, ...controlledBy(owner) } }) as Owner;
}

/** A Deployment of two ReplicaSets and five Pods, what is left of an earlier one of its name, and a Pod of a ReplicaSet that had the name of one. */
function makeShop(server: ApiServer): void {
  const own = makeDeployment(server);
  const old = makeReplicaSet(server, 'shop-1', own, '1');
  const current = makeReplicaSet(server, 'shop-2', own, '2');
  const gone = (kind: string, name: string) => ({ kind, metadata: { name, uid: 'another' } });
  const foreign = makeReplicaSet(server, 'shop-0', gone('Deployment', 'shop'), '2');
  makePod(server, 'shop-1-a', old);
  for (const name of ['shop-2-a', 'shop-2-b', 'shop-2-c', 'shop-2-d']) makePod(server, name, current);
  makePod(server, 'shop-0-a', foreign);
  makePod(server, 'shop-2-z', gone('ReplicaSet', 'shop-2'));
}

const shopRoot = 'apps/v1/namespaces/web/deployments/shop';

describe('deployment-tree', () => {
  test('S003-48: a Deployment, its ReplicaSets and their Pods, by uid; a Pod of a namesake is none of them', async () => {
    await using world = await rig({ seed: makeShop });
    const { root, complete, versions } = await tree(world, 'deployment-tree', shopRoot);
    expect(sketch(root)).toBe(
      'Deployment shop (ReplicaSet shop-1 (Pod shop-1-a), ' +
        'ReplicaSet shop-2 current (Pod shop-2-a, Pod shop-2-b, Pod shop-2-c, Pod shop-2-d))',
    );
    expect(root.children![1]!).toMatchObject({ via: 'controllerRef', revision: '2' });
    expect(complete).toBe(true);
    expect(Object.keys(versions)).toEqual(['apps/v1/deployments', 'apps/v1/replicasets', 'v1/pods']);
  });
});
