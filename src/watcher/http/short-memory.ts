import type { Clock } from '../../index.ts';
import { digest } from './token-access.ts';

/** So many answers are kept; the oldest go first. */
const capacity = 10_000;

/**
 * Remembers answers for a short time. Who asks for one that is on its way shares it; one that failed is asked for anew. Of questions there is only a digest:
 * they may be secret, and as long as who asks makes them.
 */
export class ShortMemory<T> {
  readonly #clock: Clock;
  readonly #keep: number;
  readonly #answers = new Map<string, { readonly until: number; readonly answer: Promise<T> }>();

  /** @param keep milliseconds */
  constructor(clock: Clock, keep: number) {
    this.#clock = clock;
    this.#keep = keep;
  }

  get(question: string, ask: () => Promise<T>): Promise<T> {
    const now = this.#clock.monotonic();
    const key = digest(question);
    const known = this.#answers.get(key);
    if (known && known.until > now) return known.answer;
    const asked = { until: now + this.#keep, answer: ask() };
    this.#answers.delete(key);
    this.#answers.set(key, asked);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > capacity) this.#answers.delete(oldest!);
    asked.answer.catch(() => {
      // Somebody may have asked anew meanwhile.
      if (this.#answers.get(key) === asked) this.#answers.delete(key);
    });
    return asked.answer;
  }
}
