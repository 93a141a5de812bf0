import type { ListerWatcher, ListResult, WatchOptions, WatchStream } from '../../src/kubernetes/index.ts';
import { ApiStatusError } from '../../src/kubernetes/index.ts';
import { bookmark, type Event, mark, status, type Widget, widget } from '../unit/reflector/scripted-lister-watcher.ts';

/**
 * A server that remembers everything that was written, sends it in batches of given sizes, and cuts connections after given numbers of
 * events: of the first stream after the first number, and so on; those beyond live on.
 */
export class History implements ListerWatcher<Widget> {
  readonly description = 'widgets';
  readonly supportsInitialEvents = true;
  readonly #changes: { readonly version: number; readonly event: Event }[] = [];
  readonly #objects = new Map<string, Widget>();
  readonly #batches: readonly number[];
  readonly #cuts: number[];
  readonly #waiting = new Set<() => void>();
  #version = 1;
  #batch = 0;

  constructor(batches: readonly number[], cuts: readonly number[]) {
    this.#batches = batches;
    this.#cuts = Array.from(cuts);
  }

  /** Creates, changes or deletes an object. */
  write(key: number, gone: boolean): void {
    const name = `w${key}`;
    const known = this.#objects.has(name);
    if (gone && !known) return;
    const object = widget(name, String(++this.#version));
    if (gone) this.#objects.delete(name);
    else this.#objects.set(name, object);
    const type = gone ? 'DELETED' : known ? 'MODIFIED' : 'ADDED';
    this.#changes.push({ version: this.#version, event: { type, object } });
    for (const wake of this.#waiting) wake();
  }

  /** `name@version` of each object. */
  content(): string[] {
    return Array.from(this.#objects.values(), ({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).sort();
  }

  async list(): Promise<ListResult<Widget>> {
    return { items: Array.from(this.#objects.values()), resourceVersion: String(this.#version), continue: '' };
  }

  async watch(options: WatchOptions): Promise<WatchStream<Widget>> {
    let from = Number(options.resourceVersion ?? '');
    if (from > this.#version) throw new ApiStatusError(status(410, 'Expired'), { request: 'watch widgets' });
    const initial: Event[] = [];
    if (options.sendInitialEvents) {
      for (const object of this.#objects.values()) initial.push({ type: 'ADDED', object });
      from = this.#version;
      initial.push(mark(String(from)));
    }
    return this.#stream(initial, from);
  }

  #stream(initial: readonly Event[], from: number): WatchStream<Widget> {
    const queue = Array.from(initial);
    const cut = this.#cuts.shift() ?? Number.POSITIVE_INFINITY;
    let sent = from;
    let count = 0;
    let closed = false;
    let wake = () => {};
    const next = async (): Promise<Event[] | undefined> => {
      for (;;) {
        for (const { version, event } of this.#changes) if (version > sent) queue.push(event);
        sent = this.#version;
        if (closed || count >= cut) return undefined;
        if (queue.length > 0) {
          const size = 1 + this.#batches[this.#batch++ % this.#batches.length]!;
          const batch = queue.splice(0, Math.min(size, cut - count));
          count += batch.length;
          // A bookmark says no more than what was sent.
          const last = batch.at(-1)!;
          if (
            queue.length === 0 &&
            size % 2 === 0 &&
            last.type !== 'ERROR' &&
            last.type !== 'BOOKMARK' &&
            count > initial.length
          ) {
            batch.push(bookmark(last.object.metadata.resourceVersion));
          }
          return batch;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
          this.#waiting.add(resolve);
        });
        this.#waiting.delete(wake);
      }
    };
    return {
      close: () => {
        closed = true;
        wake();
      },
      async *[Symbol.asyncIterator]() {
        for (let batch = await next(); batch; batch = await next()) yield batch;
      },
    };
  }
}
