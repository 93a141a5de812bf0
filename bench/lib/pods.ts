import type { Random } from '../../src/index.ts';
import { type PodManifest, seededRandom } from '../../src/testing/index.ts';
import { managed, pick, unmanagedPod } from '../../src/testing/pods.ts';

/**
 * Pods of many shapes and sizes, so that no figure depends on all objects being alike: from 1 KB (a bare one, few fields) to 200 KB (one
 * that carries a script), with more or fewer labels, containers, variables and conditions, text in several scripts,
 * and strings that are full of escapes. The same number and options give the same pods.
 */
export interface VariedPodsOptions {
  readonly seed?: number;
  readonly namespaces?: number;
  /** Mean size as JSON, as the embedded server serves them: about 5,700 (the default), or less for more small ones. At least 2,600. */
  readonly meanBytes?: number;
  /** How many pods the owners have: one of these numbers each, by chance. Default: `replicas`. */
  readonly replicas?: readonly number[];
}

/**
 * Many owners have one pod, as Jobs do, and some have many; 4.7 on average. Owners of hundreds (DaemonSets) are left out: with them what repeats
 * would look better still.
 */
const replicas: readonly number[] = [1, 1, 1, 2, 2, 3, 3, 3, 5, 5, 10, 20];

/** Mean sizes of the kinds below, in bytes, measured; the shares are computed from them. */
const sizes = { bare: 1_810, usual: 6_190, large: 10_200, huge: 150_000 };
const shares = { large: 0.08, huge: 0.0006 };

export function* variedPods(
  count: number,
  { seed = 1, namespaces = 20, meanBytes = 5_700, replicas: counts = replicas }: VariedPodsOptions = {},
): Generator<PodManifest> {
  const rest = meanBytes - shares.large * sizes.large - shares.huge * sizes.huge;
  const bare = (sizes.usual * (1 - shares.large - shares.huge) - rest) / (sizes.usual - sizes.bare);
  /** The owner that comes last in each namespace, and how many more pods it has: they follow each other in lists, as those of an owner do in clusters. */
  const owners: { metadata: PodManifest['metadata']; left: number }[] = [];
  const owned = (pod: PodManifest, place: number, random: Random): PodManifest => {
    const last = owners[place];
    const owner = last && last.left > 0 ? last : { metadata: marked(pod, random), left: pick(random, counts) };
    owner.left--;
    owners[place] = owner;
    return { ...pod, metadata: { ...owner.metadata, name: pod.metadata.name } };
  };
  for (let index = 0; index < count; index++) {
    const random = seededRandom(Math.imul(seed, 0x85ebca6b) ^ index);
    const pod = started(unmanagedPod(index, seed), random);
    const kind = random();
    const place = index % namespaces;
    let varied: PodManifest;
    if (kind < bare) varied = bareOf(pod, random);
    else {
      varied = owned(pod, place, random);
      if (kind < bare + shares.large) varied = largeOf(varied, random);
      else if (kind > 1 - shares.huge) varied = hugeOf(varied, random);
      else varied = usualOf(varied, random);
    }
    const namespace = `team-${String(place).padStart(2, '0')}`;
    yield managed(
      { ...varied, metadata: { ...varied.metadata, namespace } },
      kind < bare ? 'kubectl-run' : 'kube-controller-manager',
    );
  }
}

const escaped = 'C:\\temp\t"quoted"\n{"json":"in a \\"string\\""}\u0007 € 名前 Привет 🚀';

function numbered<T>(random: Random, most: number, make: (number: number) => T): T[] {
  return Array.from({ length: Math.floor(random() * (most + 1)) }, (_, number) => make(number));
}

function token(random: Random): string {
  return Math.floor(random() * 2 ** 32).toString(36);
}

/**
 * With times of its own, and a volume with a name of its own, as every pod gets them: without, pods would have more in common than they have in
 * clusters.
 */
function started(pod: PodManifest, random: Random): PodManifest {
  const start = Date.UTC(2026, 0, 1) + Math.floor(random() * 90 * 86_400) * 1000;
  const time = (most: number) => `${new Date(start + Math.floor(random() * most) * 1000).toISOString().slice(0, 19)}Z`;
  const volume = `kube-api-access-${token(random).slice(0, 5)}`;
  const { volumes, containers } = pod.spec as unknown as {
    volumes: object[];
    containers: { volumeMounts: object[] }[];
  };
  const { conditions, containerStatuses } = pod.status as unknown as {
    conditions: object[];
    containerStatuses: { state: object }[];
  };
  const ready = time(60);
  return {
    ...pod,
    spec: {
      ...pod.spec,
      volumes: volumes.map((each) => ({ ...each, name: volume })),
      containers: containers.map((each) => ({
        ...each,
        volumeMounts: each.volumeMounts.map((mount) => ({ ...mount, name: volume })),
      })),
    },
    status: {
      ...pod.status,
      conditions: conditions.map((each, index) => ({ ...each, lastTransitionTime: index < 2 ? time(5) : ready })),
      startTime: time(1),
      containerStatuses: containerStatuses.map((each) => ({
        ...each,
        state: 'running' in each.state ? { running: { startedAt: time(30) } } : each.state,
      })),
    },
  };
}

/** So many sets of label keys are in use: pods of one owner share one, as they do in clusters. */
const labelSets = Array.from({ length: 300 }, (_, set) => {
  const random = seededRandom(0x5eed + set);
  return numbered(random, 5, (number) => `${token(random).slice(0, 3)}.example.com/${token(random)}-${number}`);
});

/** With labels as an owner gives them, and now and then a note in several scripts, full of escapes. */
function marked(pod: PodManifest, random: Random): PodManifest['metadata'] {
  const set = labelSets[Math.floor(random() * labelSets.length)]!;
  const labels = Object.fromEntries(set.map((key) => [key, token(random)]));
  const notes = random() < 0.15 && { 'example.com/remark': `${token(random)} ${escaped}` };
  const { metadata } = pod;
  return { ...metadata, labels: { ...metadata.labels, ...labels }, annotations: { ...metadata.annotations, ...notes } };
}

/** As it is right after it was created by hand: no owner, and hardly any status. */
function bareOf(pod: PodManifest, random: Random): PodManifest {
  const { name, namespace, labels } = pod.metadata;
  const [first] = pod.spec.containers as [{ name: string; image: string }];
  return {
    ...pod,
    metadata: {
      name,
      namespace,
      ...(random() < 0.7 && { labels: { app: labels?.app ?? 'none', run: name } }),
      ...(random() < 0.3 && { annotations: { 'example.com/by-hand': escaped } }),
    },
    spec: {
      nodeName: pod.spec.nodeName,
      containers: [
        { name: first.name, image: first.image, env: numbered(random, 3, (n) => variable(random, n)), resources: {} },
      ],
      restartPolicy: 'Never',
      ...(random() < 0.5 && { serviceAccountName: 'default', tolerations: pod.spec.tolerations }),
    },
    status: {
      phase: pod.status.phase,
      conditions: (pod.status.conditions as object[]).slice(0, random() < 0.5 ? 1 : 4),
    },
  };
}

function variable(random: Random, number: number): { name: string; value: string } {
  return { name: `VARIABLE_${number}`, value: random() < 0.2 ? escaped : token(random).repeat(1 + (number % 3)) };
}

function usualOf(pod: PodManifest, random: Random): PodManifest {
  const conditions = (pod.status.conditions as { type: string }[]).filter(() => random() < 0.95);
  return { ...pod, status: { ...pod.status, conditions } };
}

/** With side-cars, and sometimes what kubectl applied last in an annotation: a document in a string, every quote of it escaped. */
function largeOf(pod: PodManifest, random: Random): PodManifest {
  const [first] = pod.spec.containers as [object];
  const more = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, number) => ({
    ...first,
    name: `side-car-${number}`,
    env: numbered(random, 8, (n) => variable(random, n)),
  }));
  const { metadata } = pod;
  const applied = JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: metadata.name }, spec: pod.spec });
  const annotations = random() < 0.2 && { 'kubectl.kubernetes.io/last-applied-configuration': applied };
  return {
    ...pod,
    metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } },
    spec: { ...pod.spec, containers: [...(pod.spec.containers as object[]), ...more] },
  };
}

/** 100 to 200 KB in the arguments of a container: a script. */
function hugeOf(pod: PodManifest, random: Random): PodManifest {
  const [first, ...others] = pod.spec.containers as [object, ...object[]];
  const script = `${token(random)} ${escaped} `.repeat(900 + Math.floor(random() * 1_100));
  const containers = [{ ...first, command: ['sh', '-c'], args: [script] }, ...others];
  return { ...pod, spec: { ...pod.spec, containers } };
}
