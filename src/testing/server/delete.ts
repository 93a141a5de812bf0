import type { Status } from '../../kubernetes/index.ts';
import { isObject, type JsonObject, valueAt } from './json.ts';
import type { ResourceType } from './resource-type.ts';
import { failure } from './status.ts';
import type { Storage } from './storage.ts';
import type { StoredObject } from './stored-object.ts';
import { metadataOf, type ObjectWriter } from './write.ts';

export interface DeleteOptions {
  /** Seconds; for pods only. Default: what the pod says, else 30. */
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: boolean;
}

/** What became of a deletion: the object stays for now, or it is gone. */
export type Deletion =
  | { readonly gone: false; readonly object: StoredObject }
  | { readonly gone: true; readonly object: StoredObject; readonly status: Status };

/** Finalizers that the propagation policy adds; a garbage collector would take them away again. */
const policyFinalizers = { Background: undefined, Foreground: 'foregroundDeletion', Orphan: 'orphan' } as const;

const definitions = 'customresourcedefinitions';

/** The finalizer that keeps a definition until its objects are gone. */
export const definitionCleanup = 'customresourcecleanup.apiextensions.k8s.io';

export function deleteObject(
  storage: Storage,
  writer: ObjectWriter,
  type: ResourceType,
  current: StoredObject,
  options: DeleteOptions,
): Deletion {
  checkPreconditions(type, current, options.preconditions ?? {});
  const object = current.decode(type);
  const metadata = metadataOf(object);
  const finalizers = Array.isArray(metadata.finalizers) ? [...metadata.finalizers] : [];
  const policy = policyFinalizers[options.propagationPolicy ?? 'Background'];
  if (policy !== undefined && !finalizers.includes(policy)) finalizers.push(policy);
  const grace = gracePeriod(type, object, options);
  if (type.resource === definitions && metadata.deletionTimestamp === undefined) {
    // The objects that it defines go first; then whoever removes them lets the definition go.
    finalizers.push(definitionCleanup);
    markTerminating(object, writer.timestamp());
  }
  const deleting = metadata.deletionTimestamp !== undefined;
  const oldGrace = metadata.deletionGracePeriodSeconds;

  if (finalizers.length === 0 && grace === 0) {
    if (options.dryRun) return gone(type, current);
    if (!deleting || oldGrace === 0) return gone(type, storage.remove(type, current));
    // The end of a grace period is a change of its own before the object goes.
    const last = storage.put(type, markDeleted(writer, object, 0, finalizers), current);
    return gone(type, storage.remove(type, last));
  }
  if (deleting && (typeof oldGrace !== 'number' || oldGrace <= grace)) return { gone: false, object: current };
  if (options.dryRun) return { gone: false, object: current };
  if (!deleting && grace > 0 && typeof metadata.generation === 'number') metadata.generation += 1;
  return { gone: false, object: storage.put(type, markDeleted(writer, object, grace, finalizers), current) };
}

function markDeleted(
  writer: ObjectWriter,
  object: JsonObject & { metadata?: unknown },
  grace: number,
  finalizers: readonly unknown[],
): JsonObject {
  const metadata = metadataOf(object);
  metadata.deletionTimestamp = writer.timestamp(grace * 1000);
  if (!finalizers.includes(definitionCleanup)) metadata.deletionGracePeriodSeconds = grace;
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  return object;
}

function markTerminating(definition: JsonObject, time: string): void {
  const status = isObject(definition.status) ? definition.status : {};
  const conditions = Array.isArray(status.conditions) ? status.conditions : [];
  const terminating = {
    type: 'Terminating',
    status: 'True',
    lastTransitionTime: time,
    reason: 'InstanceDeletionPending',
    message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
  };
  definition.status = { ...status, conditions: [...conditions, terminating] };
}

/** Only a pod that is on a node and has not ended is given time. */
function gracePeriod(type: ResourceType, object: JsonObject, options: DeleteOptions): number {
  if (type.resource !== 'pods' || type.group !== '') return 0;
  const phase = valueAt(object, 'status.phase');
  if (!valueAt(object, 'spec.nodeName') || phase === 'Succeeded' || phase === 'Failed') return 0;
  const own = valueAt(object, 'spec.terminationGracePeriodSeconds');
  return options.gracePeriodSeconds ?? (typeof own === 'number' ? own : 30);
}

function gone(type: ResourceType, object: StoredObject): Deletion {
  const group = type.group === '' ? {} : { group: type.group };
  const details = { name: object.name, ...group, kind: type.resource, uid: object.uid };
  return { gone: true, object, status: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details } };
}

function checkPreconditions(
  type: ResourceType,
  current: StoredObject,
  preconditions: NonNullable<DeleteOptions['preconditions']>,
): void {
  const { uid, resourceVersion } = preconditions;
  if (uid !== undefined && uid !== current.uid) {
    const text = `the UID in the precondition (${uid}) does not match the UID in record (${current.uid}).`;
    throw refused(type, current.name, `${text} The object might have been deleted and then recreated`);
  }
  if (resourceVersion !== undefined && resourceVersion !== String(current.revision)) {
    const record = `the ResourceVersion in record (${current.revision})`;
    const text = `the ResourceVersion in the precondition (${resourceVersion}) does not match ${record}.`;
    throw refused(type, current.name, `${text} The object might have been modified`);
  }
}

function refused(type: ResourceType, name: string, text: string) {
  const kind = type.group === '' ? type.kind : `${type.kind}.${type.group}`;
  const group = type.group === '' ? {} : { group: type.group };
  const message = `Operation cannot be fulfilled on ${kind} "${name}": ${text}`;
  return failure(409, 'Conflict', message, { name, ...group, kind: type.kind });
}
