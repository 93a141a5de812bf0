import type { Clock, Random } from '../../index.ts';
import type { CachedObject } from '../cache/index.ts';
import {
  type Answer,
  beginningOf,
  jsonAnswer,
  matchesSelection,
  Pages,
  parseReadOptions,
  parseSelection,
  type Question,
  streamWatch,
  type Watched,
  whole,
} from '../query/index.ts';
import type { ControlCollection, ControlResource } from './control-collection.ts';
import { API_VERSION } from './control-resource.ts';

/** Watches without a timeout of their own end after this time to twice this time, milliseconds. */
const watchTime = 1_800_000;

type Readable = Watched & Pick<ControlCollection<ControlResource>, 'resource' | 'refresh'>;

export interface ControlReadsOptions {
  readonly clock: Clock;
  readonly random: Random;
}

/** Lists and watches of the service's own resources, by the rules of the Kubernetes API. */
export class ControlReads {
  readonly #options: ControlReadsOptions;
  readonly #pages: Pages;

  constructor(options: ControlReadsOptions) {
    this.#options = options;
    this.#pages = new Pages({ clock: options.clock, keep: 300_000, max: 20 });
  }

  /** @throws ApiStatusError 400, 410 */
  answer(collection: Readable, { params, events }: Pick<Question, 'params' | 'events'>): Answer {
    const options = parseReadOptions(params);
    const { labelSelector, fieldSelector, nameContains, where, limit } = options;
    const selection = parseSelection({ labelSelector, fieldSelector, nameContains, where });
    const matches = (object: CachedObject) => matchesSelection(selection, object);
    const { clock, random } = this.#options;
    if (options.watch) {
      collection.refresh();
      const { start, framing } = beginningOf(collection, options, events);
      const timeout = options.timeoutSeconds ? options.timeoutSeconds * 1_000 : watchTime * (1 + random());
      const watching = { matches, form: whole, framing, bookmarks: options.allowWatchBookmarks, timeout, clock };
      return {
        status: 200,
        headers: framing.headers,
        stream: (sink) => streamWatch(collection, start, watching, sink),
      };
    }
    const { kind, resource } = collection.resource;
    const question = JSON.stringify([resource, labelSelector, fieldSelector, nameContains, where]);
    const page =
      options.continue === undefined
        ? this.#firstPage(collection, matches, question, limit)
        : this.#pages.next(options.continue, question, limit);
    const metadata = {
      resourceVersion: page.resourceVersion,
      continue: page.token,
      remainingItemCount: page.remaining,
    };
    return jsonAnswer({ apiVersion: API_VERSION, kind: `${kind}List`, metadata, items: page.objects });
  }

  close(): void {
    this.#pages.close();
  }

  #firstPage(collection: Readable, matches: (object: CachedObject) => boolean, question: string, limit: number) {
    const { objects, resourceVersion } = collection.snapshot();
    const found = objects.filter(matches);
    return this.#pages.first(found, resourceVersion, question, limit === 0 ? found.length : limit);
  }
}
