/**
 * How fast bytes become objects: `node --conditions=source bench/decode.ts`.
 *
 * Compares, on the same frames of a watch: `JSON.parse` of each line, the decoder of this library (cut, then parse), the cut
 * alone, a projection of two fields, a shard of three; and, on the same list, `JSON.parse` of all of it and the list decoder.
 */

import { arena, tableAt } from '../src/transport/decode/arena.ts';
import { type DecodeOptions, ListDecoder, WatchDecoder } from '../src/transport/decode/index.ts';
import { selectionOf } from '../src/transport/decode/selection.ts';
import { SelectionTable } from '../src/transport/decode/selection-table.ts';

const pods = 12_000;
const rounds = 7;
const chunkSize = 64 * 1024;

const options = {
  description: 'pods',
  prune: ['metadata.managedFields'],
  confidential: false,
  onSkip: (error: Error) => {
    throw error;
  },
};

function makePod(index: number, withKind: boolean): object {
  const name = `web-${(index * 7919).toString(36)}-${index}`;
  const owned = (entries: readonly string[], leaves: readonly string[], more: object = {}) =>
    Object.fromEntries(
      entries.map((entry) => [entry, { '.': {}, ...Object.fromEntries(leaves.map((leaf) => [leaf, {}])), ...more }]),
    );
  const condition = (type: string) => ({
    type,
    status: 'True',
    observedGeneration: 1,
    lastProbeTime: null,
    lastTransitionTime: '2026-11-20T08:00:00Z',
  });
  const container = (part: string) => ({
    name: part,
    image: `registry.example.com/shop/${part}:v1.${index % 50}.0`,
    args: ['--listen=0.0.0.0:8080', '--log-format=json', '--zone=eu-1'],
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    env: [
      { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
      { name: 'MESSAGE', value: 'he said "hello" and left' },
    ],
    resources: { limits: { cpu: '500m', memory: '256Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
    volumeMounts: [{ name: 'token', readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }],
    livenessProbe: {
      httpGet: { path: '/healthz', port: 'http', scheme: 'HTTP' },
      timeoutSeconds: 1,
      periodSeconds: 10,
    },
    terminationMessagePath: '/dev/termination-log',
    imagePullPolicy: 'IfNotPresent',
  });
  const status = (part: string) => ({
    name: part,
    state: { running: { startedAt: '2026-11-20T08:00:02Z' } },
    lastState: {},
    ready: true,
    restartCount: 0,
    image: `registry.example.com/shop/${part}:v1.${index % 50}.0`,
    imageID: `registry.example.com/shop/${part}@sha256:${'0123456789abcdef'.repeat(4)}`,
    containerID: `containerd://${'fedcba9876543210'.repeat(4)}`,
    started: true,
  });
  return {
    ...(withKind && { kind: 'Pod', apiVersion: 'v1' }),
    metadata: {
      name,
      generateName: 'web-7d4b9c6f5-',
      namespace: `team-${index % 40}`,
      uid: `6f1c1a52-0000-4000-8000-${String(index).padStart(12, '0')}`,
      resourceVersion: String(1_000_000 + index),
      creationTimestamp: '2026-11-20T08:00:00Z',
      labels: { app: 'web', 'pod-template-hash': '7d4b9c6f5', tier: 'frontend', zone: `eu-${index % 3}` },
      annotations: {
        'example.com/checksum': '4f2d8a0b6c',
        'example.com/note': index % 20 === 0 ? 'ein Gruß aus Köln' : 'all is well',
      },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: 'web-7d4b9c6f5',
          uid: '0d9e5b0e-1111-4000-8000-000000000000',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
      managedFields: [
        {
          manager: 'kube-controller-manager',
          operation: 'Update',
          apiVersion: 'v1',
          time: '2026-11-20T08:00:00Z',
          fieldsType: 'FieldsV1',
          fieldsV1: {
            'f:metadata': owned(['f:labels', 'f:annotations', 'f:ownerReferences'], ['f:app', 'f:tier', 'f:zone']),
            'f:spec': {
              'f:containers': owned(
                ['k:{"name":"app"}', 'k:{"name":"proxy"}'],
                ['f:args', 'f:image', 'f:imagePullPolicy', 'f:name', 'f:terminationMessagePath'],
                {
                  'f:env': owned(['k:{"name":"POD_NAME"}', 'k:{"name":"MESSAGE"}'], ['f:name', 'f:value']),
                  'f:ports': owned(['k:{"containerPort":8080,"protocol":"TCP"}'], ['f:containerPort', 'f:name']),
                  'f:resources': owned(['f:limits', 'f:requests'], ['f:cpu', 'f:memory']),
                },
              ),
              'f:dnsPolicy': {},
              'f:restartPolicy': {},
            },
          },
        },
        {
          manager: 'kubelet',
          operation: 'Update',
          apiVersion: 'v1',
          time: '2026-11-20T08:00:05Z',
          fieldsType: 'FieldsV1',
          fieldsV1: {
            'f:status': {
              'f:conditions': owned(
                ['ContainersReady', 'Initialized', 'PodReadyToStartContainers', 'Ready'].map(
                  (type) => `k:{"type":"${type}"}`,
                ),
                ['f:lastProbeTime', 'f:lastTransitionTime', 'f:status', 'f:type'],
              ),
              'f:containerStatuses': {},
              'f:hostIP': {},
              'f:phase': {},
              'f:podIP': {},
              'f:startTime': {},
            },
          },
          subresource: 'status',
        },
      ],
    },
    spec: {
      volumes: [
        { name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token' } }], defaultMode: 420 } },
      ],
      containers: [container('app'), container('proxy')],
      restartPolicy: 'Always',
      dnsPolicy: 'ClusterFirst',
      serviceAccountName: 'web',
      nodeName: `node-${index % 500}`,
      schedulerName: 'default-scheduler',
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ],
    },
    status: {
      phase: 'Running',
      conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(
        condition,
      ),
      hostIP: '10.0.0.7',
      podIP: `10.1.${index % 256}.${index % 250}`,
      startTime: '2026-11-20T08:00:00Z',
      containerStatuses: [status('app'), status('proxy')],
      qosClass: 'Burstable',
    },
  };
}

const lines = Array.from({ length: pods }, (_, index) =>
  Buffer.from(`${JSON.stringify({ type: 'MODIFIED', object: makePod(index, true) })}\n`),
);
const watchBody = Buffer.concat(lines);
const listBody = Buffer.from(
  JSON.stringify({
    kind: 'PodList',
    apiVersion: 'v1',
    metadata: { resourceVersion: '1' },
    items: Array.from({ length: pods }, (_, index) => makePod(index, false)),
  }),
);

/** Decoders may move bytes about, so each run gets chunks of its own, made outside of the time that is measured. */
function chunksOf(body: Buffer): Buffer[] {
  const copy = Buffer.from(body);
  const chunks: Buffer[] = [];
  for (let at = 0; at < copy.length; at += chunkSize) chunks.push(copy.subarray(at, at + chunkSize));
  return chunks;
}

function watched(chunks: readonly Buffer[], using: DecodeOptions): unknown {
  const decoder = new WatchDecoder(using);
  const events: unknown[] = [];
  for (const chunk of chunks) for (const event of decoder.push(chunk)) events.push(event);
  return events;
}

function listed(chunks: readonly Buffer[], using: DecodeOptions): unknown {
  const decoder = new ListDecoder(using);
  for (const chunk of chunks) decoder.push(chunk);
  return decoder.finish();
}

const contenders: Readonly<Record<string, { body: Buffer; run(chunks: Buffer[]): unknown }>> = {
  'watch: JSON.parse of each line': {
    body: watchBody,
    run(chunks) {
      const objects: unknown[] = [];
      let rest = Buffer.alloc(0);
      for (const chunk of chunks) {
        let from = 0;
        for (let to = chunk.indexOf(10); to !== -1; to = chunk.indexOf(10, from)) {
          const line = rest.length > 0 ? Buffer.concat([rest, chunk.subarray(0, to)]) : chunk.subarray(from, to);
          objects.push(JSON.parse(line.toString('utf8')));
          rest = Buffer.alloc(0);
          from = to + 1;
        }
        rest = Buffer.concat([rest, chunk.subarray(from)]);
      }
      return objects;
    },
  },
  'watch: cut and parse': {
    body: watchBody,
    run: (chunks) => watched(chunks, options),
  },
  'watch: project two fields': {
    body: watchBody,
    run: (chunks) => watched(chunks, { ...options, project: ['spec.nodeName', 'status.phase'] }),
  },
  'watch: keep one shard of three': {
    body: watchBody,
    run: (chunks) => watched(chunks, { ...options, keep: { shard: { index: 0, of: 3 } } }),
  },
  'watch: cut alone': {
    body: watchBody,
    run(chunks) {
      const table = new SelectionTable(selectionOf(undefined, options.prune), tableAt);
      let left = 0;
      for (const chunk of chunks) {
        let from = chunk.indexOf(10) + 1;
        for (let to = chunk.indexOf(10, from); to !== -1; to = chunk.indexOf(10, from)) {
          arena.load(chunk, from + '{"type":"MODIFIED","object":'.length, to - 1);
          arena.project(table, '', false);
          left += arena.text.length;
          from = to + 1;
        }
      }
      return left;
    },
  },
  'list: JSON.parse of all': {
    body: listBody,
    run: (chunks) => JSON.parse(Buffer.concat(chunks).toString('utf8')),
  },
  'list: cut and parse': {
    body: listBody,
    run: (chunks) => listed(chunks, options),
  },
  'list: project two fields': {
    body: listBody,
    run: (chunks) => listed(chunks, { ...options, project: ['spec.nodeName', 'status.phase'] }),
  },
};

const managed = JSON.stringify(
  (makePod(1, true) as { metadata: { managedFields: unknown } }).metadata.managedFields,
).length;
console.log(`${pods} pods of ${lines[1]!.length} bytes, ${managed} of them managedFields; Node ${process.version}`);
const times = new Map<string, number[]>();
for (let round = 0; round < rounds; round++) {
  for (const [name, { body, run }] of Object.entries(contenders)) {
    const chunks = chunksOf(body);
    globalThis.gc?.();
    const start = performance.now();
    const kept = run(chunks);
    const time = performance.now() - start;
    if (kept === undefined) throw new Error('nothing was made');
    if (round > 0) times.set(name, [...(times.get(name) ?? []), time]);
  }
}
for (const [name, { body }] of Object.entries(contenders)) {
  // The best round: what else runs on the machine can only slow one down.
  const best = Math.min(...times.get(name)!);
  const speed = body.length / 1e6 / (best / 1000);
  console.log(
    `${name.padEnd(34)} ${speed.toFixed(0).padStart(6)} MB/s ${((best / pods) * 1000).toFixed(2).padStart(8)} µs/object`,
  );
}
