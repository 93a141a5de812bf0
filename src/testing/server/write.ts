import type { Clock, Random } from '../../runtime/index.ts';
import { applyConfiguration } from './apply.ts';
import { checkDefinition, completeDefinition } from './definition.ts';
import { deepEqual, isObject, type JsonObject } from './json.ts';
import { managersAfterUpdate, readManagers, type Writer, writeManagers } from './managed-fields.ts';
import type { ResourceType } from './resource-type.ts';
import { validate } from './schema.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  failure,
  invalid,
  invalidValue,
  modifiedMeanwhile,
  objectNotFound,
} from './status.ts';
import type { Storage } from './storage.ts';
import { StoredObject, typeMeta } from './stored-object.ts';
import { checkNames } from './validation.ts';

export interface WriteOptions {
  /** Do everything but store. */
  readonly dryRun?: boolean;
  /** Which part of the object the request is about: `''`, or `status` and the like. */
  readonly subresource?: string;
  /** Take `status` as it comes with the main resource. A client over HTTP may not do that, a test may. */
  readonly keepStatus?: boolean;
  /** Who writes, for the managed fields. They are left as they are without it. */
  readonly manager?: string;
}

/** Built-in kinds whose `metadata.generation` counts changes of the spec. Custom resources all do. */
const generational = new Set([
  'pods',
  'deployments',
  'replicasets',
  'statefulsets',
  'daemonsets',
  'replicationcontrollers',
  'jobs',
  'cronjobs',
  'ingresses',
  'networkpolicies',
  'poddisruptionbudgets',
  'customresourcedefinitions',
  'podtemplates',
]);

const nameAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** Creates and updates objects by the rules of the API. Everything is done, or refused, when a call returns. */
export class ObjectWriter {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(options: { readonly storage: Storage; readonly clock: Clock; readonly random: Random }) {
    this.#storage = options.storage;
    this.#clock = options.clock;
    this.#random = options.random;
  }

  get(type: ResourceType, namespace: string, name: string): StoredObject {
    const found = this.#storage.collection(type).get(namespace === '' ? name : `${namespace}/${name}`);
    if (!found) throw objectNotFound(type, name);
    return found;
  }

  /** Stores a new object. It takes over `object` and completes its metadata. */
  create(type: ResourceType, namespace: string, object: JsonObject, options: WriteOptions = {}): StoredObject {
    const metadata = metadataOf(object);
    placeIn(namespace, metadata);
    if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== '') {
      throw failure(500, undefined, 'resourceVersion should not be set on objects to be created');
    }
    if (!metadata.name && typeof metadata.generateName === 'string') {
      metadata.name = `${metadata.generateName}${this.#suffix()}`;
    }
    checkNames(type, metadata);
    if (type.resource === 'customresourcedefinitions') checkDefinition(object);
    validate(type, object, String(metadata.name));
    const name = String(metadata.name);
    const collection = this.#storage.collection(type);
    if (collection.get(namespace === '' ? name : `${namespace}/${name}`)) throw alreadyExists(type, name);

    metadata.uid = this.uuid();
    metadata.creationTimestamp = this.timestamp();
    delete metadata.deletionTimestamp;
    delete metadata.deletionGracePeriodSeconds;
    if (type.custom || generational.has(type.resource)) metadata.generation = 1;
    if (type.resource === 'customresourcedefinitions') completeDefinition(object);
    else if (!options.keepStatus && type.subresources.includes('status')) {
      delete object.status;
      if (type.resource === 'pods') object.status = { phase: 'Pending' };
    }
    if (options.manager !== undefined) this.#manage(type, undefined, object, options);
    if (options.dryRun) return StoredObject.encode(type, object, 0);
    return this.#storage.put(type, object, undefined);
  }

  /** Replaces an object. It takes over `object`. Returns the state before if nothing changes. */
  update(
    type: ResourceType,
    namespace: string,
    name: string,
    object: JsonObject,
    options: WriteOptions = {},
  ): StoredObject {
    const current = this.get(type, namespace, name);
    const metadata = metadataOf(object);
    const given = metadata.name;
    if (given !== undefined && given !== '' && given !== name) {
      throw badRequest(`the name of the object (${String(given)}) does not match the name on the URL (${name})`);
    }
    metadata.name = name;
    placeIn(namespace, metadata);
    this.#checkPreconditions(type, current, metadata);
    checkNames(type, metadata);
    if (options.subresource !== 'status') validate(type, object, name);
    return this.replace(type, current, object, options);
  }

  /** Stores `object` over `current` without looking at preconditions. */
  replace(type: ResourceType, current: StoredObject, object: JsonObject, options: WriteOptions = {}): StoredObject {
    const before = current.decode(type);
    const next = mergeParts(type, before, object, options);
    const metadata = metadataOf(next);
    const old = metadataOf(before);
    const immutable = ['uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'generation'];
    for (const key of [...immutable, 'namespace']) {
      if (old[key] === undefined) delete metadata[key];
      else metadata[key] = old[key];
    }
    if (typeof old.generation === 'number' && changesSpec(type, before, next)) {
      metadata.generation = old.generation + 1;
    }
    if (options.manager !== undefined) metadata.managedFields = old.managedFields;
    let unchanged = StoredObject.encode(type, next, current.revision);
    if (unchanged.tail.equals(current.tail)) return current;
    if (options.manager !== undefined) {
      this.#manage(type, before, next, options);
      unchanged = StoredObject.encode(type, next, current.revision);
    }
    if (options.dryRun) return unchanged;
    if (metadata.deletionTimestamp !== undefined && this.#mayGo(type, metadata)) {
      this.#storage.remove(type, current);
      return unchanged;
    }
    const stored = unchanged.withRevision(this.#storage.revision + 1);
    this.#storage.putStored(type, stored, current);
    return stored;
  }

  /** Server-side apply: creates the object or merges into it. */
  apply(
    type: ResourceType,
    namespace: string,
    name: string,
    applied: JsonObject,
    options: WriteOptions & { readonly manager: string; readonly force: boolean },
  ): { readonly stored: StoredObject; readonly created: boolean } {
    const current = this.#storage.collection(type).get(namespace === '' ? name : `${namespace}/${name}`);
    const { manager, ...rest } = options;
    const before = current?.decode(type);
    const owner = this.#owner(type, manager, options.subresource ?? '');
    const merged = applyConfiguration(before, applied, { ...owner, force: options.force, custom: type.custom });
    const metadata = metadataOf(merged);
    metadata.name ??= name;
    if (!current) return { stored: this.create(type, namespace, merged, rest), created: true };
    const times = (list: unknown) => JSON.stringify(list)?.replaceAll(/"time":"[^"]*"/g, '');
    const old = metadataOf(before ?? {}).managedFields;
    // The time of an entry alone is no change.
    if (times(old) === times(metadata.managedFields)) metadata.managedFields = old;
    metadata.resourceVersion = String(current.revision);
    return { stored: this.update(type, namespace, name, merged, rest), created: false };
  }

  /** A time as it is written in metadata. */
  timestamp(offset = 0): string {
    return `${new Date(this.#clock.now() + offset).toISOString().slice(0, 19)}Z`;
  }

  uuid(): string {
    const hex = (count: number) => {
      let text = '';
      while (text.length < count) text += Math.floor(this.#random() * 16).toString(16);
      return text;
    };
    const variant = (8 + Math.floor(this.#random() * 4)).toString(16);
    return `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${hex(12)}`;
  }

  #owner(type: ResourceType, manager: string, subresource: string): Writer {
    // Whoever writes through the scale is noted without a time.
    const time = subresource === 'scale' ? '' : this.timestamp();
    return { manager, apiVersion: typeMeta(type).apiVersion, time, subresource };
  }

  #manage(type: ResourceType, before: JsonObject | undefined, after: JsonObject, options: WriteOptions): void {
    const managers = before ? readManagers(metadataOf(before)) : [];
    const owner = this.#owner(type, options.manager ?? '', options.subresource ?? '');
    const metadata = metadataOf(after);
    writeManagers(metadata, managersAfterUpdate(before, after, managers, owner, type.custom));
  }

  #suffix(): string {
    let text = '';
    while (text.length < 5) text += nameAlphabet[Math.floor(this.#random() * nameAlphabet.length)];
    return text;
  }

  /** A deleted object goes with its last finalizer, a pod on a node not before its grace period is over. */
  #mayGo(type: ResourceType, metadata: JsonObject): boolean {
    const finalizers = metadata.finalizers;
    const free = !Array.isArray(finalizers) || finalizers.length === 0;
    return free && (type.resource !== 'pods' || metadata.deletionGracePeriodSeconds === 0);
  }

  #checkPreconditions(type: ResourceType, current: StoredObject, metadata: JsonObject): void {
    const { uid, resourceVersion } = metadata;
    if (typeof uid === 'string' && uid !== '' && uid !== current.uid) {
      const text =
        `StorageError: invalid object, Code: 4, Key: /registry/${type.resource}/${current.key}, ResourceVersion: 0, ` +
        `AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.uid}`;
      throw conflict(type, current.name, text);
    }
    if (resourceVersion === undefined || resourceVersion === '') {
      if (!type.custom) return;
      throw invalid({ kind: type.resource, group: type.group, name: current.name }, [
        invalidValue('metadata.resourceVersion', '0', 'must be specified for an update'),
      ]);
    }
    if (resourceVersion !== String(current.revision)) throw conflict(type, current.name, modifiedMeanwhile);
  }
}

export function metadataOf(object: JsonObject): JsonObject {
  if (!isObject(object.metadata)) object.metadata = {};
  return object.metadata as JsonObject;
}

function placeIn(namespace: string, metadata: JsonObject): void {
  const given = metadata.namespace;
  if (given !== undefined && given !== '' && given !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (namespace === '') delete metadata.namespace;
  else metadata.namespace = namespace;
}

/** What of `object` counts: for the main resource everything but the status, for a subresource only that (and metadata). */
function mergeParts(type: ResourceType, before: JsonObject, object: JsonObject, options: WriteOptions): JsonObject {
  if (options.subresource === 'status') {
    const metadata = { ...metadataOf(before), ...pickLabels(metadataOf(object)) };
    return { ...before, metadata, status: object.status };
  }
  if (options.keepStatus || !type.subresources.includes('status')) return { ...object };
  const { status: _, ...rest } = object;
  return before.status === undefined ? rest : { ...rest, status: before.status };
}

/** Of the metadata, an update of the status may change labels, annotations and the owners' bookkeeping only. */
function pickLabels(metadata: JsonObject): JsonObject {
  const picked: JsonObject = {};
  for (const key of ['labels', 'annotations', 'managedFields']) if (key in metadata) picked[key] = metadata[key];
  return picked;
}

function changesSpec(type: ResourceType, before: JsonObject, after: JsonObject): boolean {
  const strip = (object: JsonObject) => {
    const { metadata: _metadata, apiVersion: _version, kind: _kind, status, ...rest } = object;
    return type.subresources.includes('status') ? rest : { ...rest, status };
  };
  return !deepEqual(strip(before), strip(after));
}
