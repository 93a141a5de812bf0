/**
 * Every code that an error of this library can carry. Codes are stable; messages may be reworded.
 *
 * - `InvalidOption`: an option has an impossible value, or two options contradict each other. Thrown at construction.
 * - `InvalidObject`: an object from the server has no `metadata.name`, so that it can't be keyed, or does not fit its
 *   schema (`validated`). It is skipped and counted.
 * - `InvalidSelector`: a label or field selector does not parse.
 * - `InvalidResource`: a group/version/resource, a key, or a name is malformed.
 * - `InvalidKubeConfig`: the kubeconfig names no usable cluster, user or file.
 * - `NotInCluster`: in-cluster configuration was asked for outside a cluster.
 * - `ConnectionFailed`: no connection, or the connection broke before an answer (see `cause`).
 * - `AuthenticationFailed`: credentials could not be obtained (exec plugin, token file, ...).
 * - `ApiStatus`: the server answered with an error `Status`; see `ApiStatusError`.
 * - `DecodeFailed`: bytes from the server are not the JSON they should be.
 * - `UnexpectedKind`: the answer is of another kind than asked for (a `Table`, say).
 * - `StreamStalled`: a watch was silent for too long and was given up.
 * - `StreamClosedEarly`: a watch was closed within seconds, or before the initial events were complete.
 * - `InitialEventsTimeout`: the mark that ends the initial events of a streaming list did not come in time.
 * - `ClusterWideFailed`: a set of namespaces can't be watched as a whole, for lack of rights; each is watched alone.
 * - `TransformFailed`: the user's transform threw; the object is skipped and counted.
 * - `IndexFailed`: a user's index function threw; the object is kept, without values in that index.
 * - `HandlerFailed`: a user's event handler threw or rejected.
 * - `ReconcileFailed`: a user's reconcile function threw or rejected; the request is tried again.
 * - `ReconcileTimeout`: a user's reconcile function took longer than it may; its signal was aborted.
 * - `ReconcileGivenUp`: a request failed for good, or as often as it may; it is not tried again.
 * - `LeaseFailed`: the Lease of a leader election could not be read or written; it is tried again.
 * - `LeadershipLost`: a leader is deposed: its lease was not renewed in time, taken by another, or deleted.
 * - `HandlerOverflow`: a handler with overflow policy `fail` fell too far behind and was removed.
 * - `CheckpointFailed`: the checkpoint of a handler could not be loaded or saved; it is tried again.
 * - `CacheModified`: a cached object was modified by its reader (`immutability: 'detect'`).
 * - `CacheLimitExceeded`: the cache would grow over `maxObjects` or `maxBytes`.
 * - `AlreadyStarted` / `AlreadyStopped`: the call comes too late in the life of its object.
 * - `SyncAborted` / `SyncTimeout`: waiting for the initial sync ended without it.
 * - `WatchConflict`: a manager has a watch with this key already, with other handlers (`onConflict: 'fail'`).
 * - `TargetNotFound`: what a manager was to watch does not exist (`requireTarget: 'fail'`).
 * - `NoMatch`: discovery knows no such resource or kind.
 * - `MissingPackage`: an optional peer dependency is needed for what was asked and is not installed.
 * - `InvalidConfig`: the configuration of the resource watcher can't be used; see `ConfigError`.
 * - `RestartNeeded`: a new configuration differs in what can't change while the resource watcher runs; nothing of it was applied.
 * - `DeliveryFailed`: the resource watcher gave up a notice, or a receiver wants no more; see its dead letters.
 * - `PersistFailed`: the resource watcher can't read or write what receivers know; see `persist.dir`.
 * - `Internal`: an invariant of this library is broken; please report it.
 */
export type ErrorCode =
  | 'InvalidOption'
  | 'InvalidObject'
  | 'InvalidSelector'
  | 'InvalidResource'
  | 'InvalidKubeConfig'
  | 'NotInCluster'
  | 'ConnectionFailed'
  | 'AuthenticationFailed'
  | 'ApiStatus'
  | 'DecodeFailed'
  | 'UnexpectedKind'
  | 'StreamStalled'
  | 'StreamClosedEarly'
  | 'InitialEventsTimeout'
  | 'ClusterWideFailed'
  | 'TransformFailed'
  | 'IndexFailed'
  | 'HandlerFailed'
  | 'ReconcileFailed'
  | 'ReconcileTimeout'
  | 'ReconcileGivenUp'
  | 'LeaseFailed'
  | 'LeadershipLost'
  | 'HandlerOverflow'
  | 'CheckpointFailed'
  | 'CacheModified'
  | 'CacheLimitExceeded'
  | 'AlreadyStarted'
  | 'AlreadyStopped'
  | 'SyncAborted'
  | 'SyncTimeout'
  | 'WatchConflict'
  | 'TargetNotFound'
  | 'NoMatch'
  | 'MissingPackage'
  | 'InvalidConfig'
  | 'RestartNeeded'
  | 'DeliveryFailed'
  | 'PersistFailed'
  | 'Internal';

export interface KubeInformerErrorOptions {
  /** What went wrong underneath. */
  readonly cause?: unknown;
  /** One sentence that tells the reader what to do about it. */
  readonly hint: string;
}

const brand = Symbol.for('kube-informer.error');

/**
 * The test behind `instanceof` for a class whose instances carry `mark`, so that copies of the package in one process know each other's.
 * `asked` is the class that `instanceof` was asked of: a subclass keeps the ordinary prototype test, or every error would be an instance of it.
 */
export function isBranded(owner: object, mark: symbol, asked: object, value: unknown): boolean {
  if (asked !== owner) return Function.prototype[Symbol.hasInstance].call(asked, value);
  return typeof value === 'object' && value !== null && (value as { [mark: symbol]: unknown })[mark] === true;
}

/**
 * The one family of errors of this library: `code` for programs, `message` for logs, `hint` for people, `cause` for what
 * lies underneath.
 *
 * `instanceof` works across copies of the package in one process.
 */
export class KubeInformerError extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(KubeInformerError, brand, this, value);
  }

  readonly [brand] = true;
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, options: KubeInformerErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'KubeInformerError';
    this.code = code;
    this.hint = options.hint;
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  try {
    return String(thrown);
  } catch {
    return 'something that has no text was thrown';
  }
}

/** What was thrown, as a `KubeInformerError`: itself if it is one, else wrapped with `code`, `prefix` and `hint`. */
export function asKubeInformerError(thrown: unknown, code: ErrorCode, prefix: string, hint: string): KubeInformerError {
  if (thrown instanceof KubeInformerError) return thrown;
  return new KubeInformerError(code, `${prefix}: ${messageOf(thrown)}`, { cause: thrown, hint });
}
