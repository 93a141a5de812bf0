import type { Clock, Timer } from '../../index.ts';
import type { ReceivedEvent } from './read-events.ts';

/** Heartbeats that did not come. */
export interface MissedHeartbeat {
  /** Which subscription sends them: the `source` of its heartbeats; `undefined` if that is not known. */
  readonly source: string | undefined;
  /** When the last one came, in wall-clock milliseconds; `undefined` if none ever did. */
  readonly lastAt: number | undefined;
}

export interface HeartbeatOptions {
  /** So long after a heartbeat the next is missed. Default: 150, for the 60 that subscriptions have by default. */
  readonly missedAfterSeconds?: number;
  /** Told once for each silence. */
  readonly onMissed: (missed: MissedHeartbeat) => void;
}

/** Sources that are watched for; those after them are not. */
const mostSources = 10_000;

/** One with a longer name is none of ours, characters. */
const longestSource = 2_048;

/**
 * Notices that a watcher has become silent: while nothing changes, an end of events and an end of the watcher look alike.
 *
 * Until the first heartbeat of all, that one is waited for; then each source on its own.
 */
export class HeartbeatAlarm {
  readonly #options: HeartbeatOptions;
  readonly #clock: Clock;
  readonly #timers = new Map<string | undefined, Timer>();

  readonly #onFailure: (thrown: unknown) => void;

  /** @param onFailure told when `onMissed` throws. */
  constructor(options: HeartbeatOptions, clock: Clock, onFailure: (thrown: unknown) => void) {
    this.#options = options;
    this.#clock = clock;
    this.#onFailure = onFailure;
    this.#expect(undefined, undefined);
  }

  note({ type, attributes, object }: ReceivedEvent<unknown>): void {
    const annotations = (object as { metadata?: { annotations?: Record<string, string> } } | undefined)?.metadata
      ?.annotations;
    if (type !== 'HEARTBEAT' && annotations?.['watcher.kube-informer.dev/event'] !== 'HEARTBEAT') return;
    const source = typeof attributes.source === 'string' ? attributes.source : undefined;
    if (source !== undefined && source.length > longestSource) return;
    this.#forget(undefined);
    this.#forget(source);
    if (this.#timers.size < mostSources) this.#expect(source, this.#clock.now());
  }

  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #expect(source: string | undefined, lastAt: number | undefined): void {
    const { missedAfterSeconds = 150, onMissed } = this.#options;
    const timer = this.#clock.setTimer(() => {
      this.#timers.delete(source);
      try {
        onMissed({ source, lastAt });
      } catch (thrown) {
        this.#onFailure(thrown);
      }
    }, missedAfterSeconds * 1_000);
    this.#timers.set(source, timer);
  }

  #forget(source: string | undefined): void {
    this.#timers.get(source)?.cancel();
    this.#timers.delete(source);
  }
}
