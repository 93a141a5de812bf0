import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import type { DeepReadonly, KubeObject, Status } from '../../src/index.ts';
import { type ApiServer, type Manifest, settle } from '../../src/testing/index.ts';
import { defineRelation } from '../../src/watcher/index.ts';
import { until } from './s000-world.ts';
import { pod, type Rig, rig, upstream, watchPods } from './s003-rig.ts';

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

  test('S003-48: up from a Pod, both ways from a ReplicaSet', async () => {
    await using world = await rig({ seed: makeShop });
    const up = await tree(world, 'deployment-tree', 'v1/namespaces/web/pods/shop-2-b');
    expect(sketch(up.root)).toBe('Pod shop-2-b < (ReplicaSet shop-2 current < (Deployment shop))');
    const middle = await tree(world, 'deployment-tree', 'apps/v1/namespaces/web/replicasets/shop-1');
    expect(sketch(middle.root)).toBe('ReplicaSet shop-1 (Pod shop-1-a) < (Deployment shop)');
  });

  test('S003-48: what the selector fits and nobody controls is an orphan; what is in another namespace is nothing', async () => {
    await using world = await rig({
      seed: (server) => {
        makeDeployment(server);
        const let_go = makeReplicaSet(server, 'shop-3', undefined, '1');
        makePod(server, 'shop-3-a', let_go);
        makePod(server, 'alone', undefined);
        makePod(server, 'alone', undefined, 'other');
        server.create(pod('stranger', { labels: { app: 'stranger' } }));
      },
    });
    const { root } = await tree(world, 'deployment-tree', shopRoot);
    expect(sketch(root)).toBe('Deployment shop (ReplicaSet shop-3 orphan (Pod shop-3-a), Pod alone orphan)');
    expect(root.children!.map(({ via }) => via)).toEqual(['selector', 'selector']);
    const up = await tree(world, 'deployment-tree', 'v1/namespaces/web/pods/alone');
    expect(sketch(up.root)).toBe('Pod alone orphan < (Deployment shop)');
  });

  test('uses caches that are there, lists others once, and lets go of them', async () => {
    await using world = await rig({
      seed: makeShop,
      config: { watches: [watchPods], onDemandWatch: { idleTtlSeconds: 60 } },
    });
    await tree(world, 'deployment-tree', shopRoot);
    await tree(world, 'deployment-tree', 'apps/v1/namespaces/web/replicasets/shop-1');
    const requests = () => ['pods', 'replicasets', 'deployments'].map((name) => upstream(world.server, name).length);
    expect(requests()).toEqual([1, 1, 1]);
    const watching = await world.watch(`${relations}/deployment-tree?root=${shopRoot}&watch=1`);
    await until(() => watching.lines.length === 1);
    const held = () => world.watcher.kinds().map(({ key, holders }) => `${key}: ${holders.join(', ')}`);
    expect(held()).toContain('apps/v1/replicasets: relation deployment-tree');
    await world.clock.advance(61_000);
    expect(world.watcher.kinds()).toHaveLength(3);
    watching.stop();
    await until(() => held().includes('apps/v1/replicasets: '));
    await world.clock.advance(61_000);
    expect(world.watcher.kinds().map(({ key }) => key)).toEqual(['v1/pods']);
  });
});

describe('pvc-pv', () => {
  const makeClaim = (server: ApiServer, name: string, volumeName: string | undefined, phase = 'Pending') =>
    server.create({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace: 'web' },
      spec: volumeName === undefined ? {} : { volumeName },
      status: { phase },
    });
  const makeVolume = (server: ApiServer, name: string, claim?: { name: string; uid?: string; namespace?: string }) =>
    server.create({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name },
      spec: claim ? { claimRef: { namespace: 'web', ...claim } } : {},
    });
  const user = (name: string, claimName: string) =>
    pod(name, { spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }] } });
  const claim = (name: string) => `v1/namespaces/web/persistentvolumeclaims/${name}`;

  test('S003-49: from a claim to its volume and to the Pods that use it, from a volume and a Pod to the claim', async () => {
    await using world = await rig({
      seed: (server) => {
        const { uid } = makeClaim(server, 'data', 'pv-1', 'Bound').metadata;
        makeVolume(server, 'pv-1', { name: 'data', uid });
        makeVolume(server, 'pv-2');
        server.create(user('db-0', 'data'));
        server.create(user('db-1', 'other'));
      },
    });
    const down = await tree(world, 'pvc-pv', claim('data'));
    expect(sketch(down.root)).toBe('PersistentVolumeClaim data (PersistentVolume pv-1) < (Pod db-0)');
    expect(down.root).toMatchObject({ state: 'bound', children: [{ via: 'spec.volumeName' }] });
    const up = await tree(world, 'pvc-pv', 'v1/persistentvolumes/pv-1');
    expect(sketch(up.root)).toBe('PersistentVolume pv-1 < (PersistentVolumeClaim data < (Pod db-0))');
    expect(up.root.parents![0]!.state).toBe('bound');
    const fromPod = await tree(world, 'pvc-pv', 'v1/namespaces/web/pods/db-0');
    expect(sketch(fromPod.root)).toBe('Pod db-0 (PersistentVolumeClaim data (PersistentVolume pv-1))');
    const free = await tree(world, 'pvc-pv', 'v1/persistentvolumes/pv-2');
    expect(sketch(free.root)).toBe('PersistentVolume pv-2');
  });

  test('S003-49: a volume of an earlier claim of that name is not the volume of this one', async () => {
    await using world = await rig({
      seed: (server) => {
        makeClaim(server, 'stale', 'pv-1', 'Bound');
        makeVolume(server, 'pv-1', { name: 'stale', uid: 'an-earlier-one' });
        makeClaim(server, 'again', undefined);
        makeVolume(server, 'pv-2', { name: 'again', uid: 'an-earlier-one' });
        makeVolume(server, 'pv-3', { name: 'again', namespace: 'other' });
      },
    });
    const stale = await tree(world, 'pvc-pv', claim('stale'));
    expect([sketch(stale.root), stale.root.state]).toEqual(['PersistentVolumeClaim stale', 'lost']);
    const again = await tree(world, 'pvc-pv', claim('again'));
    expect([sketch(again.root), again.root.state]).toEqual(['PersistentVolumeClaim again', 'unbound']);
    for (const name of ['pv-1', 'pv-2', 'pv-3']) {
      const { root } = await tree(world, 'pvc-pv', `v1/persistentvolumes/${name}`);
      expect(sketch(root)).toBe(`PersistentVolume ${name}`);
    }
  });

  test('S003-49: a claim is unbound, then reserved, bound, lost', async () => {
    await using world = await rig({ seed: (server) => void makeClaim(server, 'data', undefined) });
    const { server } = world;
    const states: unknown[] = [];
    const watching = await world.watch(`${relations}/pvc-pv?root=${claim('data')}&watch=1`);
    const next = async () => {
      await until(() => watching.lines.length > states.length);
      const { root } = watching.lines.at(-1)!.object as unknown as Tree;
      states.push([root.state, root.children!.map(({ via }) => via)]);
    };
    await next();
    const { uid } = server.get('persistentvolumeclaims', 'web', 'data')!.metadata;
    makeVolume(server, 'pv-1', { name: 'data' });
    await next();
    server.patchObject('persistentvolumes', '', 'pv-1', { spec: { claimRef: { uid } } });
    await next();
    server.patchObject('persistentvolumeclaims', 'web', 'data', {
      spec: { volumeName: 'pv-1' },
      status: { phase: 'Bound' },
    });
    await next();
    server.delete('persistentvolumes', '', 'pv-1');
    await next();
    expect(states).toEqual([
      ['unbound', []],
      ['unbound', ['spec.claimRef']],
      ['unbound', ['spec.claimRef']],
      ['bound', ['spec.volumeName']],
      ['lost', []],
    ]);
  });
});

describe('service-endpoints', () => {
  const web = (spec: object = { selector: labels }) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'shop', namespace: 'web' },
    spec,
  });
  const slice = (name: string, addressType: string, endpoints: object[], namespace = 'web') => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace, labels: { 'kubernetes.io/service-name': 'shop' } },
    addressType,
    ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    endpoints,
  });
  const endpoint = (address: string, name: string, conditions: object) => ({
    addresses: [address],
    conditions,
    nodeName: 'n1',
    targetRef: { kind: 'Pod', namespace: 'web', name, uid: `uid-of-${name}`, resourceVersion: '7' },
  });
  const root = 'v1/namespaces/web/services/shop';
  const up = { ready: true, serving: true, terminating: false };
  const leaving = { ready: false, serving: true, terminating: true };

  interface Address {
    readonly address: string;
    readonly family: string;
    readonly ready: boolean;
    readonly serving: boolean;
    readonly terminating: boolean;
    readonly target?: object;
  }
  const lines = ({ root }: Tree) =>
    (root.addresses as readonly Address[]).map(({ address, family, ready, serving, terminating }) =>
      [family, address, ready && 'ready', serving && 'serving', terminating && 'terminating'].filter(Boolean).join(' '),
    );

  test('S003-50: one merged answer of the three slices of a service with two address families', async () => {
    await using world = await rig({
      seed: (server) =>
        void server.seed([
          web(),
          slice('shop-a', 'IPv4', [endpoint('10.0.0.1', 'a', up), endpoint('10.0.0.2', 'b', leaving)]),
          slice('shop-b', 'IPv4', [endpoint('10.0.0.3', 'c', { ready: false }), endpoint('10.0.0.1', 'a', up)]),
          slice('shop-c', 'IPv6', [endpoint('fd00::1', 'a', {})]),
          slice('shop-d', 'IPv4', [endpoint('10.9.9.9', 'z', up)], 'other'),
        ]),
    });
    const found = await tree(world, 'service-endpoints', root);
    expect(sketch(found.root)).toBe('Service shop (EndpointSlice shop-a, EndpointSlice shop-b, EndpointSlice shop-c)');
    expect(lines(found)).toEqual([
      'IPv4 10.0.0.1 ready serving',
      'IPv4 10.0.0.2 serving terminating',
      'IPv4 10.0.0.3',
      'IPv6 fd00::1 ready serving',
    ]);
    expect((found.root.addresses as Address[])[0]).toEqual({
      address: '10.0.0.1',
      family: 'IPv4',
      ...up,
      ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
      nodeName: 'n1',
      target: { kind: 'Pod', namespace: 'web', name: 'a', uid: 'uid-of-a' },
    });
    expect(found.root.selectorless).toBe(false);
    // Where there are slices nobody needs the older kind, and it is not fetched.
    expect(upstream(world.server, 'endpoints')).toEqual([]);
    const fromSlice = await tree(
      world,
      'service-endpoints',
      'discovery.k8s.io/v1/namespaces/web/endpointslices/shop-c',
    );
    expect(sketch(fromSlice.root)).toBe('EndpointSlice shop-c < (Service shop)');
  });

  test('S003-50: Endpoints of the name, for as long as there is no slice; a service without a selector', async () => {
    const subsets = [
      { addresses: [{ ip: '10.0.0.8' }], notReadyAddresses: [{ ip: 'fd00::9' }], ports: [{ port: 80 }] },
    ];
    const metadata = { name: 'shop', namespace: 'web' };
    const legacy = { apiVersion: 'v1', kind: 'Endpoints', metadata, subsets };
    await using world = await rig({
      seed: (server) => void server.seed([web({ ports: [{ port: 80 }] }), legacy]),
    });
    const before = await tree(world, 'service-endpoints', root);
    expect(sketch(before.root)).toBe('Service shop selectorless (Endpoints shop)');
    expect(lines(before)).toEqual(['IPv4 10.0.0.8 ready serving', 'IPv6 fd00::9']);
    const endpoints = 'v1/namespaces/web/endpoints/shop';
    expect(sketch((await tree(world, 'service-endpoints', endpoints)).root)).toBe(
      'Endpoints shop < (Service shop selectorless)',
    );
    const watching = await world.watch(`${relations}/service-endpoints?root=${root}&watch=1`);
    await until(() => watching.lines.length === 1);
    world.server.create(slice('shop-a', 'IPv4', [endpoint('10.0.0.1', 'a', up)]));
    await until(() => watching.lines.length === 2);
    const after = watching.lines[1]!.object as unknown as Tree;
    expect(sketch(after.root)).toBe('Service shop selectorless (EndpointSlice shop-a)');
    expect(lines(after)).toEqual(['IPv4 10.0.0.1 ready serving']);
    expect(sketch((await tree(world, 'service-endpoints', endpoints)).root)).toBe('Endpoints shop');
  });
});

describe('owners and owned', () => {
  test('S003-48: of any object, up and down, an owner that is gone named as missing', async () => {
    await using world = await rig({
      seed: makeShop,
      config: {
        watches: [watchPods, { name: 'replicasets', target: { group: 'apps', version: 'v1', kind: 'ReplicaSet' } }],
      },
    });
    const owners = await tree(world, 'owners', 'v1/namespaces/web/pods/shop-1-a');
    expect(sketch(owners.root)).toBe('Pod shop-1-a < (ReplicaSet shop-1 < (Deployment shop))');
    const gone = await tree(world, 'owners', 'v1/namespaces/web/pods/shop-2-z');
    expect(sketch(gone.root)).toBe('Pod shop-2-z < (ReplicaSet shop-2 missing)');
    const owned = await tree(world, 'owned', shopRoot);
    expect(sketch(owned.root)).toContain('Deployment shop (ReplicaSet shop-1 (Pod shop-1-a), ReplicaSet shop-2 (Pod');
    expect(owned.versions).toHaveProperty(['v1/pods']);
  });
});

describe('a tree that is followed', () => {
  test('S003-51: tells once of a Pod that changed, with versions, and nothing of other Pods', async () => {
    await using world = await rig({ seed: makeShop });
    const watching = await world.watch(`${relations}/deployment-tree?root=${shopRoot}&watch=1`);
    await until(() => watching.lines.length === 1);
    const { server } = world;
    const version = server.touch('pods', 'web', 'shop-2-b');
    await until(() => watching.lines.length === 2);
    // A stranger, then something that is told of: what came before it would have been, too.
    server.touch('pods', 'web', 'shop-2-z');
    server.delete('pods', 'web', 'shop-1-a');
    await until(() => watching.lines.length === 3);
    await settle(50);
    expect(watching.lines.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'MODIFIED']);
    const [, second, third] = watching.lines.map(({ object }) => object as unknown as Tree);
    expect(second!.versions['v1/pods']).toBe(version);
    expect(second!.complete).toBe(true);
    expect(JSON.stringify(second!.root)).toContain(`"resourceVersion":"${version}"`);
    expect(sketch(third!.root)).not.toContain('shop-1-a');
  });

  test('S003-51: has the root go and come back', async () => {
    await using world = await rig({ seed: makeShop });
    const watching = await world.watch(`${relations}/deployment-tree?root=${shopRoot}&watch=1`);
    await until(() => watching.lines.length === 1);
    world.server.delete('deployments', 'web', 'shop');
    await until(() => watching.lines.length === 2);
    makeDeployment(world.server);
    await until(() => watching.lines.length === 3);
    expect(watching.lines.map(({ type }) => type)).toEqual(['ADDED', 'DELETED', 'ADDED']);
  });

  test('S003-51: ends after half an hour, so that it is looked at again who may follow it', async () => {
    await using world = await rig({ seed: makeShop });
    const watching = await world.watch(`${relations}/deployment-tree?root=${shopRoot}&watch=1`);
    const discovering = await world.watch('/apis/watcher.kube-informer.dev/v1alpha1/discovery?watch=1');
    await until(() => watching.lines.length === 1 && discovering.lines.length > 10);
    await world.clock.advance(1_799_000);
    expect([watching.ended, discovering.ended]).toEqual([false, false]);
    await world.clock.advance(1_000);
    await until(() => watching.ended && discovering.ended);
    const again = await world.watch(`${relations}/deployment-tree?root=${shopRoot}&watch=1`);
    await until(() => again.lines.length === 1);
    again.stop();
  });

  test('S003-51: is not complete while a kind has not synced, and says so when it has', async () => {
    await using world = await rig({ seed: makeShop, config: { query: { maxWaitMs: 0 } } });
    const stalled = world.server.faults.add({ match: { resource: 'pods' }, action: { kind: 'stall' } });
    await world.get(`/cache/apis/apps/v1/deployments?x-maxWait=5s`);
    await world.get(`/cache/apis/apps/v1/replicasets?x-maxWait=5s`);
    const watching = await world.watch(`${relations}/deployment-tree?root=${shopRoot}&watch=1`);
    await until(() => watching.lines.length === 1);
    const trees = () => watching.lines.map(({ object }) => object as unknown as Tree);
    expect(trees()[0]!.complete).toBe(false);
    expect(sketch(trees()[0]!.root)).toBe('Deployment shop (ReplicaSet shop-1, ReplicaSet shop-2 current)');
    stalled.remove();
    world.server.dropConnections();
    await until(() => world.clock.pendingTimers > 0);
    await world.clock.advance(30_000);
    await until(() => trees().at(-1)!.complete);
    expect(sketch(trees().at(-1)!.root)).toContain('Pod shop-2-d');
  });

  test('S003-51: ends with the reason when it comes to need a kind that may not be watched', async () => {
    const metadata = { name: 'shop', namespace: 'web' };
    const slice = { ...metadata, labels: { 'kubernetes.io/service-name': 'shop' } };
    await using world = await rig({
      config: { onDemandWatch: { deny: ['v1/Endpoints'] } },
      seed: (server) => {
        server.create({ apiVersion: 'v1', kind: 'Service', metadata, spec: {} } as Manifest);
        server.create({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: slice });
      },
    });
    const watching = await world.watch(`${relations}/service-endpoints?root=v1/namespaces/web/services/shop&watch=1`);
    await until(() => watching.lines.length === 1);
    world.server.delete('endpointslices', 'web', 'shop');
    await until(() => watching.ended);
    expect(watching.lines.map(({ type }) => type)).toEqual(['ADDED', 'ERROR']);
    expect(watching.lines[1]!.object).toMatchObject({ kind: 'Status', code: 404 });
    expect(world.watcher.kinds().flatMap(({ holders }) => holders)).toEqual([]);
  });

  test('S003-51: looks for what is owned in kinds that come to be cached, too', async () => {
    await using world = await rig({ seed: makeShop });
    const watching = await world.watch(`${relations}/owned?root=${shopRoot}&watch=1`);
    await until(() => watching.lines.length === 1);
    const last = () => sketch((watching.lines.at(-1)!.object as unknown as Tree).root);
    expect(last()).toBe('Deployment shop');
    await world.get('/cache/apis/apps/v1/namespaces/web/replicasets');
    await until(() => last() === 'Deployment shop (ReplicaSet shop-1, ReplicaSet shop-2)');
  });

  test('S003-51: ends in good order with the service', async () => {
    await using world = await rig({ seed: makeShop });
    const watching = await world.watch(`${relations}/deployment-tree?root=${shopRoot}&watch=1`);
    await until(() => watching.lines.length === 1);
    await world.watcher.stop();
    await until(() => watching.ended);
    expect(watching.lines).toHaveLength(1);
  });
});

interface Gateway extends KubeObject {
  spec: { servers?: { hosts: string[] }[] };
}

interface VirtualService extends KubeObject {
  spec: { hosts?: string[]; gateways?: string[] };
}

const istio = { group: 'networking.istio.io', version: 'v1' };

/** The hosts that a gateway is open for, and the virtual services that are bound to it and serve one of them. */
const gatewayHosts = defineRelation<Gateway, VirtualService>({
  name: 'gateway-hosts',
  from: { ...istio, kind: 'Gateway' },
  to: { ...istio, kind: 'VirtualService' },
  by: {
    from: ({ metadata }) => [`${metadata.namespace}/${metadata.name}`],
    to: ({ metadata, spec }) =>
      (spec.gateways ?? []).map((name) => (name.includes('/') ? name : `${metadata.namespace}/${name}`)),
  },
  acrossNamespaces: true,
  when: (gateway, { spec }) => (spec.hosts ?? []).some((host) => hostsOf(gateway).includes(host)),
  show: {
    from: (gateway) => ({ hosts: hostsOf(gateway) }),
    to: ({ spec }) => ({ hosts: spec.hosts ?? [] }),
  },
});

function hostsOf({ spec }: DeepReadonly<Gateway>): readonly string[] {
  return (spec.servers ?? []).flatMap(({ hosts }) => hosts);
}

function definition(kind: string) {
  const singular = kind.toLowerCase();
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${singular}s.${istio.group}` },
    spec: {
      group: istio.group,
      scope: 'Namespaced',
      names: { kind, plural: `${singular}s`, singular },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
}

describe('a relation of the user', () => {
  const custom = (kind: string, name: string, namespace: string, spec: object) => ({
    apiVersion: 'networking.istio.io/v1',
    kind,
    metadata: { name, namespace },
    spec,
  });
  const seedMesh = (server: ApiServer) =>
    void server.seed([
      definition('Gateway'),
      definition('VirtualService'),
      custom('Gateway', 'edge', 'istio', { servers: [{ hosts: ['shop.example', 'api.example'] }] }),
      custom('VirtualService', 'shop', 'web', { hosts: ['shop.example'], gateways: ['istio/edge'] }),
      custom('VirtualService', 'elsewhere', 'web', { hosts: ['other.example'], gateways: ['istio/edge'] }),
      custom('VirtualService', 'namesake', 'web', { hosts: ['shop.example'], gateways: ['edge'] }),
    ]);
  const gateway = 'networking.istio.io/v1/namespaces/istio/gateways/edge';

  test('S003-52: leads from a Gateway to the virtual services of its hosts, and back, over namespaces, and is live', async () => {
    await using world = await rig({ seed: seedMesh, relations: [gatewayHosts] });
    const { root } = await tree(world, 'gateway-hosts', gateway);
    expect(sketch(root)).toBe('Gateway edge (VirtualService shop)');
    expect(root).toMatchObject({ hosts: ['shop.example', 'api.example'], children: [{ hosts: ['shop.example'] }] });
    const up = await tree(world, 'gateway-hosts', 'networking.istio.io/v1/namespaces/web/virtualservices/shop');
    expect(sketch(up.root)).toBe('VirtualService shop < (Gateway edge)');
    const watching = await world.watch(`${relations}/gateway-hosts?root=${gateway}&watch=1`);
    await until(() => watching.lines.length === 1);
    const virtualServices = { group: istio.group, resource: 'virtualservices' };
    world.server.patchObject(virtualServices, 'web', 'elsewhere', { spec: { hosts: ['api.example'] } });
    await until(() => watching.lines.length === 2);
    expect(sketch((watching.lines[1]!.object as unknown as Tree).root)).toBe(
      'Gateway edge (VirtualService elsewhere, VirtualService shop)',
    );
  });

  test('S003-52: every form of it is one of the same answer', async () => {
    const from = { version: 'v1', kind: 'Service' };
    const to = { version: 'v1', kind: 'Pod' };
    const forms = [
      defineRelation({ name: 'by-owner', from, to, by: 'owner' }),
      defineRelation({ name: 'by-label', from, to, by: { label: 'service' } }),
      defineRelation({ name: 'by-field', from, to, by: { field: 'metadata.annotations.pod' } }),
      defineRelation({ name: 'by-names', from, to, by: ({ metadata }) => [metadata.annotations!.pod!] }),
      defineRelation({
        name: 'by-names-anywhere',
        from,
        to,
        by: ({ metadata }) => [`${metadata.namespace}/${metadata.annotations!.pod}`],
        acrossNamespaces: true,
      }),
    ];
    await using world = await rig({
      relations: forms,
      seed: (server) => {
        const metadata = { name: 'shop', namespace: 'web', annotations: { pod: 'a' } };
        const owner = server.create({ apiVersion: 'v1', kind: 'Service', metadata, spec: {} });
        for (const namespace of ['web', 'other']) {
          const made = pod('a', { namespace, labels: { service: 'shop' } });
          const owners = namespace === 'web' ? controlledBy(owner) : {};
          server.create({ ...made, metadata: { ...made.metadata, ...owners } });
        }
      },
    });
    for (const { name } of forms) {
      const { root } = await tree(world, name, 'v1/namespaces/web/services/shop');
      expect([name, sketch(root)]).toEqual([name, 'Service shop (Pod a)']);
      const up = await tree(world, name, 'v1/namespaces/web/pods/a');
      expect([name, sketch(up.root)]).toEqual([name, 'Pod a < (Service shop)']);
      const other = await tree(world, name, 'v1/namespaces/other/pods/a');
      expect([name, sketch(other.root)]).toEqual([name, 'Pod a']);
    }
  });

  test('S003-52: is listed beside the built-in ones, unless the configuration leaves it out', async () => {
    const names = async (world: Rig) =>
      (await world.get<{ items: { metadata: { name: string } }[] }>(relations)).body.items.map(
        ({ metadata }) => metadata.name,
      );
    await using all = await rig({ relations: [gatewayHosts] });
    expect(await names(all)).toEqual([
      'deployment-tree',
      'gateway-hosts',
      'owned',
      'owners',
      'pvc-pv',
      'service-endpoints',
    ]);
    await using some = await rig({ relations: [gatewayHosts], config: { relations: ['owners'] } });
    expect(await names(some)).toEqual(['owners']);
    expect((await some.get(`${relations}/gateway-hosts?root=${gateway}`)).status).toBe(404);
  });

  test('S003-52: can not have a name that is taken or that is none, and the configuration names what there is', async () => {
    const to = { version: 'v1', kind: 'Pod' };
    const twin = defineRelation({ name: 'pvc-pv', from: to, to, by: 'owner' });
    await expect(rig({ relations: [twin] })).rejects.toMatchObject({ code: 'InvalidOption' });
    expect(() => defineRelation({ name: 'Not/A/Name', from: to, to, by: 'owner' })).toThrow('"Not/A/Name"');
    await expect(rig({ config: { relations: ['owners', 'gateway-hosts'] } })).rejects.toThrow(
      'relations[1]: is no relation; there are deployment-tree, owned, owners, pvc-pv, service-endpoints',
    );
  });
});

describe('a question that has no answer', () => {
  test.each([
    ['nothing-known?root=v1/nodes/n1', 404, 'relations "nothing-known" not found; there are: deployment-tree'],
    ['deployment-tree', 400, 'root is missing'],
    ['deployment-tree?root=shop', 400, '"shop" names no object'],
    ['deployment-tree?root=apps/v1/deployments', 400, 'names no object'],
    ['deployment-tree?root=apps/v1/deployments/shop', 400, 'apps/v1/namespaces/NAMESPACE/deployments/shop'],
    ['pvc-pv?root=v1/namespaces/web/persistentvolumes/a', 400, 'have no namespace'],
    ['deployment-tree?root=v1/nodes/n1', 400, 'is not about Node, but about Deployment, ReplicaSet, Pod'],
    ['deployment-tree?root=apps/v1/namespaces/web/gadgets/a', 404, 'could not find the requested resource'],
    [`deployment-tree?root=${shopRoot}x`, 404, 'deployments.apps "shopx" not found'],
    [`deployment-tree?watch=1&root=${shopRoot}x`, 404, 'deployments.apps "shopx" not found'],
    ['owners?root=v1/namespaces/web/secrets/a', 403, 'Secrets are not served'],
    [
      'service-endpoints?root=v1/namespaces/web/services/a',
      404,
      'v1/services is not watched, and may not be on demand',
    ],
  ])('%s', async (path, code, message) => {
    await using world = await rig({ seed: makeShop, config: { onDemandWatch: { deny: ['v1/Service'] } } });
    const { status, body } = await world.get<Status>(`${relations}/${path}`);
    expect([status, body.kind, body.code]).toEqual([code, 'Status', code]);
    expect(body.message).toContain(message);
  });

  test('that needs more kinds than may be watched is 429, and holds none of them', async () => {
    await using world = await rig({ seed: makeShop, config: { onDemandWatch: { maxKinds: 2, idleTtlSeconds: 60 } } });
    const { status, body } = await world.get<Status>(`${relations}/deployment-tree?root=${shopRoot}`);
    expect([status, body.reason]).toEqual([429, 'TooManyWatches']);
    expect(world.watcher.kinds().flatMap(({ holders }) => holders)).toEqual([]);
  });
});

test('a tree is as the description of the API says, and is counted', async () => {
  await using world = await rig({ seed: makeShop });
  const watching = await world.watch(`${relations}/deployment-tree?root=${shopRoot}&watch=1`);
  await until(() => watching.lines.length === 1);
  const { body: description } = await world.get<object>('/openapi.json');
  const ajv = new Ajv2020({ strict: false, validateFormats: false }).addSchema(description, 'api');
  const check = (name: string, body: unknown) => {
    const validate = ajv.getSchema(`api#/components/schemas/${name}`)!;
    validate(body);
    expect(validate.errors ?? []).toEqual([]);
  };
  const { body } = await world.get(`${relations}/deployment-tree?root=${shopRoot}`);
  check('RelationTree', body);
  check('RelationTree', watching.lines[0]!.object);
  check('RelationList', (await world.get(relations)).body);
  const { body: metrics } = await world.get<string>('/metrics');
  expect(metrics).toContain('informer_relation_trees_total{relation="deployment-tree"} 2');
  expect(metrics).toContain('informer_relation_watches{relation="deployment-tree"} 1');
});
