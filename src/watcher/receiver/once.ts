import { createHash } from 'node:crypto';

/** Of a longer id there is a digest, characters: senders say what an id is. */
const longestId = 256;

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
    const key = keyOf(id);
    return this.#done.has(key) || this.#underway.has(key);
  }

  /** Resolves when it is done, by this call or another. What failed may be tried again. */
  async run(id: string, work: () => Promise<void>): Promise<void> {
    const key = keyOf(id);
    if (this.#done.has(key)) return;
    const running = this.#underway.get(key);
    if (running) return running;
    const mine = work();
    this.#underway.set(key, mine);
    try {
      await mine;
      this.#remember(key);
    } finally {
      this.#underway.delete(key);
    }
  }

  #remember(key: string): void {
    this.#done.add(key);
    if (this.#done.size <= this.#keep) return;
    const [oldest] = this.#done;
    this.#done.delete(oldest!);
  }
}

function keyOf(id: string): string {
  return id.length <= longestId ? id : createHash('sha256').update(id).digest('base64');
}
