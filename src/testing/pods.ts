import type { Random } from '../runtime/index.ts';
import { podManagedFields } from './pod-fields.ts';
import { seededRandom } from './seeded-random.ts';
import type { Manifest } from './server/object-api.ts';

const applications = ['checkout', 'catalog', 'payments', 'search', 'mailer', 'ingest', 'gateway', 'ledger'];
const tiers = ['frontend', 'backend', 'worker', 'cache'];
const zones = ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'];
const notes = [
  'Zuständig: Müller & Söhne <betrieb@example.com>',
  '担当チーム：決済基盤 🚀',
  'Ответственный: отдел доставки',
  'quoted "text" with \\ backslash\tand a tab',
  'two\nlines and a null-ish \u0001 control',
];

/** One of the list, by chance. */
export function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}

function hex(random: Random, length: number): string {
  let text = '';
  while (text.length < length) text += Math.floor(random() * 16).toString(16);
  return text;
}

/** A pod that a test can store. */
export interface PodManifest extends Manifest {
  readonly metadata: Manifest['metadata'] & { readonly name: string; readonly namespace: string };
  readonly spec: { readonly nodeName: string; readonly [key: string]: unknown };
  readonly status: { readonly phase: string; readonly [key: string]: unknown };
}

/**
 * A pod as it is met in clusters: about 6 KB of JSON with labels, environment, probes, conditions, text that is neither ASCII nor
 * free of escapes, and the managed fields that an API server notes for it, 43 % of the bytes. The same index and seed give the same pod.
 *
 * @param index makes the name (`pod-0000042`) and spreads the pods over namespaces and nodes.
 */
export function makePod(index: number, seed = 1): PodManifest {
  return managed(unmanagedPod(index, seed), 'kube-controller-manager');
}

/** The pod of index 0: a shape to derive others from. */
export function podTemplate(seed = 1): PodManifest {
  return makePod(0, seed);
}

/** With the managed fields that it has in a cluster after `creator` created it. */
export function managed(pod: PodManifest, creator: string): PodManifest {
  return { ...pod, metadata: { ...pod.metadata, managedFields: podManagedFields(pod, creator) } };
}

/** What `makePod` makes but for the managed fields, to be changed before these are added. */
export function unmanagedPod(index: number, seed: number): PodManifest {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1) ^ index);
  const application = pick(random, applications);
  const hash = hex(random, 9);
  const containers = Array.from({ length: random() < 0.9 ? 1 : 2 }, (_, place) =>
    container(random, application, place),
  );
  const running = random() < 0.93;
  const started = '2026-01-01T08:00:00Z';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `pod-${String(index).padStart(7, '0')}`,
      namespace: `team-${String(index % 20).padStart(2, '0')}`,
      generateName: `${application}-${hash}-`,
      labels: {
        app: application,
        tier: pick(random, tiers),
        'app.kubernetes.io/name': application,
        'app.kubernetes.io/version': `1.${Math.floor(random() * 40)}.${Math.floor(random() * 10)}`,
        'pod-template-hash': hash,
      },
      annotations: {
        'example.com/note': pick(random, notes),
        'example.com/checksum': hex(random, 64),
        'prometheus.io/scrape': 'true',
      },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: `${application}-${hash}`,
          uid: `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-a${hex(random, 3)}-${hex(random, 12)}`,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: podSpec(random, index, containers),
    status: {
      phase: running ? 'Running' : 'Pending',
      conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(
        (type) => ({
          type,
          status: running ? 'True' : 'False',
          lastProbeTime: null,
          lastTransitionTime: started,
        }),
      ),
      hostIP: `10.0.${index % 250}.${1 + (index % 200)}`,
      podIP: `10.${64 + (index % 60)}.${Math.floor(random() * 250)}.${Math.floor(random() * 250)}`,
      startTime: started,
      qosClass: 'Burstable',
      containerStatuses: containers.map(({ name, image }) => ({
        name,
        state: running ? { running: { startedAt: started } } : { waiting: { reason: 'ContainerCreating' } },
        lastState: {},
        ready: running,
        restartCount: Math.floor(random() * 3),
        image,
        imageID: `registry.example.com/${application}@sha256:${hex(random, 64)}`,
        containerID: `containerd://${hex(random, 64)}`,
        started: running,
      })),
    },
  };
}

function container(random: Random, application: string, place: number) {
  return {
    name: place === 0 ? application : `sidecar-${place}`,
    image: `registry.example.com/${application}:1.${Math.floor(random() * 40)}`,
    args: ['--listen=:8080', `--shard=${Math.floor(random() * 16)}`, '--log-format=json'],
    env: [
      { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
      ...Array.from({ length: 1 + Math.floor(random() * 2) }, (_, number) => ({
        name: `SETTING_${number}`,
        value: hex(random, 8 + Math.floor(random() * 24)),
      })),
    ],
    resources: { limits: { cpu: '1', memory: '512Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
    volumeMounts: [{ name: 'api-access', readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }],
    ...(place === 0 && listening(random)),
    terminationMessagePath: '/dev/termination-log',
    imagePullPolicy: 'IfNotPresent',
  };
}

/** One of the containers of a pod has a port; it is asked there whether it lives, whether it is ready, both or neither. */
function listening(random: Random) {
  const probe = { httpGet: { path: '/healthz', port: 8080, scheme: 'HTTP' }, periodSeconds: 10, failureThreshold: 3 };
  return {
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    ...(random() < 0.5 && { livenessProbe: probe }),
    ...(random() < 0.5 && { readinessProbe: probe }),
  };
}

function podSpec(random: Random, index: number, containers: readonly object[]): PodManifest['spec'] {
  return {
    volumes: [
      {
        name: 'api-access',
        projected: {
          sources: [
            { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
            { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          ],
          defaultMode: 420,
        },
      },
    ],
    containers,
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    serviceAccountName: 'default',
    nodeName: `node-${String(index % 500).padStart(3, '0')}`,
    securityContext: { runAsNonRoot: true, fsGroup: 2000 },
    nodeSelector: { 'topology.kubernetes.io/zone': pick(random, zones) },
    schedulerName: 'default-scheduler',
    tolerations: ['not-ready', 'unreachable'].map((state) => ({
      key: `node.kubernetes.io/${state}`,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 300,
    })),
    priority: 0,
    enableServiceLinks: true,
  };
}
