import { ApiStatusError, type KubeObject } from '../kubernetes/index.ts';
import {
  abortable,
  asKubeInformerError,
  KubeInformerError,
  requireAtLeast,
  sharedTurns,
  sleep,
  systemClock,
} from '../runtime/index.ts';
import { type Action, type Activity, classifyFailure } from './failure-policy.ts';
import { follow, type Run } from './follow.ts';
import { Intake } from './intake.ts';
import { defaultPageSize, listState } from './list-state.ts';
import type { OpenWatch } from './open-watch.ts';
import type { ReflectorOptions } from './options.ts';
import { Recovery } from './recovery.ts';
import { Session } from './session.ts';
import type { ReflectorStatus } from './status.ts';
import { streamState } from './stream-state.ts';

/** What to do next. */
type Step<T> =
  | { readonly do: 'stream' }
  | { readonly do: 'list' }
  | { readonly do: 'watch'; readonly held?: OpenWatch<T> };

/**
 * Keeps a store equal to a collection on the server, until told to stop.
 *
 * ```
 *            ┌────────┐  mark: the watch stays open   ┌─────────┐
 *  start ──► │ stream │ ────────────────────────────► │  watch  │ ──┐ the server ends it:
 *       │    └────────┘                               └─────────┘ ◄─┘ watch on from the last version
 *       │        │ streams don't work                   ▲    │
 *       │        ▼                                      │    │ nothing to resume from, or missed an event
 *       │    ┌────────┐  last page                      │    ▼
 *       └──► │  list  │ ────────────────────────────────┘  sync
 *            └────────┘
 * ```
 *
 * "sync" is `stream` where that works, else `list`. What follows a failure:
 *
 * | action (`failurePolicy`: class × activity) | waits | goes on with |
 * |---|---|---|
 * | `again` | a backoff delay | sync |
 * | `fresh` | not at first, then a backoff delay | the same activity, for the most recent state |
 * | `list`, `listForAWhile` | no | list |
 * | `resume`, `resumeOrRelist` | a backoff delay (not for a watch that went silent after a long life) | watch; else sync |
 * | `slowly` | a long delay | sync |
 * | `fail` | no | nothing: `run` rejects |
 *
 * `Retry-After` makes any wait longer, also one of nothing, up to ten minutes.
 *
 * Invariants:
 * - `store.replace` is called with complete states only; between two of them the store gets the changes in the server's order.
 * - Every attempt against the server that follows a failure waits first, with the exceptions of the table.
 * - At most one request is under way.
 *
 * @example
 * const reflector = new Reflector({ listerWatcher: client.resource<Pod>(podResource), store });
 * await reflector.run(signal);
 */
export class Reflector<T extends KubeObject> {
  readonly name: string;
  readonly #options: ReflectorOptions<T>;
  readonly #session: Session<T>;
  readonly #recovery: Recovery;
  #started = false;
  #lastError: KubeInformerError | undefined;
  /** Somebody asked for the whole state: what becomes of the watch that is given up for it is no failure. */
  #relisting = false;
  /** Cuts short the wait after a failure; there only while one may be cut. */
  #hurry: AbortController | undefined;

  constructor(options: ReflectorOptions<T>) {
    requireAtLeast('initialEventsTimeout', options.initialEventsTimeout ?? 30_000, 1);
    requireAtLeast('idleTimeout', options.idleTimeout ?? 90_000, 1);
    requireAtLeast('watchTimeout', options.watchTimeout ?? 300, 1);
    requireAtLeast('pageSize', options.pageSize ?? defaultPageSize, 1);
    requireAtLeast('maxFailures', options.maxFailures ?? 1, 1);
    this.#options = options;
    this.name = options.name ?? options.listerWatcher.description;
    const clock = options.clock ?? systemClock;
    const random = options.random ?? Math.random;
    this.#recovery = new Recovery({ backoff: options.backoff, maxFailures: options.maxFailures, clock, random });
    const intake = new Intake<T>({
      name: this.name,
      transform: options.transform,
      maxObjects: options.maxObjects,
      maxBytes: options.maxBytes,
      onSkip: options.onSkip,
      turns: options.turns ?? sharedTurns,
    });
    this.#session = new Session({ name: this.name, options, clock, random, intake });
  }

  get status(): ReflectorStatus {
    const { state, position, lastContactAt, lastSyncAt, requests, events, intake } = this.#session;
    return {
      state,
      resourceVersion: position ?? '',
      lastContactAt,
      lastSyncAt,
      requests: { ...requests },
      events,
      skipped: intake.skipped,
      consecutiveFailures: state.phase === 'live' ? 0 : this.#recovery.consecutiveFailures,
      lastError: this.#lastError,
    };
  }

  /**
   * Runs until `signal` is aborted; then it resolves, and nothing of it is left.
   *
   * @throws KubeInformerError `AlreadyStarted` on a second call; any other when no repetition can help, or after `maxFailures`.
   */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#started) {
      throw new KubeInformerError('AlreadyStarted', `the reflector of ${this.name} was started before`, {
        hint: 'A reflector runs once; make a new one.',
      });
    }
    this.#started = true;
    try {
      let step = this.#sync();
      while (!signal.aborted) step = await this.#take(step, signal);
      this.#session.enter({ phase: 'stopped' });
    } catch (thrown) {
      const what = `the reflector of ${this.name} broke`;
      const error = asKubeInformerError(thrown, 'Internal', what, 'Please report this.');
      this.#session.enter({ phase: 'failed', error });
      throw error;
    }
  }

  /**
   * Gives up the watch that is open, as one that was silent for too long, and watches on from the last version; without an open watch it does
   * nothing. For whoever knows better than the silence rule that the connection is dead.
   */
  reconnect(): void {
    this.#session.watch?.fail(
      new KubeInformerError('StreamStalled', `the watch of ${this.name} was given up`, {
        hint: 'Somebody asked for another one; see who calls reconnect.',
      }),
    );
  }

  /**
   * Fetches the whole state anew, the most recent one, at once if a watch is open; one that is being opened is followed first. For whoever doubts that
   * the store is what the server has. What is there stays until the new state is complete. A whole list each time: leave it to those who limit themselves.
   */
  relist(): void {
    const session = this.#session;
    session.intake.missed = true;
    session.positionLost = true;
    if (!session.watch) return;
    this.#relisting = true;
    this.reconnect();
  }

  /**
   * Makes the next attempt at once if one is being waited for; else does nothing. For whoever needs the state now. A wait that the server asked
   * for (`Retry-After`) is kept. Calling this often takes the backoff away: leave it to those who limit themselves.
   */
  retryNow(): void {
    this.#hurry?.abort();
  }

  /** Takes a step. @returns the one after it. */
  async #take(step: Step<T>, signal: AbortSignal): Promise<Step<T>> {
    const run: Run = { fruitful: false, bookmarked: false, lasting: false };
    try {
      if (step.do === 'watch') return await this.#follow(step.held, run, signal);
      return await this.#fetch(step.do, signal);
    } catch (thrown) {
      if (signal.aborted || this.#relisting) return this.#sync();
      const hint = 'The lister-watcher or the store failed in a way of its own; see the cause.';
      const error = asKubeInformerError(thrown, 'ConnectionFailed', this.name, hint);
      return this.#recover(error, step.do, step.do === 'watch' ? run : undefined, signal);
    }
  }

  /** Fetches a whole state, when its turn has come. */
  async #fetch(how: 'stream' | 'list', signal: AbortSignal): Promise<Step<T>> {
    const session = this.#session;
    const fetch = async (): Promise<Step<T>> => {
      // Its turn may come late.
      signal.throwIfAborted();
      session.enter({ phase: 'listing', how });
      this.#relisting = false;
      // What is missed from now on is missed by this state.
      session.intake.missed = false;
      if (how === 'stream') return { do: 'watch', held: await streamState(session, signal) };
      await listState(session, signal);
      return { do: 'watch' };
    };
    const { admit } = this.#options;
    const step = await (admit ? abortable(admit(fetch, signal), signal) : fetch());
    this.#recovery.synced();
    return step;
  }

  async #follow(held: OpenWatch<T> | undefined, run: Run, signal: AbortSignal): Promise<Step<T>> {
    await follow(this.#session, held, run, signal);
    this.#recovery.followed(run);
    return this.#session.mayResume ? { do: 'watch' } : this.#sync();
  }

  /** The step that fetches a whole state. */
  #sync(): Step<T> {
    const { streamInitialState = true, listerWatcher } = this.#options;
    const stream = streamInitialState && listerWatcher.supportsInitialEvents && this.#recovery.mayStream;
    return { do: stream ? 'stream' : 'list' };
  }

  async #recover(
    error: KubeInformerError,
    activity: Activity,
    run: Run | undefined,
    signal: AbortSignal,
  ): Promise<Step<T>> {
    const session = this.#session;
    const { positionLost, mayResume: canResume } = session;
    const { action, delay } = this.#recovery.decide({ error, activity, run, positionLost, canResume });
    this.#lastError = error;
    this.#options.onFailure?.({ error, activity, action, delay });
    if (action === 'fail') throw error;
    if (this.#options.whenNotServed === 'clear' && activity === 'list' && classifyFailure(error) === 'notFound') {
      if (session.position) session.clear();
    }
    const waitsToBeAsked = this.#waitsToBeAsked(action);
    if (delay > 0 || waitsToBeAsked) {
      const until = waitsToBeAsked ? Number.POSITIVE_INFINITY : session.clock.now() + delay;
      session.enter({ phase: 'waiting', until, error });
      await this.#wait(delay, error, signal, waitsToBeAsked);
    }
    switch (action) {
      case 'list':
      case 'listForAWhile':
        return { do: 'list' };
      case 'resume':
      case 'resumeOrRelist':
        return { do: 'watch' };
      case 'fresh':
        session.positionLost = true;
        return activity === 'list' ? { do: 'list' } : this.#sync();
      default:
        return this.#sync();
    }
  }

  /** Whether contact that is lost stays so until somebody asks for it. What the protocol wants next (a list for a stream, a fresh state) is no new contact. */
  #waitsToBeAsked(action: Action): boolean {
    if (this.#options.reconnects !== 'onRequest' || this.#session.lastSyncAt === undefined) return false;
    return action === 'again' || action === 'slowly' || action === 'resume' || action === 'resumeOrRelist';
  }

  async #wait(delay: number, error: KubeInformerError, signal: AbortSignal, untilAsked: boolean): Promise<void> {
    const { clock } = this.#session;
    if (error instanceof ApiStatusError && error.retryAfter) {
      await sleep(clock, delay, signal);
      if (!untilAsked) return;
    }
    const hurry = new AbortController();
    this.#hurry = hurry;
    const cut = AbortSignal.any([signal, hurry.signal]);
    if (untilAsked) await whenAborted(cut);
    else await sleep(clock, delay, cut);
    this.#hurry = undefined;
  }
}

function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
