import { apiVersionOf } from '../../kubernetes/index.ts';
import { goJson, isObject, type JsonObject, sortDeep, sortKeys, valueAt } from './json.ts';
import { bytesOf, type ResourceType } from './resource-type.ts';

/** The order in which Go prints the fields of ObjectMeta. */
const metadataOrder = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
];

/** Maps from string to string at the top of built-in objects; Go prints maps with their keys in order. */
const topLevelMaps = new Set(['data', 'binaryData', 'stringData', 'parameters']);

export type Labels = Readonly<Record<string, string>>;

const noLabels: Labels = {};

/** One state of one object: its bytes, ready to be sent, and the little that must be known without parsing them. */
export class StoredObject {
  readonly namespace: string;
  readonly name: string;
  /** `namespace/name`, or `name` for cluster-scoped objects. Collections are sorted by it. */
  readonly key: string;
  readonly uid: string;
  readonly revision: number;
  readonly labels: Labels;
  /** The object's JSON without the opening brace and without its type (see `TypeBytes`). Never modified. */
  readonly tail: Buffer;
  readonly #fields: Map<string, string>;
  /** How much of `tail` is metadata, where they come first; `0` where they don't. */
  readonly #metadataLength: number;
  #metadataTail: Buffer | undefined;

  private constructor(
    meta: { namespace: string; name: string; key: string; uid: string; labels: Labels },
    revision: number,
    { tail, metadataLength }: Tail,
    fields: Map<string, string>,
  ) {
    this.namespace = meta.namespace;
    this.name = meta.name;
    this.key = meta.key;
    this.uid = meta.uid;
    this.labels = meta.labels;
    this.revision = revision;
    this.tail = tail;
    this.#metadataLength = metadataLength;
    this.#fields = fields;
  }

  /** Prints `object`, whose metadata is complete but for the resource version. */
  static encode(type: ResourceType, object: JsonObject, revision: number): StoredObject {
    const metadata = isObject(object.metadata) ? object.metadata : {};
    // What is not stored (a dry run) has no resource version.
    if (revision > 0) metadata.resourceVersion = String(revision);
    else delete metadata.resourceVersion;
    const namespace = typeof metadata.namespace === 'string' ? metadata.namespace : '';
    const name = String(metadata.name);
    const fields = new Map<string, string>();
    for (const path of type.selectableFields) fields.set(path, printField(valueAt(object, path)));
    const meta = {
      namespace,
      name,
      key: namespace === '' ? name : `${namespace}/${name}`,
      uid: String(metadata.uid),
      labels: isObject(metadata.labels) ? ({ ...metadata.labels } as Labels) : noLabels,
    };
    return new StoredObject(meta, revision, printTail(type, object, metadata), fields);
  }

  /** A fresh copy of the object as it stands alone, type first. */
  decode(type: ResourceType): JsonObject {
    return JSON.parse(bytesOf(type).object.toString() + this.tail.toString()) as JsonObject;
  }

  /** A field that selectors may name; `''` if it is not set. */
  field(path: string): string {
    if (path === 'metadata.name') return this.name;
    if (path === 'metadata.namespace') return this.namespace;
    let value = this.#fields.get(path);
    if (value === undefined) {
      value = printField(valueAt(JSON.parse(`{${this.tail.toString()}`), path));
      this.#fields.set(path, value);
    }
    return value;
  }

  /** The same state under another resource version, made without parsing. Deletions are reported like this. */
  withRevision(revision: number): StoredObject {
    const old = Buffer.from(`"resourceVersion":"${this.revision}"`);
    const at = this.tail.indexOf(old);
    const now = Buffer.from(`"resourceVersion":"${revision}"`);
    const tail = Buffer.concat([this.tail.subarray(0, at), now, this.tail.subarray(at + old.length)]);
    const metadataLength = this.#metadataLength === 0 ? 0 : this.#metadataLength + now.length - old.length;
    return new StoredObject(this, revision, { tail, metadataLength }, this.#fields);
  }

  /** What `tail` is for a PartialObjectMetadata, in pieces. Cut out of it, or, of custom objects, made once and kept. */
  get metadataTail(): readonly Buffer[] {
    if (this.#metadataLength > 0) return [this.tail.subarray(0, this.#metadataLength), endOfObject];
    if (!this.#metadataTail) {
      const object = JSON.parse(`{${this.tail.toString()}`) as { metadata: JsonObject };
      this.#metadataTail = Buffer.from(`${goJson({ metadata: orderMetadata(object.metadata) }).slice(1)}`);
    }
    return [this.#metadataTail];
  }
}

interface Tail {
  readonly tail: Buffer;
  readonly metadataLength: number;
}

const endOfObject = Buffer.from('}');

function printTail(type: ResourceType, object: JsonObject, metadata: JsonObject): Tail {
  if (type.custom) {
    const { apiVersion: _, ...rest } = object;
    return {
      tail: Buffer.from(goJson(sortDeep({ ...rest, kind: type.kind, metadata })).slice(1)),
      metadataLength: 0,
    };
  }
  const { apiVersion: _version, kind: _kind, metadata: _metadata, status, ...rest } = object;
  for (const key of Object.keys(rest)) {
    const value = rest[key];
    if (topLevelMaps.has(key) && isObject(value)) rest[key] = sortKeys(value);
  }
  const first = `"metadata":${goJson(orderMetadata(metadata))}`;
  const others = goJson({ ...rest, ...(status === undefined ? {} : { status }) });
  return {
    tail: Buffer.from(first + (others === '{}' ? '}' : `,${others.slice(1)}`)),
    metadataLength: Buffer.byteLength(first),
  };
}

function orderMetadata(metadata: JsonObject): JsonObject {
  const ordered: JsonObject = {};
  for (const key of metadataOrder) {
    const value = metadata[key];
    if (value === undefined || value === null) continue;
    ordered[key] = (key === 'labels' || key === 'annotations') && isObject(value) ? sortKeys(value) : value;
  }
  const managedFields = ordered.managedFields;
  if (Array.isArray(managedFields)) ordered.managedFields = managedFields.map(orderManagedFields);
  return ordered;
}

function orderManagedFields(entry: unknown): unknown {
  if (!isObject(entry)) return entry;
  const { manager, operation, apiVersion, time, fieldsType, fieldsV1, subresource } = entry;
  return { manager, operation, apiVersion, time, fieldsType, fieldsV1, subresource };
}

function printField(value: unknown): string {
  return value === undefined || value === null || typeof value === 'object' ? '' : String(value);
}

/** `apiVersion` and `kind` of a type, in the order of built-in objects. */
export function typeMeta(type: ResourceType): { kind: string; apiVersion: string } {
  return { kind: type.kind, apiVersion: apiVersionOf(type) };
}
