import type { DeepReadonly, KubeObject } from '../kubernetes/index.ts';
import type { InformerEvent, ResourceEventHandler } from './events.ts';

/** What a handler knew of one object when it last handled it. */
export interface CheckpointEntry {
  readonly uid: string;
  readonly resourceVersion: string;
}

/** What a handler has handled, by key. */
export type Checkpoint = ReadonlyMap<string, CheckpointEntry>;

/** Where a checkpoint survives the process. One for each handler of each informer. */
export interface CheckpointStore {
  /** The checkpoint that was saved last; `undefined` if none ever was. */
  load(): Promise<Checkpoint | undefined>;
  /** Takes the place of the one before, as a whole or not at all. Calls never overlap. */
  save(checkpoint: Checkpoint): Promise<void>;
}

export interface CheckpointOptions {
  readonly store: CheckpointStore;
  /** Milliseconds from a handled event to the next save. What is handled in between is handled again after a crash. Default 10,000. */
  readonly interval?: number;
}

/** An object changed while nobody looked, perhaps several times. How it was before is not known: a checkpoint holds versions, no objects. */
export interface MissedUpdateEvent<T> {
  readonly type: 'missedUpdate';
  readonly object: DeepReadonly<T>;
  /** The state that the handler handled last. */
  readonly last: CheckpointEntry;
}

/** An object went away while nobody looked. All that is left of it is its key, and what the checkpoint says. */
export interface MissedDeleteEvent {
  readonly type: 'missedDelete';
  readonly key: string;
  readonly last: CheckpointEntry;
}

export type CheckpointEvent<T> = InformerEvent<T> | MissedUpdateEvent<T> | MissedDeleteEvent;

export interface CheckpointEventHandler<T> extends ResourceEventHandler<T> {
  onMissedUpdate?(object: DeepReadonly<T>, event: MissedUpdateEvent<T>): unknown;
  onMissedDelete?(key: string, event: MissedDeleteEvent): unknown;
}

/** One function for everything, or one for each kind of event. */
export type CheckpointHandler<T> = CheckpointEventHandler<T> | ((event: CheckpointEvent<T>) => unknown);

export function entryOf({ metadata: { uid, resourceVersion } }: KubeObject): CheckpointEntry {
  return { uid: uid ?? '', resourceVersion: resourceVersion ?? '' };
}

/** A state without a version is never known to be the same. */
export function sameEntry(one: CheckpointEntry, other: CheckpointEntry): boolean {
  return one.uid === other.uid && one.resourceVersion === other.resourceVersion && one.resourceVersion !== '';
}
