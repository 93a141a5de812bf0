import { ApiStatusError } from '../kubernetes/index.ts';
import { Backoff, type BackoffOptions, type Clock, type KubeInformerError, type Random } from '../runtime/index.ts';
import { type Action, type Activity, classifyFailure, failurePolicy } from './failure-policy.ts';
import type { Run } from './follow.ts';

const defaultBackoff: BackoffOptions = { initial: 800, factor: 2, max: 30_000, jitter: 1, resetAfter: 120_000 };
/** For what does not mend itself: no rights, no such resource. */
const slowBackoff: BackoffOptions = { initial: 5_000, factor: 2, max: 60_000, jitter: 0.5, resetAfter: 180_000 };
/** Longer than this no server is obeyed, milliseconds: the header may be nonsense, or made by a clock that is wrong. */
const maxRetryAfter = 600_000;
/** So often in a row may one way be tried without any progress; then another one is. */
const maxFruitless = 3;
/** A server or proxy that cannot stream is asked again after so long, milliseconds: it may have been replaced. */
const streamsAgainAfter = 3_600_000;

export interface RecoveryOptions {
  readonly backoff: Partial<BackoffOptions> | undefined;
  readonly maxFailures: number | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

/** What went wrong, and in which circumstances. */
export interface Failure {
  readonly error: KubeInformerError;
  readonly activity: Activity;
  /** Of the watch, if that is what failed. */
  readonly run: Run | undefined;
  /** The server said before that it no longer has the version asked for. */
  readonly positionLost: boolean;
  /** There is a version to watch on from. */
  readonly canResume: boolean;
}

/**
 * Decides what is done about a failure, and when: the row of `failurePolicy`, corrected by what was tried in vain before.
 *
 * Invariant: between two failures without progress there is a delay, but for the one fresh state after `Expired` and the list that takes the
 * place of a stream.
 */
export class Recovery {
  readonly #maxFailures: number;
  readonly #backoff: Backoff;
  readonly #slowBackoff: Backoff;
  #consecutive = 0;
  #fruitlessResumes = 0;
  #fruitlessStreams = 0;
  /** Monotonic milliseconds before which no stream is tried: a failure has shown that they do not work here. */
  #streamsFrom = Number.NEGATIVE_INFINITY;
  readonly #clock: Clock;

  constructor({ backoff, maxFailures, clock, random }: RecoveryOptions) {
    this.#clock = clock;
    this.#maxFailures = maxFailures ?? Number.POSITIVE_INFINITY;
    this.#backoff = new Backoff({ ...defaultBackoff, ...backoff }, clock, random);
    this.#slowBackoff = new Backoff(slowBackoff, clock, random);
  }

  /** Failures since a watch last was worth its opening. */
  get consecutiveFailures(): number {
    return this.#consecutive;
  }

  /**
   * Whether the next whole state may be streamed. Not within an hour of a stream that showed that streams do not work here, and not after
   * several in a row that came to nothing: that time it is listed.
   */
  get mayStream(): boolean {
    return this.#fruitlessStreams < maxFruitless && this.#clock.monotonic() >= this.#streamsFrom;
  }

  /** A whole state was handed over. */
  synced(): void {
    this.#fruitlessResumes = 0;
    this.#fruitlessStreams = 0;
  }

  /** A watch ended: if it was worth its opening, what failed before is past. */
  followed(run: Run): void {
    if (run.fruitful) this.#fruitlessResumes = 0;
    if (run.fruitful || run.lasting) this.#consecutive = 0;
  }

  decide(failure: Failure): { readonly action: Action; readonly delay: number } {
    const { error, activity, run } = failure;
    if (run) this.followed(run);
    this.#consecutive++;
    if (activity === 'stream') this.#fruitlessStreams++;
    const action = this.#action(failure);
    if (action === 'listForAWhile') this.#streamsFrom = this.#clock.monotonic() + streamsAgainAfter;
    return { action, delay: this.#delay(action, error, failure) };
  }

  #action({ error, activity, canResume }: Failure): Action {
    const action = failurePolicy[classifyFailure(error)][activity];
    if (this.#consecutive >= this.#maxFailures) return 'fail';
    if (action !== 'resume' && action !== 'resumeOrRelist') return action;
    if (!canResume) return 'again';
    return action === 'resumeOrRelist' && ++this.#fruitlessResumes >= maxFruitless ? 'again' : action;
  }

  #delay(action: Action, error: KubeInformerError, failure: Failure): number {
    return action === 'fail' ? 0 : Math.max(this.#ownDelay(action, error, failure), retryAfterOf(error));
  }

  #ownDelay(action: Action, error: KubeInformerError, { run, positionLost }: Failure): number {
    if (action === 'list' || action === 'listForAWhile') return 0;
    if (action === 'fresh' && !positionLost) return 0;
    // It was open for long and is only replaced: no reason to be late.
    if (run?.lasting && error.code === 'StreamStalled') return 0;
    return action === 'slowly' ? this.#slowBackoff.next() : this.#backoff.next();
  }
}

function retryAfterOf(error: KubeInformerError): number {
  const wish = error instanceof ApiStatusError ? error.retryAfter : undefined;
  // The number may be anything that the server wrote into its status.
  return typeof wish === 'number' && wish > 0 ? Math.min(wish, maxRetryAfter) : 0;
}
