/** Does something once for each id, as long as the id is remembered: the last `keep` of them that went well, and all that are under way. */
export class Once {
  readonly #keep: number;
  readonly #underway = new Map<string, Promise<void>>();
  /** Oldest first. */
  readonly #done = new Set<string>();

  constructor(keep: number) {
    this.#keep = keep;
  }

  has(id: string): boolean {
    return this.#done.has(id) || this.#underway.has(id);
  }

  /** Resolves when it is done, by this call or another. What failed may be tried again. */
  async run(id: string, work: () => Promise<void>): Promise<void> {
    if (this.#done.has(id)) return;
    const running = this.#underway.get(id);
    if (running) return running;
    const mine = work();
    this.#underway.set(id, mine);
    try {
      await mine;
      this.#remember(id);
    } finally {
      this.#underway.delete(id);
    }
  }

  #remember(id: string): void {
    this.#done.add(id);
    if (this.#done.size <= this.#keep) return;
    const [oldest] = this.#done;
    this.#done.delete(oldest!);
  }
}
