import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Cluster } from './cluster.ts';

/** What one contestant did in one run. Times in milliseconds, sizes in bytes. */
export interface Measurement {
  readonly syncMs: number;
  /** Processor time of the whole process until the sync. */
  readonly syncCpuMs: number;
  /** The longest time the event loop was held, during the sync. */
  readonly syncStallMs: number;
  readonly syncStallP99Ms: number;
  readonly burstMs: number;
  readonly burstStallMs: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly peakRssBytes: number;
  /** Heap of the process before it did anything, to be taken off. */
  readonly baseHeapBytes: number;
}

/** The measuring side of a contestant's process. */
export class Meter {
  readonly #collectGarbage: () => void;
  readonly #delay = monitorEventLoopDelay({ resolution: 1 });
  readonly #baseHeap: number;
  #start = 0;
  #cpu = process.cpuUsage();

  constructor() {
    setFlagsFromString('--expose-gc');
    this.#collectGarbage = runInNewContext('gc') as () => void;
    this.#collectGarbage();
    this.#baseHeap = process.memoryUsage().heapUsed;
  }

  begin(): void {
    this.#delay.reset();
    this.#delay.enable();
    this.#cpu = process.cpuUsage();
    this.#start = performance.now();
  }

  end(): { ms: number; cpuMs: number; stallMs: number; stallP99Ms: number } {
    const ms = performance.now() - this.#start;
    const { user, system } = process.cpuUsage(this.#cpu);
    this.#delay.disable();
    // The histogram counts the timer's own millisecond too.
    const stallMs = Math.max(0, this.#delay.max / 1e6 - 1);
    return {
      ms,
      cpuMs: (user + system) / 1000,
      stallMs,
      stallP99Ms: Math.max(0, this.#delay.percentile(99) / 1e6 - 1),
    };
  }

  memory(): Pick<Measurement, 'heapBytes' | 'rssBytes' | 'peakRssBytes' | 'baseHeapBytes'> {
    // Before the collections: they need memory of their own.
    const peakRssBytes = process.resourceUsage().maxRSS * 1024;
    this.#collectGarbage();
    this.#collectGarbage();
    const { heapUsed, rss } = process.memoryUsage();
    return { heapBytes: heapUsed, rssBytes: rss, peakRssBytes, baseHeapBytes: this.#baseHeap };
  }
}

/** What the conductor tells a contestant. */
export interface Assignment {
  readonly cluster: Cluster;
  readonly pods: number;
  readonly updates: number;
}

/**
 * The course of one run, the same for every contestant: sync, report, take the burst, report.
 *
 * @param sync resolves when every object is in and every handler has had it.
 * @param updated resolves when `count` updates were handled since the sync.
 */
export async function compete(
  contestant: (assignment: Assignment) => Promise<{ updated(count: number): Promise<void>; close(): Promise<void> }>,
): Promise<void> {
  const meter = new Meter();
  const assignment = JSON.parse(process.argv[2]!) as Assignment;
  meter.begin();
  const running = await contestant(assignment);
  const sync = meter.end();
  const memory = meter.memory();
  const updated = running.updated(assignment.updates);
  meter.begin();
  process.send!('synced');
  await updated;
  const burst = meter.end();
  const measurement: Measurement = {
    syncMs: sync.ms,
    syncCpuMs: sync.cpuMs,
    syncStallMs: sync.stallMs,
    syncStallP99Ms: sync.stallP99Ms,
    burstMs: burst.ms,
    burstStallMs: burst.stallMs,
    ...memory,
  };
  process.send!(measurement);
  await running.close();
  process.disconnect();
}
