import { isTrue, parseTarget, type Question, type ReadTarget } from '../query/index.ts';
import { type Route, routeOf } from './answer-counts.ts';

/** A request of the data plane. */
export interface ReadRequest extends Pick<Question, 'fieldMatches'> {
  /** `undefined`: there is no such path. */
  readonly target: ReadTarget | undefined;
  readonly params: URLSearchParams | undefined;
  readonly route: Route;
  readonly isWatch: boolean;
}

/** What kind of read it is. */
export function readOf(
  target: ReadTarget | undefined,
  params: URLSearchParams | undefined,
): Pick<ReadRequest, 'params' | 'route' | 'isWatch'> {
  const isWatch = isTrue(params?.get('watch'));
  return { params, route: routeOf(target, isWatch), isWatch };
}

/** So many paths are remembered; then it begins anew. */
const capacity = 10_000;

/** Longer ones are not remembered: whoever can connect could fill the memory with them. */
const longest = 512;

/** Reads URLs. What a path without parameters means is remembered: the same ones are asked for again and again. */
export class ReadRequests {
  readonly #prefix: string;
  readonly #known = new Map<string, ReadRequest>();

  /** @param prefix what stands before the paths of the API. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** The request of a URL. Equal URLs without parameters have the same target, as an object, unless they are very long. */
  of(url: string): ReadRequest {
    const known = this.#known.get(url);
    if (known) return known;
    const mark = url.indexOf('?');
    const target = parseTarget((mark < 0 ? url : url.slice(0, mark)).slice(this.#prefix.length));
    const params = mark < 0 ? undefined : new URLSearchParams(url.slice(mark + 1));
    const read: ReadRequest = { target, ...readOf(target, params) };
    if (params === undefined && target?.type === 'objects' && url.length <= longest) {
      if (this.#known.size >= capacity) this.#known.clear();
      this.#known.set(url, read);
    }
    return read;
  }
}
