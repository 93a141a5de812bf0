import { finalizer, type Website } from '../../../examples/operator/website.ts';
import type { KubeObject } from '../../../src/index.ts';
import type { Scene } from './scene.ts';

/** The parts of children that a website decides on. */
interface AnyChild extends KubeObject {
  readonly data?: unknown;
  readonly spec?: {
    readonly replicas?: number;
    readonly selector?: object;
    readonly template?: {
      readonly spec: { readonly containers: readonly Container[]; readonly volumes?: readonly Volume[] };
    };
  };
}
interface Container {
  readonly image: string;
  readonly volumeMounts?: readonly unknown[];
}
interface Volume {
  readonly configMap?: { readonly name: string };
}

/** What the world has to look like if `names` are the websites that shall be there: it follows from their specs. */
export async function expectedOf(scene: Scene, names: readonly string[]): Promise<unknown> {
  const [present, hosts] = await Promise.all([scene.websites(), scene.hosts()]);
  const wanted = present.filter(({ metadata }) => names.includes(metadata.name));
  const missing = names.filter((name) => !wanted.some(({ metadata }) => metadata.name === name));
  // Of those that want the same host, one has it, no matter which.
  const holders = new Map(wanted.map((website) => [website.spec.host, website]));
  for (const website of wanted) {
    const host = hosts.find(({ metadata }) => metadata.name === website.spec.host);
    if (host?.spec.website.uid === website.metadata.uid) holders.set(website.spec.host, website);
  }
  const statement = (website: Website) =>
    holders.get(website.spec.host) === website ? 'HostClaimed and Serving' : 'HostTaken and NoHost';
  return {
    websites: [
      ...wanted.map((website) => `${website.metadata.name}: kept by ${finalizer}, ${statement(website)}, up to date`),
      ...missing,
    ],
    children: wanted.flatMap(childrenOf).sort(),
    hosts: Array.from(holders, ([host, { metadata }]) => `${host} of ${metadata.uid}`).sort(),
  };
}

/** What there is, in the same words. */
export async function actualOf(scene: Scene): Promise<unknown> {
  return {
    websites: (await scene.websites()).map(sayWebsite),
    children: (await scene.children()).map((child) => sayChild(child as AnyChild)).sort(),
    hosts: (await scene.hosts()).map(({ metadata, spec }) => `${metadata.name} of ${spec.website.uid}`).sort(),
  };
}

function childrenOf({ metadata, spec }: Website): string[] {
  const { name, uid } = metadata;
  const selector = sorted({ 'app.kubernetes.io/name': 'website', 'app.kubernetes.io/instance': name });
  const mounts = spec.page === undefined ? '0 mounts of nothing' : `1 mounts of ${name}`;
  const children = [
    `Deployment ${name} of ${uid}: ${spec.replicas} x ${spec.image}, ${mounts}`,
    `Service ${name} of ${uid}: ${selector}`,
  ];
  if (spec.page !== undefined)
    children.push(`ConfigMap ${name} of ${uid}: ${JSON.stringify({ 'index.html': spec.page })}`);
  return children;
}

function sayChild({ kind, metadata, spec, data }: AnyChild): string {
  const owners = metadata.ownerReferences?.map(({ uid, controller }) => (controller ? uid : `${uid}?`)).join(' and ');
  const who = `${kind} ${metadata.name} of ${owners}`;
  if (kind === 'ConfigMap') return `${who}: ${JSON.stringify(data)}`;
  if (kind === 'Service') return `${who}: ${sorted(spec?.selector ?? {})}`;
  const { containers = [], volumes = [] } = spec?.template?.spec ?? {};
  const images = containers.map(({ image }) => image).join(' and ');
  const count = containers.flatMap(({ volumeMounts = [] }) => volumeMounts).length;
  const mounted = volumes.map(({ configMap }) => configMap?.name).join(' and ') || 'nothing';
  return `${who}: ${spec?.replicas} x ${images}, ${count} mounts of ${mounted}`;
}

function sayWebsite({ metadata, spec, status }: Website): string {
  const { name, generation, finalizers = [], deletionTimestamp } = metadata;
  const { observedGeneration, readyReplicas, conditions = [] } = status ?? {};
  const isCurrent =
    observedGeneration === generation &&
    readyReplicas === spec.replicas &&
    conditions.every((condition) => condition.observedGeneration === generation);
  const statement = conditions.map(({ reason }) => reason).join(' and ');
  const state = `${isCurrent ? 'up to date' : 'out of date'}${deletionTimestamp ? ', going' : ''}`;
  return `${name}: kept by ${finalizers.join(' and ')}, ${statement}, ${state}`;
}

/** Servers put keys in an order of their own. */
function sorted(labels: object): string {
  return JSON.stringify(Object.entries(labels).sort());
}
