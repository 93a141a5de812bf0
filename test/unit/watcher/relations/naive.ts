import type { KubeObject, OwnerReference } from '../../../../src/index.ts';
import type { World } from './world.ts';

/** An object with everything in it that the relations read. */
interface Thing extends KubeObject {
  spec?: {
    selector?: { matchLabels?: Record<string, string>; matchExpressions?: object[] };
    volumeName?: string;
    claimRef?: { namespace: string; name: string; uid?: string };
    volumes?: { name: string; persistentVolumeClaim?: { claimName: string }; ephemeral?: object }[];
  };
  status?: { phase?: string };
}

/** A tree as the test compares it. */
export interface Shape {
  readonly is: string;
  readonly via?: string;
  readonly facts: object;
  readonly children: readonly Shape[];
  readonly parents: readonly Shape[];
}

interface NaiveLink {
  readonly from: string;
  readonly to: string;
  readonly via: string;
  readonly fits: (from: Thing, to: Thing) => boolean;
}

const controller = ({ metadata }: Thing): OwnerReference | undefined =>
  metadata.ownerReferences?.find((reference) => reference.controller === true);
const sameNamespace = (a: Thing, b: Thing) => a.metadata.namespace === b.metadata.namespace;
const controls = (a: Thing, b: Thing) => sameNamespace(a, b) && controller(b)?.uid === a.metadata.uid;

/** The selectors of the test: one label, or that there is such a label. */
const selects = ({ spec }: Thing, { metadata }: Thing) =>
  spec!.selector!.matchLabels
    ? metadata.labels?.app === spec!.selector!.matchLabels.app
    : metadata.labels?.app !== undefined;
const orphan = (a: Thing, b: Thing) => sameNamespace(a, b) && !controller(b) && selects(a, b);

const agree = (claim: Thing, volume: Thing) => {
  const ref = volume.spec!.claimRef;
  const { namespace, name, uid } = claim.metadata;
  return !ref || (ref.namespace === namespace && ref.name === name && (ref.uid === undefined || ref.uid === uid));
};

const links: Readonly<Record<string, readonly NaiveLink[]>> = {
  'deployment-tree': [
    { from: 'Deployment', to: 'ReplicaSet', via: 'controllerRef', fits: controls },
    { from: 'ReplicaSet', to: 'Pod', via: 'controllerRef', fits: controls },
    { from: 'Deployment', to: 'ReplicaSet', via: 'selector', fits: orphan },
    { from: 'Deployment', to: 'Pod', via: 'selector', fits: orphan },
  ],
  'pvc-pv': [
    {
      from: 'PersistentVolumeClaim',
      to: 'PersistentVolume',
      via: 'spec.volumeName',
      fits: (claim, volume) => claim.spec!.volumeName === volume.metadata.name && agree(claim, volume),
    },
    {
      from: 'PersistentVolumeClaim',
      to: 'PersistentVolume',
      via: 'spec.claimRef',
      fits: (claim, volume) =>
        claim.spec!.volumeName === undefined && volume.spec!.claimRef !== undefined && agree(claim, volume),
    },
    {
      from: 'Pod',
      to: 'PersistentVolumeClaim',
      via: 'spec.volumes',
      fits: (pod, claim) =>
        sameNamespace(pod, claim) &&
        (pod.spec?.volumes ?? []).some(({ name, persistentVolumeClaim }) =>
          persistentVolumeClaim
            ? persistentVolumeClaim.claimName === claim.metadata.name
            : `${pod.metadata.name}-${name}` === claim.metadata.name && controller(claim)?.uid === pod.metadata.uid,
        ),
    },
  ],
  'service-endpoints': [
    {
      from: 'Service',
      to: 'EndpointSlice',
      via: 'label kubernetes.io/service-name',
      fits: (service, slice) =>
        sameNamespace(service, slice) &&
        slice.metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name,
    },
    {
      from: 'Service',
      to: 'Endpoints',
      via: 'name',
      fits: (service, endpoints) =>
        sameNamespace(service, endpoints) && service.metadata.name === endpoints.metadata.name,
    },
  ],
};

/** The tree as one would find it by looking at everything; `undefined` if the root is not there. */
export function naiveTree(world: World, relation: string, kind: string, key: string): Shape | undefined {
  const own = links[relation]!;
  const things = (name: string) => world.all(name) as Thing[];
  const isUsed = (link: NaiveLink, from: Thing) =>
    link.to !== 'Endpoints' || !things('EndpointSlice').some((slice) => own[0]!.fits(from, slice));
  const below = (from: Thing) =>
    own
      .filter((link) => link.from === from.kind && isUsed(link, from))
      .flatMap((link) =>
        things(link.to)
          .filter((to) => link.fits(from, to))
          .sort(byName)
          .map((thing) => ({ thing, link })),
      );
  const above = (to: Thing) =>
    own
      .filter((link) => link.to === to.kind)
      .flatMap((link) =>
        things(link.from)
          .filter((from) => link.fits(from, to) && isUsed(link, from))
          .sort(byName)
          .map((thing) => ({ thing, link })),
      );
  const once = (found: readonly { thing: Thing; link: NaiveLink }[]) =>
    found.filter(({ thing }, at) => found.findIndex((other) => other.thing === thing) === at);
  const factsOf = (thing: Thing): object => {
    const revision = (each: Thing) => each.metadata.annotations?.['deployment.kubernetes.io/revision'];
    const facts: Record<string, unknown> = {};
    const ways = above(thing);
    const owners = ways.filter(({ link }) => link.from === 'Deployment' && link.via === 'controllerRef');
    if (owners.length > 0) {
      facts.revision = revision(thing);
      facts.current = owners.some(({ thing: owner }) => revision(owner) === revision(thing));
    }
    if (ways.some(({ link }) => link.via === 'selector')) facts.orphan = true;
    if (relation === 'pvc-pv' && thing.kind === 'PersistentVolumeClaim') facts.state = stateOf(thing);
    if (thing.kind === 'Service') {
      facts.selectorless = Object.keys(thing.spec!.selector ?? {}).length === 0;
      facts.behind = below(thing)
        .map(({ thing: { metadata } }) => `address-of-${metadata.name}`)
        .sort();
    }
    return facts;
  };
  const stateOf = (claim: Thing) => {
    const { volumeName } = claim.spec!;
    const own = things('PersistentVolume').find(({ metadata }) => metadata.name === volumeName);
    const ref = own?.spec?.claimRef;
    const { namespace, name, uid } = claim.metadata;
    if (volumeName === undefined) return 'unbound';
    if (ref?.uid === uid && ref.namespace === namespace && ref.name === name) return 'bound';
    return claim.status?.phase === 'Bound' ? 'lost' : 'unbound';
  };
  const shape = (thing: Thing, via: string | undefined, way: 'both' | 'down' | 'up'): Shape => ({
    is: nameOf(thing),
    ...(via !== undefined && { via }),
    facts: factsOf(thing),
    children: way === 'up' ? [] : once(below(thing)).map(({ thing: each, link }) => shape(each, link.via, 'down')),
    parents: way === 'down' ? [] : once(above(thing)).map(({ thing: each, link }) => shape(each, link.via, 'up')),
  });
  const root = world.get(kind, key) as Thing | undefined;
  return root && shape(root, undefined, 'both');
}

export function nameOf({ kind, metadata }: Pick<KubeObject, 'kind' | 'metadata'>): string {
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name} ${metadata.uid}@${metadata.resourceVersion}`;
}

function byName(a: Thing, b: Thing): number {
  const [left, right] = [a, b].map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`);
  return left! < right! ? -1 : 1;
}
