import type { DynamicSharedInformerFactory } from '../factory/index.ts';
import type { InformerStatus, SharedIndexInformer } from '../informer/index.ts';
import { gvrText, type KubeObject } from '../kubernetes/index.ts';
import {
  asKubeInformerError,
  Backoff,
  type BackoffOptions,
  type Clock,
  type KubeInformerError,
  type Random,
} from '../runtime/index.ts';
import { type HealthLimits, type Judgement, judge, type SourceView } from './health-rules.ts';
import { type SourceSpec, sourceKey } from './request.ts';

/** Why a source was reconnected or restarted. */
export type RestartReason = 'stale' | 'dead';

/** Somebody who needs a source. */
export interface SourceHolder {
  /** An informer of the source has synced: the first one, or one that takes the place of another. */
  sourceSynced(source: Source): void;
  /** What is to be thought of the source has changed. */
  sourceJudged(source: Source): void;
  /** Something went wrong; the source deals with it. */
  sourceFailed(source: Source, error: KubeInformerError): void;
}

export interface SourceOptions {
  readonly factory: DynamicSharedInformerFactory;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: HealthLimits;
  readonly restart: BackoffOptions;
  readonly onRestart: (source: Source, reason: RestartReason) => void;
  /** The informer has gone from one state to another: something may have to be counted. */
  readonly onStateChange: (source: Source, status: InformerStatus) => void;
  readonly onError: (source: Source, error: KubeInformerError) => void;
}

/**
 * One thing that is asked of the server, for everybody who needs it.
 *
 * ```
 *                start             synced              no holder for `linger`, or stop
 *   created ───────────► syncing ─────────► following ───────────────────────────────► stopped
 *                           │ ▲                │  ▲ synced
 *              it ended     │ │ with backoff   │  │
 *                           └─┴── dead ◄───────┘──┘     for good ──► failed
 * ```
 *
 * Invariants: there is one informer at a time; one that ended is replaced by another with the same specification, whose holders are told when it
 * has synced; `everSynced` never goes back; after `stop` nothing is told.
 */
export class Source {
  readonly key: string;
  readonly spec: SourceSpec;
  readonly holders = new Set<SourceHolder>();
  restarts = 0;
  reconnects = 0;
  readonly #options: SourceOptions;
  readonly #backoff: Backoff;
  #informer: SharedIndexInformer<KubeObject>;
  #off: (() => void)[] = [];
  #judgement: Judgement;
  #everSynced = false;
  #startedAt: number | undefined;
  #actAfter = 0;
  #bytes: number | undefined;
  /** Why it was given up, if it was. */
  #givenUp: KubeInformerError | undefined;
  /** The informer has ended, and no other has taken its place. */
  #ended = false;

  constructor(spec: SourceSpec, options: SourceOptions) {
    this.key = sourceKey(spec);
    this.spec = spec;
    this.#options = options;
    this.#backoff = new Backoff(options.restart, options.clock, options.random);
    this.#informer = this.#create();
    this.#judgement = judge(this.view(), options.clock.now(), options.limits);
  }

  get informer(): SharedIndexInformer<KubeObject> {
    return this.#informer;
  }

  /** Whether whoever listens to its informer now is told of the whole state. */
  get synced(): boolean {
    return !this.#ended && this.#informer.hasSynced();
  }

  get judgement(): Judgement {
    return this.#judgement;
  }

  /** `apps/v1/deployments in shop where metadata.name=web`. */
  get name(): string {
    return this.#informer.name;
  }

  /** Calling it again is harmless. */
  start(): void {
    this.#startedAt ??= this.#options.clock.now();
    this.#informer.start();
  }

  view(status: InformerStatus = this.#informer.status()): SourceView {
    return {
      phase: this.#givenUp ? 'failed' : status.phase,
      everSynced: this.#everSynced,
      connected: status.connected && !hasEnded(status),
      startedAt: this.#startedAt,
      lastContactAt: status.lastContactAt,
      nextAttemptAt: status.nextAttemptAt,
      consecutiveFailures: status.consecutiveFailures,
      lastError: this.#givenUp ?? status.lastError,
      bytes: this.#bytes,
      actAfter: this.#actAfter,
    };
  }

  /** Looks at the source again. @param measure whether its size is to be estimated anew */
  check({ measure = false, status = this.#informer.status() } = {}): Judgement {
    if (measure) this.#bytes = this.#informer.stats().approximateBytes;
    const { clock, limits } = this.#options;
    const before = this.#judgement;
    this.#judgement = judge(this.view(status), clock.now(), limits);
    if (differs(before, this.#judgement)) for (const holder of Array.from(this.holders)) holder.sourceJudged(this);
    return this.#judgement;
  }

  /** Gives up the open watch, and goes on from the last version. */
  reconnect(): void {
    this.#wait();
    this.#options.onRestart(this, 'stale');
    this.reconnects++;
    this.#informer.reconnect();
  }

  /** Puts a new informer in the place of the one that ended. */
  restart(): void {
    this.#options.onRestart(this, 'dead');
    this.restarts++;
    this.#unbind();
    this.#ended = false;
    this.#informer = this.#create();
    this.#informer.start();
    this.check();
  }

  /** Ends the informer for good; the source stays, to tell why. */
  giveUp(error: KubeInformerError): void {
    this.#givenUp = error;
    this.#ended = true;
    this.#unbind();
    void this.#options.factory.remove(this.#informer);
    this.#failed(error);
    this.check();
  }

  /** Resolves when nothing of it is left. Does not reject. */
  async stop(): Promise<void> {
    this.#ended = true;
    this.#unbind();
    await this.#options.factory.remove(this.#informer);
  }

  #wait(): void {
    this.#actAfter = this.#options.clock.now() + this.#backoff.next();
  }

  #create(): SharedIndexInformer<KubeObject> {
    const { factory, onStateChange } = this.#options;
    const { gvr, namespace, labelSelector, fieldSelector, as } = this.spec;
    const informer: SharedIndexInformer<KubeObject> = factory.forResource(gvr, {
      namespaces: namespace === '' ? '*' : [namespace],
      labelSelector,
      fieldSelector,
      as,
    });
    // Never taken back: what goes wrong at its very end is reported as well.
    informer.on('error', (error) => this.#failed(error));
    this.#off = [
      informer.on('stateChange', () => {
        const status = informer.status();
        onStateChange(this, status);
        this.check({ status });
      }),
      informer.on('synced', () => {
        this.#everSynced = true;
        this.check();
        for (const holder of Array.from(this.holders)) holder.sourceSynced(this);
      }),
      informer.on('stopped', () => this.#died(informer)),
    ];
    return informer;
  }

  /** It was not stopped by us, or we would not be told. */
  #died(informer: SharedIndexInformer<KubeObject>): void {
    this.#ended = true;
    // A new one begins with the whole state.
    void this.#options.factory.remove(informer);
    this.#wait();
    this.check();
  }

  #failed(thrown: KubeInformerError): void {
    const error = asKubeInformerError(thrown, 'Internal', gvrText(this.spec.gvr), 'Please report this.');
    this.#options.onError(this, error);
    for (const holder of Array.from(this.holders)) holder.sourceFailed(this, error);
  }

  #unbind(): void {
    for (const off of this.#off.splice(0)) off();
  }
}

function hasEnded({ phase }: InformerStatus): boolean {
  return phase === 'stopped' || phase === 'failed';
}

const compared = ['Synced', 'Connected', 'Fresh'] as const;

function differs(one: Judgement, other: Judgement): boolean {
  if (one.verdict !== other.verdict) return true;
  return compared.some(
    (type) =>
      one[type].status !== other[type].status ||
      one[type].reason !== other[type].reason ||
      one[type].message !== other[type].message,
  );
}
