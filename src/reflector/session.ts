import {
  ApiStatusError,
  type KubeObject,
  type ListerWatcher,
  type Status,
  type WatchOptions,
} from '../kubernetes/index.ts';
import { abortable, type Clock, KubeInformerError, type Random } from '../runtime/index.ts';
import type { Intake } from './intake.ts';
import { OpenWatch } from './open-watch.ts';
import type { ReflectorOptions, ReflectorStore } from './options.ts';
import type { ReflectorState } from './status.ts';
import type { Tally } from './tally.ts';

/** How long after its own timeout a server may still end a watch, milliseconds. */
const lifetimeGrace = 10_000;

export interface SessionOptions<T extends KubeObject> {
  readonly name: string;
  readonly options: ReflectorOptions<T>;
  readonly clock: Clock;
  readonly random: Random;
  readonly intake: Intake<T>;
}

/**
 * What the steps of one reflector share: how far it has come, and what it has counted on the way.
 *
 * Invariants:
 * - `position` is the version up to which the store has been given everything; it never names anything that was not handed over.
 * - The store takes the place of its whole state only here, so that position, flags and time change with it.
 */
export class Session<T extends KubeObject> {
  readonly name: string;
  readonly options: ReflectorOptions<T>;
  readonly clock: Clock;
  readonly intake: Intake<T>;
  readonly #random: Random;
  state: ReflectorState = { phase: 'idle' };
  /** `undefined`: nothing was ever synced. */
  position: string | undefined;
  /** The server said that it no longer has `position`: the next state is to be its most recent one. */
  positionLost = false;
  /** A list at version `0` came in pages: there is no watch cache, and much to list. */
  paginated = false;
  /** Watches in a row that were given up for their silence without ever having brought a bookmark. */
  silentWatches = 0;
  events = 0;
  /** The watch that is being followed. */
  watch: OpenWatch<T> | undefined;
  lastContactAt: number | undefined;
  lastSyncAt: number | undefined;
  readonly requests = { list: 0, stream: 0, watch: 0 };

  constructor({ name, options, clock, random, intake }: SessionOptions<T>) {
    this.name = name;
    this.options = options;
    this.clock = clock;
    this.intake = intake;
    this.#random = random;
  }

  get store(): ReflectorStore<T> {
    return this.options.store;
  }

  get listerWatcher(): ListerWatcher<T> {
    return this.options.listerWatcher;
  }

  /** Whether a watch from `position` brings later changes and nothing else. */
  get canResume(): boolean {
    return this.position !== undefined && isConcrete(this.position);
  }

  /** Whether watching on from `position` leads to the state of the server: nothing was missed on the way. */
  get mayResume(): boolean {
    return this.canResume && !this.intake.missed;
  }

  enter(state: ReflectorState): void {
    this.state = state;
    this.options.onStateChange?.(state);
  }

  /** The server was heard of. */
  heard(): void {
    this.lastContactAt = this.clock.now();
  }

  /** Everything up to `version` was handed over. A server that does not say how far that is moves nothing. */
  advance(version: string | undefined): void {
    if (version) this.position = version;
  }

  /** Hands a complete state, and what was counted of it, to the store. */
  replace(objects: readonly T[], resourceVersion: string, kept: ReadonlySet<string>, tally: Tally): void {
    this.store.replace(objects, resourceVersion, kept);
    this.intake.remember(tally);
    this.position = resourceVersion;
    this.positionLost = false;
    this.lastSyncAt = this.clock.now();
  }

  /** The collection is no longer served: the store is emptied, and the next state is to be the most recent one. */
  clear(): void {
    this.store.replace([], '', new Set());
    this.intake.remember(this.intake.newTally());
    this.position = '';
    this.positionLost = false;
  }

  /** Opens a watch that is renewed after a random time, so that the watches of many informers don't fall due together. */
  async open(options: WatchOptions, signal: AbortSignal): Promise<OpenWatch<T>> {
    const shortest = this.options.watchTimeout ?? 300;
    const timeoutSeconds = Math.floor(shortest * (1 + this.#random()));
    const opening = this.listerWatcher.watch({ ...options, timeoutSeconds }, signal);
    const stream = await abortable(opening, signal, (late) => late.close());
    this.heard();
    return new OpenWatch(stream, { clock: this.clock, signal, timeout: timeoutSeconds * 1000, grace: lifetimeGrace });
  }

  /** The error that an `ERROR` event of a watch carries. */
  streamError(status: Status): ApiStatusError {
    return new ApiStatusError(status, { request: `watch of ${this.name}` });
  }

  closedEarly(when: string): KubeInformerError {
    return new KubeInformerError('StreamClosedEarly', `the watch of ${this.name} was closed ${when}`, {
      hint: 'A proxy or an overloaded server closes watches; look at its limits and time-outs.',
    });
  }
}

/** Whether `version` names a state. `''` and `'0'` are wishes: a watch from them begins with all objects, in no order of versions. */
export function isConcrete(version: string): boolean {
  return version !== '' && version !== '0';
}
