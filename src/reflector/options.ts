import type { ListerWatcher } from '../kubernetes/index.ts';
import type { BackoffOptions, Clock, KubeInformerError, Random, Turns } from '../runtime/index.ts';
import type { ReflectorFailure, ReflectorState } from './status.ts';

/** Where a reflector puts what it sees. `DeltaFIFO` is one; any cache of your own can be another. */
export interface ReflectorStore<T> {
  add(object: T): void;
  update(object: T): void;
  /** `object` is the final state. */
  delete(object: T): void;
  /**
   * If there is an object with this key, it is gone; its final state could not be had. Of what is not wanted (`DROPPED`) this is called with the
   * version up to which everything was told now, whether or not the store has the object.
   */
  forget(key: string, resourceVersion?: string): void;
  /** The whole state, as of `resourceVersion`. What is neither in it nor in `kept` is gone. */
  replace(objects: readonly T[], resourceVersion: string, kept: ReadonlySet<string>): void;
  /** Nothing has happened up to `resourceVersion`. */
  bookmark?(resourceVersion: string): void;
  /** Back-pressure: a promise while the store wants no more, else `undefined`. */
  ready?(): Promise<void> | undefined;
}

export interface ReflectorOptions<T> {
  readonly listerWatcher: ListerWatcher<T>;
  readonly store: ReflectorStore<T>;
  /** Shows up in messages and diagnostics. Default: the description of the lister-watcher. */
  readonly name?: string;
  /**
   * Applied once to each object, before the store sees it. If it throws, or gives the object another key, that object is reported and
   * skipped; what the store holds stays.
   */
  readonly transform?: (object: T) => T;
  /** Stream the initial state (`sendInitialEvents`) where the server can. Default: `true`. */
  readonly streamInitialState?: boolean;
  /** Milliseconds without a new object after which a streaming list is given up for lack of its end mark. Default 30,000. */
  readonly initialEventsTimeout?: number;
  /**
   * Milliseconds of silence after which an open watch counts as dead; bookmarks come about once a minute. Doubles each time that a
   * watch went silent without ever having brought a bookmark: then the server sends none. Default 90,000.
   */
  readonly idleTimeout?: number;
  /** Seconds after which a watch is renewed: a random number between this and twice this. Default 300. */
  readonly watchTimeout?: number;
  /** More objects than this are not cached: the reflector fails with `CacheLimitExceeded` instead. Default: no limit. */
  readonly maxObjects?: number;
  /**
   * If the objects together have more bytes than this the reflector fails with `CacheLimitExceeded` instead of caching them. Counted is about
   * what their JSON has, without what is pruned, projected or transformed away; that takes some microseconds for each object. Default: no limit.
   */
  readonly maxBytes?: number;
  /**
   * What becomes of the content of the store when a list is answered with 404, so that the resource is no longer served: the definition was
   * removed. `clear` empties it. Default: `keep`.
   */
  readonly whenNotServed?: 'keep' | 'clear';
  /** Objects a page. Default 500, which the server ignores where it answers from its cache. */
  readonly pageSize?: number;
  /** Default: 0.8 s doubling to 30 s, up to as much again at random, starting over after 120 s without a failure. */
  readonly backoff?: Partial<BackoffOptions>;
  /**
   * What becomes of contact that is lost after the first state was complete. `onRequest`: nothing, until `retryNow` asks for one attempt (and a wait that the
   * server asked for is over). Default: `automatic`, after the backoff.
   */
  readonly reconnects?: 'automatic' | 'onRequest';
  /** End after this many failures in a row, without a watch in between that brought something or lived for some seconds. Default: never. */
  readonly maxFailures?: number;
  /** Waits for its turn to fetch a whole state, then calls `run` once and settles as that does. Default: no waiting. */
  readonly admit?: <R>(run: () => Promise<R>, signal: AbortSignal) => Promise<R>;
  /** Told of each failure and of each object that could not be used. Must not throw. */
  readonly onFailure?: (failure: ReflectorFailure) => void;
  readonly onSkip?: (error: KubeInformerError) => void;
  readonly onStateChange?: (state: ReflectorState) => void;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly turns?: Turns;
}
