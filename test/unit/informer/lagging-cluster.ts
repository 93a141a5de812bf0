import {
  ApiStatusError,
  type ListerWatcher,
  type ListOptions,
  type ListResult,
  statusOfHttp,
  type WatchEvent,
  type WatchOptions,
  type WatchStream,
} from '../../../src/kubernetes/index.ts';
import { type Thing, thing } from './source.ts';

type Change = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly version: number; readonly object: Thing };

interface PendingList {
  readonly scope: string;
  readonly atLeast: number;
  readonly resolve: (result: ListResult<Thing>) => void;
  readonly reject: (error: unknown) => void;
}

/** A watch that brings what has happened when it is told to, and not before. */
class LaggingStream implements WatchStream<Thing> {
  readonly scope: string;
  /** Everything up to this version was sent. */
  sent: number;
  closed = false;
  readonly #batches: WatchEvent<Thing>[][] = [];
  #wake: (() => void) | undefined;

  constructor(scope: string, sent: number) {
    this.scope = scope;
    this.sent = sent;
  }

  push(event: WatchEvent<Thing>): void {
    this.#batches.push([structuredClone(event)]);
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

/**
 * A cluster whose every answer is as late as it is told to be, each list and each watch on its own: lists may show an older state (but none
 * older than was asked for), and one watch may be far behind another.
 */
export class LaggingCluster {
  readonly objects = new Map<string, Thing>();
  /** Scopes that may not be seen. */
  readonly forbidden = new Set<string>();
  readonly streams: LaggingStream[] = [];
  lists: PendingList[] = [];
  requests = 0;
  #version = 100;
  #uid = 0;
  #log: Change[] = [];
  #compacted = 0;

  put(namespace: string, name: string, labels: Record<string, string> = {}): void {
    const key = `${namespace}/${name}`;
    const old = this.objects.get(key);
    const uid = old?.metadata.uid ?? `uid-${++this.#uid}`;
    const version = ++this.#version;
    const object = thing(name, version, { namespace, uid, labels, resourceVersion: String(version) });
    this.objects.set(key, object);
    this.#log.push({ type: old ? 'MODIFIED' : 'ADDED', version, object });
  }

  delete(namespace: string, name: string): void {
    const key = `${namespace}/${name}`;
    const old = this.objects.get(key);
    if (!old) return;
    this.objects.delete(key);
    const version = ++this.#version;
    const object = { ...old, metadata: { ...old.metadata, resourceVersion: String(version) } };
    this.#log.push({ type: 'DELETED', version, object });
  }

  has(uid: string): boolean {
    return Array.from(this.objects.values()).some(({ metadata }) => metadata.uid === uid);
  }

  source(scope: string): ListerWatcher<Thing> {
    return {
      description: scope === '' ? 'things' : `things in ${scope}`,
      supportsInitialEvents: false,
      list: (options, signal) => this.#list(scope, options, signal),
      watch: async (options, signal) => this.#watch(scope, options, signal),
    };
  }

  /** Answers the oldest list that waits, of `scope` if there is one, with a state of `lag` changes ago. */
  answer(scope: string, lag: number): void {
    const pending = this.lists.find((list) => list.scope === scope) ?? this.lists[0];
    if (!pending) return;
    this.lists = this.lists.filter((list) => list !== pending);
    const version = Math.max(pending.atLeast, this.#version - lag, this.#compacted, 100);
    const state = new Map<string, Thing>();
    for (const { type, version: at, object } of this.#log) {
      const { namespace, name } = object.metadata;
      if (at > version || (pending.scope !== '' && namespace !== pending.scope)) continue;
      if (type === 'DELETED') state.delete(`${namespace}/${name}`);
      else state.set(`${namespace}/${name}`, object);
    }
    const items = structuredClone([...state.values()]);
    pending.resolve({ items, resourceVersion: String(version), continue: '' });
  }

  /** Lets the watches of `scope` bring up to `count` more changes. */
  deliver(scope: string, count: number): void {
    for (const stream of this.streams.filter((open) => open.scope === scope)) {
      const due = this.#log.filter(({ version, object }) => version > stream.sent && inScope(scope, object));
      for (const { type, version, object } of due.slice(0, count)) {
        stream.push({ type, object });
        stream.sent = version;
      }
      if (due.length > count) continue;
      stream.sent = this.#version;
      stream.push({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(this.#version) } } });
    }
  }

  /** Ends the watches of `scope` in good order. */
  break(scope: string): void {
    for (const stream of this.streams.filter((open) => open.scope === scope)) stream.close();
    this.#forgetClosed();
  }

  /** What happened until now can no longer be watched. */
  compact(): void {
    this.#compacted = this.#version;
  }

  #list(scope: string, { resourceVersion }: ListOptions, signal: AbortSignal): Promise<ListResult<Thing>> {
    this.requests++;
    if (this.forbidden.has(scope)) throw forbidden();
    return new Promise((resolve, reject) => {
      const pending = { scope, atLeast: Number(resourceVersion || this.#version), resolve, reject };
      this.lists.push(pending);
      signal.addEventListener('abort', () => {
        this.lists = this.lists.filter((list) => list !== pending);
        reject(signal.reason);
      });
    });
  }

  #watch(scope: string, { resourceVersion }: WatchOptions, signal: AbortSignal): WatchStream<Thing> {
    this.requests++;
    if (this.forbidden.has(scope)) throw forbidden();
    if (Number(resourceVersion) < this.#compacted) {
      throw new ApiStatusError(statusOfHttp(410, ''), { request: 'watch of things' });
    }
    const stream = new LaggingStream(scope, Number(resourceVersion));
    this.streams.push(stream);
    signal.addEventListener('abort', () => {
      stream.close();
      this.#forgetClosed();
    });
    return stream;
  }

  #forgetClosed(): void {
    this.streams.splice(0, this.streams.length, ...this.streams.filter(({ closed }) => !closed));
  }
}

function inScope(scope: string, { metadata }: Thing): boolean {
  return scope === '' || metadata.namespace === scope;
}

function forbidden(): ApiStatusError {
  return new ApiStatusError(statusOfHttp(403, ''), { request: 'list of things' });
}
