import type { Clock, Timer } from '../runtime/index.ts';
import { type SourceSpec, sourceKey } from './request.ts';
import { Source, type SourceHolder, type SourceOptions } from './source.ts';

export interface SourcesOptions extends SourceOptions {
  /** Milliseconds that a source outlives its last holder. */
  readonly linger: number;
  readonly onStop: (source: Source) => void;
}

/**
 * The sources of a manager, one for each distinct question to the server.
 *
 * Invariants: a source is here as long as it has a holder, or lingers; one that never synced does not linger; a timer is set only for a source
 * that lingers.
 */
export class Sources {
  readonly #options: SourcesOptions;
  readonly #clock: Clock;
  readonly #sources = new Map<string, Source>();
  readonly #lingering = new Map<Source, Timer>();
  readonly #ending = new Set<Promise<void>>();
  #started = false;

  constructor(options: SourcesOptions) {
    this.#options = options;
    this.#clock = options.clock;
  }

  get size(): number {
    return this.#sources.size;
  }

  [Symbol.iterator](): IterableIterator<Source> {
    return this.#sources.values();
  }

  /** Sources begin to work, those that come later included. */
  start(): void {
    this.#started = true;
    for (const source of this.#sources.values()) source.start();
  }

  /** The source for `spec`, which `holder` needs from now on. */
  acquire(spec: SourceSpec, holder: SourceHolder): Source {
    const key = sourceKey(spec);
    let source = this.#sources.get(key);
    if (!source) {
      source = new Source(spec, this.#options);
      this.#sources.set(key, source);
      if (this.#started) source.start();
    }
    this.#lingering.get(source)?.cancel();
    this.#lingering.delete(source);
    source.holders.add(holder);
    return source;
  }

  /** @param linger `false`: what it was needed for, something else does now. */
  release(source: Source, holder: SourceHolder, { linger = true } = {}): void {
    if (!source.holders.delete(holder) || source.holders.size > 0) return;
    if (!linger || !source.synced || this.#options.linger === 0) {
      this.#stop(source);
      return;
    }
    this.#lingering.set(
      source,
      this.#clock.setTimer(() => this.#stop(source), this.#options.linger),
    );
  }

  /** Ends all of them. Resolves when nothing is left. */
  async stop(): Promise<void> {
    for (const source of Array.from(this.#sources.values())) this.#stop(source);
    await Promise.all(this.#ending);
  }

  #stop(source: Source): void {
    this.#lingering.get(source)?.cancel();
    this.#lingering.delete(source);
    this.#sources.delete(source.key);
    const end = source.stop();
    this.#ending.add(end);
    void end.then(() => this.#ending.delete(end));
    this.#options.onStop(source);
  }
}
