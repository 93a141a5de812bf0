/** What receivers may rely on, as JSON Schema 2020-12: the three formats of what a subscription tells. */

const text = { type: 'string', minLength: 1 };

const object = {
  type: 'object',
  required: ['apiVersion', 'kind', 'metadata'],
  properties: {
    apiVersion: text,
    kind: text,
    metadata: {
      type: 'object',
      required: ['name', 'uid', 'resourceVersion'],
      properties: { name: text, namespace: text, uid: text, resourceVersion: { type: 'string' } },
    },
  },
};

/** What changed. */
const change = {
  type: 'object',
  required: ['type', 'object'],
  additionalProperties: false,
  properties: {
    type: { enum: ['ADDED', 'MODIFIED', 'DELETED'] },
    object,
    oldObject: { anyOf: [object, { type: 'null' }] },
    changedPaths: { type: 'array', items: text },
  },
};

const one = (type: string, properties: object) => ({
  type: 'object',
  required: ['type', ...Object.keys(properties)],
  additionalProperties: false,
  properties: { type: { const: type }, ...properties },
});

/** What the service tells of itself. */
const service = {
  oneOf: [
    one('SYNCED', { resourceVersion: text }),
    one('HEARTBEAT', {
      connected: { type: 'boolean' },
      lastContact: { anyOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }] },
      resourceVersion: { type: 'string' },
    }),
    one('GAP', {
      reason: { enum: ['overflow', 'memory'] },
      lost: { anyOf: [{ type: 'integer', minimum: 1 }, { type: 'null' }] },
    }),
    one('SUSPENDED', {}),
  ],
};

const key = 'watcher.kube-informer.dev';

const bookmark = {
  type: 'object',
  required: ['type', 'object'],
  additionalProperties: false,
  properties: {
    type: { const: 'BOOKMARK' },
    object: {
      type: 'object',
      required: ['apiVersion', 'kind', 'metadata'],
      additionalProperties: false,
      properties: {
        apiVersion: text,
        kind: text,
        metadata: {
          type: 'object',
          required: ['resourceVersion', 'annotations'],
          properties: {
            resourceVersion: { type: 'string' },
            annotations: {
              type: 'object',
              required: [`${key}/event`],
              additionalProperties: { type: 'string' },
              properties: { [`${key}/event`]: { enum: ['SYNCED', 'HEARTBEAT', 'GAP', 'SUSPENDED'] } },
            },
          },
        },
      },
    },
  },
};

/** A body of the format `watch`. */
export const watchSchema = { oneOf: [change, bookmark] };

/** A body of the format `cloudevents-binary`. */
export const dataSchema = { oneOf: [change, service] };

/** A body of the format `cloudevents`. */
export const cloudEventSchema = {
  type: 'object',
  required: ['specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'data'],
  additionalProperties: false,
  properties: {
    specversion: { const: '1.0' },
    id: text,
    source: { type: 'string', format: 'uri' },
    type: { type: 'string', pattern: '^dev\\.kube-informer\\.(object|subscription)\\.[a-z]+\\.v1$' },
    subject: { type: 'string', pattern: '^/apis?/' },
    time: { type: 'string', format: 'date-time' },
    datacontenttype: { const: 'application/json' },
    sequence: { type: 'string', pattern: '^[0-9]{20}$' },
    partitionkey: text,
    resourceversion: text,
    initial: { type: 'boolean' },
    origin: { enum: ['live', 'missed', 'kind-added', 'kind-removed'] },
    reason: { const: 'selector' },
    data: dataSchema,
  },
  oneOf: [
    {
      properties: { data: change },
      required: ['sequence', 'partitionkey', 'resourceversion', 'initial', 'origin'],
    },
    { properties: { data: service, sequence: false, initial: false } },
  ],
};
