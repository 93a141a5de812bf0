import { type CachedObject, valueAt } from '../../cache/index.ts';
import { age, type ColumnSpec } from './column.ts';
import { podStatus, readyContainers, restarts } from './pod-status.ts';

const wide = 1;

/** `ready of wanted`, both at paths. */
const of = (ready: string, wanted: string) => (object: CachedObject) =>
  `${valueAt(ready)(object) ?? 0}/${valueAt(wanted)(object) ?? 0}`;

const countOf = (path: string) => (object: CachedObject) => (valueAt(path)(object) as number | undefined) ?? 0;

const count = (name: string, path: string): ColumnSpec => ({ name, type: 'integer', cell: countOf(path) });

const text = (name: string, path: string, missing = '<none>', priority = 0): ColumnSpec => {
  const read = valueAt(path);
  return { name, priority, cell: (object) => String(read(object) ?? missing) };
};

/** The members of a list or the values of an object, as one text. */
const joined = (name: string, path: string, write: (value: never) => string, priority = 0): ColumnSpec => {
  const read = valueAt(path);
  return {
    name,
    priority,
    cell: (object) => {
      const found = read(object);
      const values = Array.isArray(found) ? found : [];
      return values.map((value) => write(value as never)).join(',') || '<none>';
    },
  };
};

const keysAt = (path: string) => (object: CachedObject) => Object.keys((valueAt(path)(object) as object) ?? {}).length;

const containers = joined('Containers', 'spec.template.spec.containers', ({ name }: { name: string }) => name, wide);
const images = joined('Images', 'spec.template.spec.containers', ({ image }: { image: string }) => image, wide);

/**
 * The columns of kinds that people look at often, between those of the name and of the age: the ones that kubectl users know. Kinds that are not here have
 * those two.
 */
export const builtIn: Readonly<Record<string, readonly ColumnSpec[]>> = {
  '/pods': [
    { name: 'Ready', cell: readyContainers },
    { name: 'Status', cell: podStatus },
    { name: 'Restarts', cell: (object) => String(restarts(object)) },
    { name: 'Age', type: 'date', path: '.metadata.creationTimestamp' },
    text('IP', 'status.podIP', '<none>', wide),
    text('Node', 'spec.nodeName', '<none>', wide),
  ],
  '/services': [
    text('Type', 'spec.type', 'ClusterIP'),
    text('Cluster-IP', 'spec.clusterIP'),
    { name: 'External-IP', cell: externalAddress },
    joined(
      'Port(s)',
      'spec.ports',
      ({ port, nodePort, protocol = 'TCP' }: { port: number; nodePort?: number; protocol?: string }) =>
        `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`,
    ),
  ],
  '/nodes': [
    { name: 'Status', cell: nodeStatus },
    { name: 'Roles', cell: nodeRoles },
    { name: 'Age', type: 'date', path: '.metadata.creationTimestamp' },
    text('Version', 'status.nodeInfo.kubeletVersion', ''),
    { name: 'Internal-IP', priority: wide, path: '.status.addresses[?(@.type=="InternalIP")].address' },
    text('OS-Image', 'status.nodeInfo.osImage', '<unknown>', wide),
  ],
  '/namespaces': [text('Status', 'status.phase', '')],
  '/configmaps': [
    { name: 'Data', type: 'integer', cell: (object) => keysAt('data')(object) + keysAt('binaryData')(object) },
  ],
  '/secrets': [text('Type', 'type', 'Opaque'), { name: 'Data', type: 'integer', cell: keysAt('data') }],
  '/persistentvolumeclaims': [
    text('Status', 'status.phase', ''),
    text('Volume', 'spec.volumeName', ''),
    text('Capacity', 'status.capacity.storage', ''),
    text('StorageClass', 'spec.storageClassName', ''),
  ],
  '/persistentvolumes': [
    text('Capacity', 'spec.capacity.storage', ''),
    text('Reclaim Policy', 'spec.persistentVolumeReclaimPolicy', ''),
    text('Status', 'status.phase', ''),
    { name: 'Claim', cell: claimOf },
    text('StorageClass', 'spec.storageClassName', ''),
  ],
  '/events': eventColumns('involvedObject', 'message'),
  'events.k8s.io/events': eventColumns('regarding', 'note'),
  'apps/deployments': [
    { name: 'Ready', cell: of('status.readyReplicas', 'spec.replicas') },
    count('Up-to-date', 'status.updatedReplicas'),
    count('Available', 'status.availableReplicas'),
    { name: 'Age', type: 'date', path: '.metadata.creationTimestamp' },
    containers,
    images,
  ],
  'apps/replicasets': [
    count('Desired', 'spec.replicas'),
    count('Current', 'status.replicas'),
    count('Ready', 'status.readyReplicas'),
    { name: 'Age', type: 'date', path: '.metadata.creationTimestamp' },
    containers,
    images,
  ],
  'apps/statefulsets': [{ name: 'Ready', cell: of('status.readyReplicas', 'spec.replicas') }],
  'apps/daemonsets': [
    count('Desired', 'status.desiredNumberScheduled'),
    count('Current', 'status.currentNumberScheduled'),
    count('Ready', 'status.numberReady'),
    count('Up-to-date', 'status.updatedNumberScheduled'),
    count('Available', 'status.numberAvailable'),
  ],
  'batch/jobs': [
    { name: 'Completions', cell: of('status.succeeded', 'spec.completions') },
    count('Active', 'status.active'),
  ],
  'batch/cronjobs': [
    text('Schedule', 'spec.schedule', ''),
    { name: 'Suspend', type: 'boolean', cell: (object) => valueAt('spec.suspend')(object) === true },
    { name: 'Last Schedule', type: 'date', path: '.status.lastScheduleTime' },
  ],
  'networking.k8s.io/ingresses': [
    text('Class', 'spec.ingressClassName'),
    joined('Hosts', 'spec.rules', ({ host = '*' }: { host?: string }) => host),
  ],
};

function eventColumns(object: string, message: string): ColumnSpec[] {
  const kind = valueAt(`${object}.kind`);
  const name = valueAt(`${object}.name`);
  return [
    { name: 'Last Seen', cell: (event, now) => age(lastSeen(event), now) },
    text('Type', 'type', ''),
    text('Reason', 'reason', ''),
    { name: 'Object', cell: (event) => `${String(kind(event) ?? '').toLowerCase()}/${name(event) ?? ''}` },
    text('Message', message, ''),
  ];
}

function lastSeen(event: CachedObject): string | undefined {
  const paths = ['series.lastObservedTime', 'lastTimestamp', 'deprecatedLastTimestamp', 'eventTime'];
  const found = paths.map((path) => valueAt(path)(event)).find((time) => typeof time === 'string');
  return (found as string | undefined) ?? event.metadata.creationTimestamp;
}

function externalAddress(service: CachedObject): string {
  const read = (path: string) => valueAt(path)(service);
  if (read('spec.type') === 'ExternalName') return String(read('spec.externalName') ?? '<none>');
  const balanced = (read('status.loadBalancer.ingress') ?? []) as readonly { ip?: string; hostname?: string }[];
  const addresses = [
    ...((read('spec.externalIPs') ?? []) as readonly string[]),
    ...balanced.flatMap(({ ip, hostname }) => ip ?? hostname ?? []),
  ];
  if (addresses.length > 0) return addresses.join(',');
  return read('spec.type') === 'LoadBalancer' ? '<pending>' : '<none>';
}

function nodeStatus(node: CachedObject): string {
  const conditions = (valueAt('status.conditions')(node) ?? []) as readonly { type: string; status: string }[];
  const ready = conditions.find(({ type }) => type === 'Ready');
  const state = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return valueAt('spec.unschedulable')(node) === true ? `${state},SchedulingDisabled` : state;
}

function nodeRoles({ metadata }: CachedObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.keys(metadata.labels ?? {}).flatMap((key) =>
    key.startsWith(prefix) && key.length > prefix.length ? [key.slice(prefix.length)] : [],
  );
  return roles.sort().join(',') || '<none>';
}

function claimOf(volume: CachedObject): string {
  const claim = valueAt('spec.claimRef')(volume) as { namespace?: string; name?: string } | undefined;
  return claim ? `${claim.namespace}/${claim.name}` : '';
}
