import type { ReadTarget } from '../query/index.ts';

/** What a request of the data plane was for. */
export type Route = 'get' | 'list' | 'watch' | 'discovery' | 'none';

export function routeOf(target: ReadTarget | undefined, watch: boolean): Route {
  if (!target) return 'none';
  if (target.type !== 'objects') return 'discovery';
  if (watch) return 'watch';
  return target.name === undefined ? 'list' : 'get';
}

interface Count {
  readonly route: Route;
  readonly code: number;
  readonly cache: string;
  count: number;
}

/** How many answers there were, of which kind. Counted with every query, looked at now and then. */
export class AnswerCounts {
  readonly #counts = new Map<string, Count>();
  /** The one that was counted last: most requests are like the one before. */
  #last: Count | undefined;

  /** @param cache the header `x-cache`, if there is one. */
  add(route: Route, code: number, cache = ''): void {
    let count = this.#last;
    if (!count || count.route !== route || count.code !== code || count.cache !== cache) {
      const key = `${route} ${code} ${cache}`;
      count = this.#counts.get(key) ?? { route, code, cache, count: 0 };
      this.#counts.set(key, count);
      this.#last = count;
    }
    count.count++;
  }

  *entries(): IterableIterator<{
    readonly route: string;
    readonly code: string;
    readonly cache: string;
    readonly count: number;
  }> {
    for (const count of this.#counts.values()) yield { ...count, code: String(count.code) };
  }
}
