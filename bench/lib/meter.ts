import { monitorEventLoopDelay, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Cluster } from './cluster.ts';
import type { Figures } from './contest.ts';

/** What the conductor tells a contestant. */
export interface Assignment {
  readonly cluster: Cluster;
  readonly pods: number;
  readonly updates: number;
  readonly options: Readonly<Record<string, unknown>>;
}

interface Lap {
  readonly ms: number;
  /** Processor time of the whole process, the collector's threads included. */
  readonly cpuMs: number;
  /** The longest time the event loop was held. */
  readonly stallMs: number;
  readonly stallP99Ms: number;
  /** The collector stopped the world: all told, and the longest time. */
  readonly pausesMs: number;
  readonly longestPauseMs: number;
}

/** The measuring side of a contestant's process. */
export class Meter {
  readonly #collectGarbage: () => void;
  readonly #delay = monitorEventLoopDelay({ resolution: 1 });
  readonly #baseHeap: number;
  readonly #collector = new PerformanceObserver((list) => this.#note(list.getEntries()));
  #pauses: number[] = [];
  #start = 0;
  #cpu = process.cpuUsage();

  constructor() {
    setFlagsFromString('--expose-gc');
    this.#collectGarbage = runInNewContext('gc') as () => void;
    this.#baseHeap = this.heap();
  }

  begin(): void {
    this.#delay.reset();
    this.#delay.enable();
    this.#pauses = [];
    this.#collector.observe({ entryTypes: ['gc'] });
    this.#cpu = process.cpuUsage();
    this.#start = performance.now();
  }

  end(): Lap {
    const ms = performance.now() - this.#start;
    const { user, system } = process.cpuUsage(this.#cpu);
    this.#delay.disable();
    this.#note(this.#collector.takeRecords());
    this.#collector.disconnect();
    const pausesMs = this.#pauses.reduce((sum, pause) => sum + pause, 0);
    const longestPauseMs = Math.max(0, ...this.#pauses);
    // The histogram counts the timer's own millisecond too.
    const stallMs = Math.max(0, this.#delay.max / 1e6 - 1);
    const stallP99Ms = Math.max(0, this.#delay.percentile(99) / 1e6 - 1);
    return { ms, cpuMs: (user + system) / 1000, stallMs, stallP99Ms, pausesMs, longestPauseMs };
  }

  #note(entries: readonly PerformanceEntry[]): void {
    for (const { startTime, duration } of entries) if (startTime >= this.#start) this.#pauses.push(duration);
  }

  /** What is alive, in and beside the heap. */
  heap(): number {
    this.#collectGarbage();
    this.#collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  }

  /** `heapBytes` without what the process had before it did anything. */
  memory(): { readonly heapBytes: number; readonly rssBytes: number; readonly peakRssBytes: number } {
    // Before the collections: they need memory of their own.
    const peakRssBytes = process.resourceUsage().maxRSS * 1024;
    const heapBytes = this.heap() - this.#baseHeap;
    return { heapBytes, rssBytes: process.memoryUsage().rss, peakRssBytes };
  }
}

export function assignment(): Assignment {
  return JSON.parse(process.argv[2]!) as Assignment;
}

/** Hands in what was found, and lets the process end. */
export function report(figures: Figures): void {
  process.send!(figures, () => process.disconnect());
}

/** What a contestant has made of its assignment: it is synced. */
export interface Synced {
  /** Resolves when `count` updates were handled since the sync. */
  updated(count: number): Promise<unknown>;
  close(): Promise<unknown>;
}

/**
 * The course of one run, the same for every contestant: sync, look at the memory, take the updates, report.
 *
 * @param sync resolves when every object is in and every handler has had it.
 */
export async function compete(sync: (assignment: Assignment) => Promise<Synced>): Promise<void> {
  const meter = new Meter();
  const given = assignment();
  meter.begin();
  const running = await sync(given);
  const { ms: syncMs, ...first } = meter.end();
  const figures: Record<string, number> = { syncMs, ...first, ...meter.memory() };
  if (given.updates > 0) {
    const updated = running.updated(given.updates);
    meter.begin();
    process.send!('synced');
    await updated;
    const burst = meter.end();
    figures.burstMs = burst.ms;
    figures.burstCpuMs = burst.cpuMs;
    figures.burstStallMs = burst.stallMs;
  }
  await running.close();
  report(figures);
}
