import PQueue from 'p-queue';

/** Work in lanes: within a lane one after the other, in the order of coming; of all lanes no more than `concurrency` at a time. */
export class Lanes {
  readonly #queue: PQueue;
  readonly #tails = new Map<string, Promise<unknown>>();
  #pending = 0;

  constructor(concurrency: number) {
    this.#queue = new PQueue({ concurrency });
  }

  /** What waits or is being done. */
  get pending(): number {
    return this.#pending;
  }

  /** @returns what `work` returns; rejects as it does, which holds up nobody. */
  async run<T>(lane: string, work: () => Promise<T>): Promise<T> {
    this.#pending++;
    const before = this.#tails.get(lane) ?? Promise.resolve();
    const mine = before.then(() => this.#queue.add(work));
    const tail = mine.catch(() => undefined);
    this.#tails.set(lane, tail);
    try {
      return await mine;
    } finally {
      this.#pending--;
      if (this.#tails.get(lane) === tail) this.#tails.delete(lane);
    }
  }

  /** Resolves when nothing is left to do. */
  async settled(): Promise<void> {
    await Promise.all(this.#tails.values());
  }
}
