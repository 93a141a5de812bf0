import type { ReadTarget } from '../query/index.ts';

/** What a request of the data plane was for. */
export type Route = 'get' | 'list' | 'watch' | 'discovery' | 'none';

export function routeOf(target: ReadTarget | undefined, watch: boolean): Route {
  if (!target) return 'none';
  if (target.type !== 'objects') return 'discovery';
  if (watch) return 'watch';
  return target.name === undefined ? 'list' : 'get';
}

/** How many answers there were, of which kind. Counted with every query, looked at now and then. */
export class AnswerCounts {
  readonly #counts = new Map<string, { count: number }>();

  /** @param cache the header `x-cache`, if there is one. */
  add(route: Route, code: number, cache = ''): void {
    const key = `${route} ${code} ${cache}`;
    const known = this.#counts.get(key);
    if (known) known.count++;
    else this.#counts.set(key, { count: 1 });
  }

  *entries(): IterableIterator<{
    readonly route: string;
    readonly code: string;
    readonly cache: string;
    readonly count: number;
  }> {
    for (const [key, { count }] of this.#counts) {
      const [route, code, cache] = key.split(' ') as [string, string, string];
      yield { route, code, cache, count };
    }
  }
}
