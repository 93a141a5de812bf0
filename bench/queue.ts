/**
 * What work queues and controllers cost: `node --conditions=source bench/queue.ts [--keys 100000] [--distinct 1000] [--rounds 7]`.
 *
 * - A controller is asked `keys` times for `distinct` objects while it works, eight at a time; every object must be reconciled at least once and
 *   none twice at a time. Ends with 1 if not.
 * - Adding, getting and finishing an item, in nanoseconds, against a plain array and against a `Map` that drops what is equal, which is the least
 *   that a queue without duplicates can be.
 * - 10,000 additions of different keys.
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { AgeingStorage, createController, WorkQueue } from '../src/controller/index.ts';

export interface QueueBenchOptions {
  /** How often the controller is asked. Default: 100,000. */
  readonly keys?: number;
  /** For how many objects. Default: 1,000. */
  readonly distinct?: number;
  /** Default: 7; the medians are given. */
  readonly rounds?: number;
}

export interface QueueBenchResult {
  readonly controller: {
    readonly requests: number;
    readonly distinct: number;
    /** Objects that were reconciled at least once. */
    readonly reconciled: number;
    readonly runs: number;
    /** Runs that began while another one of the same object was under way. */
    readonly overlaps: number;
    readonly milliseconds: number;
  };
  /** Nanoseconds for one item, added and taken (and, where there is such a thing, finished). */
  readonly perItem: {
    readonly array: number;
    readonly map: number;
    readonly fifo: number;
    readonly ageing: number;
  };
  /** Milliseconds for 10,000 additions of different keys. */
  readonly tenThousandAdds: { readonly fifo: number; readonly ageing: number };
}

/** Measures all of it. The results of the controller are true or false whatever the machine; the times are of this one. */
export async function benchQueue({
  keys = 100_000,
  distinct = 1_000,
  rounds = 7,
}: QueueBenchOptions = {}): Promise<QueueBenchResult> {
  const names = Array.from({ length: 10_000 }, (_, index) => `shop-${index % 100}/widget-${index}`);
  const fifo = () => new WorkQueue();
  const ageing = () => new WorkQueue({ storage: new AgeingStorage() });
  const measures = {
    array: () => throughArray(names),
    map: () => throughMap(names),
    fifo: () => throughQueue(fifo(), names),
    ageing: () => throughQueue(ageing(), names),
  };
  const times = { array: [], map: [], fifo: [], ageing: [] } as Record<keyof typeof measures, number[]>;
  const adds = { fifo: [] as number[], ageing: [] as number[] };
  // In turns, so that whatever else the machine does befalls all of them; the first two rounds only warm up.
  for (let round = -2; round < rounds; round++) {
    for (const name of Object.keys(measures) as (keyof typeof measures)[]) {
      const nanoseconds = ((await timed(measures[name])) * 1e6) / names.length;
      if (round >= 0) times[name].push(nanoseconds);
    }
    for (const [name, make] of [
      ['fifo', fifo],
      ['ageing', ageing],
    ] as const) {
      const queue = make();
      const milliseconds = await timed(() => addAll(queue, names));
      if (round >= 0) adds[name].push(milliseconds);
      queue.shutDown();
    }
  }
  return {
    controller: await askController(keys, distinct),
    perItem: {
      array: median(times.array),
      map: median(times.map),
      fifo: median(times.fifo),
      ageing: median(times.ageing),
    },
    tenThousandAdds: { fifo: median(adds.fifo), ageing: median(adds.ageing) },
  };
}

async function askController(requests: number, distinct: number): Promise<QueueBenchResult['controller']> {
  const running = new Set<string>();
  const reconciled = new Set<string>();
  const abort = new AbortController();
  let runs = 0;
  let overlaps = 0;
  const controller = createController({
    name: 'bench',
    concurrency: 8,
    drain: 60_000,
    reconcile: async ({ name }) => {
      runs++;
      if (running.has(name)) overlaps++;
      running.add(name);
      // A request to the server would give the loop its turn, too.
      await new Promise<void>((resolve) => setImmediate(resolve));
      running.delete(name);
      reconciled.add(name);
    },
  });
  const start = performance.now();
  const ended = controller.run(abort.signal);
  for (let request = 0; request < requests; request++) {
    controller.enqueue({ namespace: 'shop', name: `widget-${(request * 7919) % distinct}` });
    // In bursts, as events come.
    if (request % 500 === 499) await new Promise<void>((resolve) => setImmediate(resolve));
  }
  abort.abort();
  await ended;
  const milliseconds = performance.now() - start;
  return { requests, distinct, reconciled: reconciled.size, runs, overlaps, milliseconds };
}

function throughArray(names: readonly string[]): void {
  const array: string[] = [];
  for (const name of names) array.push(name);
  let length = 0;
  for (const name of array) length += name.length;
  keep(length);
}

function throughMap(names: readonly string[]): void {
  const map = new Map<string, string>();
  for (const name of names) map.set(name, name);
  let length = 0;
  for (const [name] of map) {
    length += name.length;
    map.delete(name);
  }
  keep(length);
}

async function throughQueue(queue: WorkQueue, names: readonly string[]): Promise<void> {
  addAll(queue, names);
  let length = 0;
  while (queue.length > 0) {
    const name = (await queue.get())!;
    length += name.length;
    queue.done(name);
  }
  keep(length);
  queue.shutDown();
}

function addAll(queue: WorkQueue, names: readonly string[]): void {
  for (const name of names) queue.add(name);
}

let kept = 0;
/** So that nothing is measured that the compiler has seen through. */
function keep(value: number): void {
  kept = (kept + value) % 1_000_003;
}

async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

async function main(): Promise<void> {
  const option = { type: 'string' } as const;
  const { values } = parseArgs({ options: { keys: option, distinct: option, rounds: option } });
  const { controller, perItem, tenThousandAdds } = await benchQueue({
    ...(values.keys && { keys: Number(values.keys) }),
    ...(values.distinct && { distinct: Number(values.distinct) }),
    ...(values.rounds && { rounds: Number(values.rounds) }),
  });
  const { requests, distinct, reconciled, runs, overlaps, milliseconds } = controller;
  console.log(
    `${requests} requests for ${distinct} objects: ${reconciled} reconciled in ${runs} runs, ${overlaps} overlapped`,
  );
  console.log(`  ${milliseconds.toFixed(0)} ms, ${((milliseconds * 1e6) / requests).toFixed(0)} ns for each request`);
  console.log('one item added, taken and finished, ns:');
  for (const [name, nanoseconds] of Object.entries(perItem)) {
    console.log(
      `  ${name.padEnd(8)}${nanoseconds.toFixed(0).padStart(6)}   ${(nanoseconds / perItem.map).toFixed(2)} × map`,
    );
  }
  console.log(
    `10,000 additions, ms: fifo ${tenThousandAdds.fifo.toFixed(2)}, ageing ${tenThousandAdds.ageing.toFixed(2)}`,
  );
  if (reconciled !== distinct || overlaps > 0) process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
