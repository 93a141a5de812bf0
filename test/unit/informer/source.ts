import type {
  KubeObject,
  ListerWatcher,
  ListOptions,
  ListResult,
  WatchEvent,
  WatchOptions,
  WatchStream,
} from '../../../src/kubernetes/index.ts';
import { ApiStatusError, keyOf, statusOfHttp } from '../../../src/kubernetes/index.ts';
import { KubeInformerError } from '../../../src/runtime/index.ts';
import { settle } from '../../../src/testing/index.ts';

export interface Thing extends KubeObject {
  spec: { size: number };
}

export function thing(name: string, size = 0, extra: Partial<Thing['metadata']> = {}): Thing {
  return {
    apiVersion: 'test/v1',
    kind: 'Thing',
    metadata: { name, namespace: 'shop', uid: '', resourceVersion: '', creationTimestamp: '', ...extra },
    spec: { size },
  };
}

interface Change {
  readonly version: number;
  readonly event: WatchEvent<Thing>;
}

class Stream implements WatchStream<Thing> {
  #batches: WatchEvent<Thing>[][] = [];
  #wake: (() => void) | undefined;
  closed = false;

  push(...events: WatchEvent<Thing>[]): void {
    this.#batches.push(events);
    this.#wake?.();
  }

  close(): void {
    this.closed = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchEvent<Thing>[], void, undefined> {
    for (;;) {
      const batch = this.#batches.shift();
      if (batch) yield batch;
      else if (this.closed) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}

/** A collection on a server that does what the test says. What is written is seen by lists at once, and by watches while they are connected. */
export class Source implements ListerWatcher<Thing> {
  readonly description: string;
  readonly supportsInitialEvents = false;
  readonly requests: string[] = [];
  readonly objects = new Map<string, Thing>();
  /** What the next requests fail with, first come first served. */
  readonly failures: KubeInformerError[] = [];
  /** While it is set, lists wait for it. */
  hold: Promise<void> | undefined;
  #version = 100;
  #uid = 0;
  #changes: Change[] = [];
  #streams = new Set<Stream>();
  #connected = true;

  constructor(description = 'things', objects: readonly Thing[] = []) {
    this.description = description;
    for (const object of objects) this.put(object);
  }

  get version(): string {
    return String(this.#version);
  }

  get openWatches(): number {
    return this.#streams.size;
  }

  /** Creates or changes an object. */
  put(object: Thing): Thing {
    const old = this.objects.get(keyOf(object));
    const uid = object.metadata.uid || old?.metadata.uid || `uid-${++this.#uid}`;
    const stored = { ...object, metadata: { ...object.metadata, uid, resourceVersion: String(++this.#version) } };
    this.objects.set(keyOf(stored), stored);
    this.#change(old ? 'MODIFIED' : 'ADDED', stored);
    return stored;
  }

  delete(name: string, namespace = 'shop'): Thing {
    const old = this.objects.get(`${namespace}/${name}`)!;
    this.objects.delete(keyOf(old));
    const last = { ...old, metadata: { ...old.metadata, resourceVersion: String(++this.#version) } };
    this.#change('DELETED', last);
    return last;
  }

  /** An event as it is, whatever the state of the collection. */
  send(...events: WatchEvent<Thing>[]): void {
    for (const stream of this.#streams) stream.push(...structuredClone(events));
  }

  /** Ends all watches; what is written until `connect` is not sent to anybody. New watches are refused. */
  disconnect(): void {
    this.#connected = false;
    for (const stream of this.#streams) stream.close();
    this.#streams.clear();
  }

  /** @param forget whether the changes of the past can no longer be watched, so that a new list is needed. */
  connect({ forget = false } = {}): void {
    this.#connected = true;
    if (!forget) return;
    this.#version++;
    this.#changes = [];
  }

  async list(options: ListOptions, signal: AbortSignal): Promise<ListResult<Thing>> {
    this.requests.push(`list ${options.resourceVersion ?? ''}`.trim());
    if (this.hold) await Promise.race([this.hold, new Promise((resolve) => signal.addEventListener('abort', resolve))]);
    this.#refuse();
    return {
      items: Array.from(this.objects.values(), (object) => structuredClone(object)),
      resourceVersion: this.version,
      continue: '',
    };
  }

  async watch(options: WatchOptions, signal: AbortSignal): Promise<WatchStream<Thing>> {
    this.requests.push(`watch ${options.resourceVersion}`);
    this.#refuse();
    const from = Number(options.resourceVersion);
    const oldest = this.#changes[0]?.version ?? this.#version + 1;
    if (from + 1 < oldest) throw status(410);
    const stream = new Stream();
    for (const { version, event } of this.#changes) if (version > from) stream.push(structuredClone(event));
    this.#streams.add(stream);
    signal.addEventListener('abort', () => {
      stream.close();
      this.#streams.delete(stream);
    });
    return stream;
  }

  #refuse(): void {
    const failure = this.failures.shift();
    if (failure) throw failure;
    if (!this.#connected) throw new KubeInformerError('ConnectionFailed', 'no connection', { hint: 'Wait.' });
  }

  #change(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: Thing): void {
    const event = { type, object };
    this.#changes.push({ version: this.#version, event });
    this.send(event);
  }
}

export function status(code: number): ApiStatusError {
  return new ApiStatusError(statusOfHttp(code, ''), { request: 'GET things' });
}

/** Lets everything run until `condition` holds; no time passes. */
export async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 50_000; round++) {
    if (condition()) return;
    await settle(1);
  }
  throw new Error(`still not: ${condition}`);
}
