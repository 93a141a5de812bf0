import { type Clock, type Random, sleep, systemClock } from '../../src/index.ts';
import type { TcpProxy } from '../../tools/tcp-proxy.ts';

/** Does to the connections of a proxy what networks do, on a schedule that depends on `random` alone. */
export class BadNetwork {
  /** How often each fault was done. */
  readonly faults = new Map<string, number>();
  readonly #proxy: TcpProxy;
  readonly #random: Random;
  readonly #clock: Clock;

  constructor(proxy: TcpProxy, random: Random, clock: Clock = systemClock) {
    this.#proxy = proxy;
    this.#random = random;
    this.#clock = clock;
  }

  /** Makes trouble until `signal` is aborted. Afterwards new connections are good; those that were stalled stay so. */
  async run(signal: AbortSignal): Promise<void> {
    while (await sleep(this.#clock, 20 + this.#below(500), signal)) await this.#fault(signal);
    this.#proxy.refusing = false;
    this.#proxy.delay = 0;
  }

  count(fault: string): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
  }

  async #fault(signal: AbortSignal): Promise<void> {
    const { connections } = this.#proxy;
    const connection = connections[this.#below(connections.length)];
    const dice = this.#random();
    if (dice < 0.1) {
      this.count('all reset');
      this.#proxy.reset();
    } else if (dice < 0.2) {
      this.count('refused');
      this.#proxy.refusing = true;
      if (this.#random() < 0.5) this.#proxy.reset();
      await sleep(this.#clock, 200 + this.#below(1_500), signal);
      this.#proxy.refusing = false;
    } else if (dice < 0.3) {
      this.count('delayed');
      this.#proxy.delay = this.#below(150);
      await sleep(this.#clock, 200 + this.#below(1_500), signal);
      this.#proxy.delay = 0;
    } else if (!connection) return;
    else if (dice < 0.5) {
      this.count('reset');
      connection.reset();
    } else if (dice < 0.7) {
      this.count('truncated');
      connection.truncate(this.#below(20_000));
    } else if (dice < 0.85) {
      this.count('half-closed');
      connection.halfClose();
    } else if (dice < 0.93) {
      this.count('paused');
      connection.stall();
      await sleep(this.#clock, this.#below(2_000), signal);
      connection.release();
    } else {
      this.count('stalled');
      connection.stall();
    }
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}
