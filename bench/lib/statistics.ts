import type { Figures, Goal } from './contest.ts';

/** The middle one; of an even number the mean of the two in the middle. */
export function median(numbers: readonly number[]): number | undefined {
  if (numbers.length === 0) return undefined;
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** How far the runs lie apart: the distance of the smallest and the largest as a part of the median. */
export function spread(numbers: readonly number[]): number | undefined {
  const middle = median(numbers);
  if (middle === undefined || middle === 0) return undefined;
  return (Math.max(...numbers) - Math.min(...numbers)) / middle;
}

/** The medians of all contestants of a measure. What was not measured is `undefined`, and so is what is computed from it. */
export class Medians {
  readonly #figures = new Map<string, Map<string, number>>();

  constructor(rounds: Iterable<readonly [contestant: string, rounds: readonly Figures[]]>) {
    for (const [contestant, runs] of rounds) {
      const names = new Set(runs.flatMap((run) => Object.keys(run)));
      const medians = new Map<string, number>();
      for (const name of names) {
        const numbers = runs.map((run) => run[name]).filter((number) => number !== undefined);
        medians.set(name, median(numbers)!);
      }
      this.#figures.set(contestant, medians);
    }
  }

  of(contestant: string, figure: string): number | undefined {
    return this.#figures.get(contestant)?.get(figure);
  }

  /** `figure` of one contestant divided by that of another. */
  ratio(figure: string, contestant: string, to: string): number | undefined {
    return divide(this.of(contestant, figure), this.of(to, figure));
  }
}

export function divide(dividend: number | undefined, divisor: number | undefined): number | undefined {
  return dividend === undefined || divisor === undefined || divisor === 0 ? undefined : dividend / divisor;
}

/** `undefined` if it was not measured. */
export function isMet({ value, atMost = Infinity, atLeast = -Infinity }: Goal): boolean | undefined {
  return value === undefined ? undefined : value <= atMost && value >= atLeast;
}
