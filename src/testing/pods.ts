import type { Random } from '../runtime/index.ts';
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

function pick<T>(random: Random, list: readonly T[]): T {
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
 * A pod as it is met in clusters: about 5.8 KB of JSON with labels, environment, probes, conditions, the fields of two
 * managers, and text that is neither ASCII nor free of escapes. The same index and seed give the same pod.
 *
 * @param index makes the name (`pod-0000042`) and spreads the pods over namespaces and nodes.
 */
export function makePod(index: number, seed = 1): PodManifest {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1) ^ index);
  const application = pick(random, applications);
  const hash = hex(random, 9);
  const containers = Array.from({ length: 1 + Math.floor(random() * 1.6) }, (_, place) =>
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
      managedFields: managedFields(containers.map(({ name }) => name)),
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

/** The pod of index 0: a shape to derive others from. */
export function podTemplate(seed = 1): PodManifest {
  return makePod(0, seed);
}

function container(random: Random, application: string, place: number) {
  const probe = { httpGet: { path: '/healthz', port: 8080, scheme: 'HTTP' }, periodSeconds: 10, failureThreshold: 3 };
  return {
    name: place === 0 ? application : `sidecar-${place}`,
    image: `registry.example.com/${application}:1.${Math.floor(random() * 40)}`,
    args: ['--listen=:8080', `--shard=${Math.floor(random() * 16)}`, '--log-format=json'],
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    env: [
      { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
      ...Array.from({ length: 4 + Math.floor(random() * 6) }, (_, number) => ({
        name: `SETTING_${number}`,
        value: hex(random, 8 + Math.floor(random() * 24)),
      })),
    ],
    resources: { limits: { cpu: '1', memory: '512Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
    volumeMounts: [{ name: 'api-access', readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }],
    livenessProbe: probe,
    readinessProbe: probe,
    terminationMessagePath: '/dev/termination-log',
    imagePullPolicy: 'IfNotPresent',
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

function managedFields(containers: readonly string[]): object[] {
  const all = (...names: string[]) => Object.fromEntries(names.map((name) => [`f:${name}`, {}]));
  const byContainer = containers.map((name) => [
    `k:{"name":"${name}"}`,
    {
      '.': {},
      ...all('args', 'image', 'imagePullPolicy', 'name', 'resources', 'terminationMessagePath'),
      'f:env': { '.': {}, 'k:{"name":"POD_NAME"}': { '.': {}, 'f:name': {}, 'f:valueFrom': { 'f:fieldRef': {} } } },
      'f:ports': { '.': {}, 'k:{"containerPort":8080,"protocol":"TCP"}': { '.': {}, ...all('containerPort', 'name') } },
    },
  ]);
  const conditions = ['ContainersReady', 'Initialized', 'Ready'].map((type) => [
    `k:{"type":"${type}"}`,
    { '.': {}, ...all('lastProbeTime', 'lastTransitionTime', 'status', 'type') },
  ]);
  return [
    {
      manager: 'kube-controller-manager',
      operation: 'Update',
      apiVersion: 'v1',
      time: '2026-01-01T08:00:00Z',
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:metadata': {
          'f:annotations': { '.': {}, ...all('example.com/note', 'example.com/checksum') },
          'f:generateName': {},
          'f:labels': { '.': {}, ...all('app', 'tier', 'pod-template-hash') },
          'f:ownerReferences': { '.': {} },
        },
        'f:spec': {
          'f:containers': Object.fromEntries(byContainer),
          ...all('dnsPolicy', 'restartPolicy', 'schedulerName'),
        },
      },
    },
    {
      manager: 'kubelet',
      operation: 'Update',
      apiVersion: 'v1',
      time: '2026-01-01T08:00:07Z',
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:status': {
          'f:conditions': Object.fromEntries(conditions),
          ...all('containerStatuses', 'hostIP', 'phase', 'podIP'),
        },
      },
      subresource: 'status',
    },
  ];
}
