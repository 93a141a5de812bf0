import type { Clock } from '../../index.ts';

/** So many answers are kept; the oldest go first. */
const capacity = 10_000;

/** Remembers answers for a short time. Who asks for one that is on its way shares it; one that failed is asked for anew. */
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
    const known = this.#answers.get(question);
    if (known && known.until > now) return known.answer;
    const answer = ask();
    this.#answers.delete(question);
    this.#answers.set(question, { until: now + this.#keep, answer });
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > capacity) this.#answers.delete(oldest!);
    answer.catch(() => this.#answers.delete(question));
    return answer;
  }
}
