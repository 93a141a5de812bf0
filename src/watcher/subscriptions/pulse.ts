import type { Clock, Timer } from '../../index.ts';
import type { CachedKind } from '../cache/index.ts';
import type { ServiceDetails } from './service-notice.ts';

export interface PulseOptions {
  readonly kind: Pick<CachedKind, 'phase' | 'isLive' | 'lastContactAt' | 'resourceVersion' | 'onChange'>;
  /** Milliseconds between heartbeats; `0`: none. */
  readonly interval: number;
  readonly clock: Clock;
  readonly tell: (details: ServiceDetails) => void;
}

/**
 * Tells how a cached kind is: a heartbeat in each interval, one more as soon as contact is lost or found again, and that its definition went. Who hears of no heartbeat knows
 * that nobody watches.
 */
export class Pulse {
  readonly #options: PulseOptions;
  readonly #stopListening: () => void;
  /** `undefined`: it never was. */
  #connected: boolean | undefined;
  #suspended = false;
  #timer: Timer | undefined;

  constructor(options: PulseOptions) {
    this.#options = options;
    this.#stopListening = options.kind.onChange(() => this.#check());
    this.#check();
    this.#wait();
  }

  stop(): void {
    this.#stopListening();
    this.#timer?.cancel();
  }

  #check(): void {
    const { kind, interval, tell } = this.#options;
    const isSuspended = kind.phase === 'suspended';
    if (isSuspended && !this.#suspended) tell({ type: 'SUSPENDED' });
    this.#suspended = isSuspended;
    const was = this.#connected;
    if (kind.isLive === was || (was === undefined && !kind.isLive)) return;
    this.#connected = kind.isLive;
    if (was !== undefined && interval > 0) this.#beat();
  }

  #wait(): void {
    const { clock, interval } = this.#options;
    if (interval === 0) return;
    this.#timer = clock.setTimer(() => {
      this.#beat();
      this.#wait();
    }, interval);
  }

  #beat(): void {
    const { kind, tell } = this.#options;
    const { isLive: connected, lastContactAt, resourceVersion } = kind;
    const lastContact = lastContactAt === undefined ? null : new Date(lastContactAt).toISOString();
    tell({ type: 'HEARTBEAT', connected, lastContact, resourceVersion });
  }
}
