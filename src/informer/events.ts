import type { DeepReadonly } from '../kubernetes/index.ts';

/** An object came into the cache. */
export interface AddEvent<T> {
  readonly type: 'add';
  readonly object: DeepReadonly<T>;
  /** It was there when the informer (or, for a handler added later, the handler) began to watch. */
  readonly isInInitialList: boolean;
}

/** An object changed: `oldObject` is the state that this handler saw last. */
export interface UpdateEvent<T> {
  readonly type: 'update';
  readonly object: DeepReadonly<T>;
  readonly oldObject: DeepReadonly<T>;
  /** Nothing changed: the periodic replay (`resyncPeriod`) of the cache. */
  readonly isResync: boolean;
}

/** An object is gone. */
export interface DeleteEvent<T> {
  readonly type: 'delete';
  readonly object: DeepReadonly<T>;
  /** The deletion was missed and inferred later (a tombstone): `object` is the last state seen, which need not be the final one. */
  readonly finalStateUnknown: boolean;
  /**
   * Nothing was deleted, as far as is known: the namespace of the object is no longer watched (see `NamespaceSet`). `object` is its last state
   * seen; no more will be heard of it, unless its namespace comes back, which is an add. Absent from all other deletes.
   */
  readonly leftScope?: true;
}

/** What happened to one object, as the cache saw it. */
export type InformerEvent<T> = AddEvent<T> | UpdateEvent<T> | DeleteEvent<T>;

/**
 * Told of the changes of a cache. Give any subset of the functions.
 *
 * Calls to one handler never overlap; a function that returns a promise is waited for before the next call. What it throws is
 * reported and harms nobody else. Objects are shared and must not be modified.
 */
export interface ResourceEventHandler<T> {
  onAdd?(object: DeepReadonly<T>, event: AddEvent<T>): unknown;
  onUpdate?(oldObject: DeepReadonly<T>, object: DeepReadonly<T>, event: UpdateEvent<T>): unknown;
  onDelete?(object: DeepReadonly<T>, event: DeleteEvent<T>): unknown;
  /** Called once, after every object of the initial list was handled and before anything later is. `ready` resolves after it. */
  onSynced?(): unknown;
  /** Called once, after the last call: the handler was removed or the informer has ended. `remove` and `stop` wait for it. */
  onClose?(): unknown;
}

/** One function for everything, or one for each kind of event. */
export type EventHandler<T> = ResourceEventHandler<T> | ((event: InformerEvent<T>) => unknown);

/** Calls whatever `handler` has for `event`. */
export function dispatch<T>(handler: EventHandler<T>, event: InformerEvent<T>): unknown {
  if (typeof handler === 'function') return handler(event);
  switch (event.type) {
    case 'add':
      return handler.onAdd?.(event.object, event);
    case 'update':
      return handler.onUpdate?.(event.oldObject, event.object, event);
    case 'delete':
      return handler.onDelete?.(event.object, event);
  }
}
