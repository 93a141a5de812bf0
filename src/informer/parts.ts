import type { KubeObject, ListerWatcher } from '../kubernetes/index.ts';
import { Reflector, type ReflectorFailure, type ReflectorOptions, type ReflectorStatus } from '../reflector/index.ts';
import { asKubeInformerError, KubeInformerError } from '../runtime/index.ts';
import { aborted, closePart, type Feed, type FeedOptions, newPart } from './feed.ts';
import type { Ownership } from './ownership.ts';
import type { Part } from './part.ts';
import { type NamespacedListerWatcher, type Sources, storeOf } from './sources.ts';

export interface PartsOptions<T extends KubeObject> extends FeedOptions<T> {
  /** The name of the informer. */
  readonly name: string;
  readonly sources: Sources<T>;
  /** Needed if the namespaces may be watched all at once. */
  readonly ownership: Ownership<T> | undefined;
  readonly reflector: Omit<ReflectorOptions<T>, 'listerWatcher' | 'store' | 'name' | 'onFailure'>;
}

interface Running<T extends KubeObject> {
  readonly part: Part<T>;
  readonly reflector: Reflector<T>;
  readonly stopper: AbortController;
}

/**
 * The reflectors of an informer: one for each namespace, or one for all of them.
 *
 * A set of namespaces that changes is watched in one of two ways, and moves between them without a gap (see `Ownership`):
 *
 * ```
 *                 more than clusterWideAbove: the part of all is opened;
 *                 each namespace stays with its own part until that of all has listed
 *        ┌──────┐ ──────────────────────────────────────────────────────────────► ┌─────┐
 *        │ many │                                                                 │ one │
 *        └──────┘ ◄────────────────────────────────────────────────────────────── └─────┘
 *                 three quarters of it, or forbidden: each namespace gets its own part;
 *                 that of all is closed when each of them has listed
 * ```
 *
 * In `one`, a namespace that joins is listed and watched on its own until the part of all, which dropped what it told of it until now, is level.
 *
 * Invariants:
 * - For each wanted namespace there is at least one part that tells of it, or will: its own, or that of all.
 * - A part that nobody needs any more is closed at once; its reflector has ended when `run` resolves.
 * - A namespace that left has no part, and its objects are purged before anything else is applied.
 * - Once forbidden, all namespaces at once are not asked for again.
 */
export class Parts<T extends KubeObject> implements Feed<T> {
  readonly #options: PartsOptions<T>;
  readonly #changing: NamespacedListerWatcher<T> | undefined;
  readonly #running = new Map<string, Running<T>>();
  readonly #ends = new Set<Promise<void>>();
  /** Namespaces, or all of them (`''`), whose first complete state is to be in the cache; `undefined`: not known which. */
  #unsynced: Set<string> | undefined;
  #wanted: ReadonlySet<string> = new Set();
  #way: 'many' | 'one' = 'many';
  #forbidden = false;
  #synced = false;
  #signal: AbortSignal | undefined;

  constructor(options: PartsOptions<T>) {
    this.#options = options;
    const { sources } = options;
    if ('namespaces' in sources) {
      this.#changing = sources;
      return;
    }
    this.#unsynced = new Set(sources.keys());
    for (const [scope, source] of sources) this.#open(scope, source);
  }

  get synced(): boolean {
    return this.#synced;
  }

  get awaiting(): { readonly error: KubeInformerError | undefined } | undefined {
    return this.#unsynced ? undefined : { error: this.#changing?.namespaces.lastError };
  }

  reflectors(): ReadonlyMap<string, ReflectorStatus> {
    const statuses = new Map<string, ReflectorStatus>();
    const needed = this.#needed();
    for (const [scope, { part, reflector }] of this.#running)
      if (needed?.has(part) ?? true) statuses.set(scope, reflector.status);
    return statuses;
  }

  reconnect(): void {
    for (const { reflector } of this.#running.values()) reflector.reconnect();
  }

  relist(): void {
    for (const { reflector } of this.#running.values()) reflector.relist();
  }

  retryNow(): void {
    for (const { reflector } of this.#running.values()) reflector.retryNow();
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    const end = aborted(signal).then(() => {
      for (const { stopper } of this.#running.values()) stopper.abort(signal.reason);
    });
    for (const running of this.#running.values()) this.#begin(running);
    if (!signal.aborted && this.#changing) {
      const { namespaces } = this.#changing;
      const { onEnd, name } = this.#options;
      const unsubscribe = namespaces.subscribe(() => this.#follow());
      const used = namespaces.use?.(signal).catch((thrown: unknown) => {
        onEnd(asKubeInformerError(thrown, 'Internal', `the namespaces of ${name}`, 'Please report this.'));
      });
      this.#follow();
      await end;
      unsubscribe();
      await used;
    }
    await end;
    await Promise.all(this.#ends);
    for (const { part } of this.#running.values()) closePart(part);
  }

  onListed(part: Part<T>): void {
    this.#unsynced?.delete(part.scope);
    const { ownership } = this.#options;
    if (ownership) {
      for (const namespace of this.#unsynced ?? []) if (ownership.ownerOf(namespace)) this.#unsynced?.delete(namespace);
      this.#arrange(ownership);
    }
    this.#checkSynced();
  }

  onProgress({ scope }: Part<T>): void {
    const all = this.#running.get('')?.part;
    if (this.#way === 'many' || scope === '' || !all?.listed) return;
    if (this.#options.ownership?.handOver(scope, all)) this.#close(scope);
  }

  /** The namespaces may have changed. */
  #follow(): void {
    const wanted = this.#changing?.namespaces.current;
    if (!wanted || !this.#changing || this.#signal?.aborted) return;
    const { ownership, applier, turns } = this.#options;
    const before = this.#wanted;
    this.#wanted = new Set(wanted);
    this.#unsynced ??= new Set();
    for (const namespace of before) {
      if (wanted.has(namespace)) continue;
      ownership?.leave(namespace);
      this.#close(namespace);
      this.#unsynced.delete(namespace);
      applier.purge(namespace);
      turns.take(applier.apply);
    }
    for (const namespace of wanted) {
      if (before.has(namespace)) continue;
      ownership?.join(namespace, this.#running.get('')?.part);
      if (!this.#synced) this.#unsynced.add(namespace);
    }
    if (ownership) this.#arrange(ownership);
    else for (const namespace of wanted) this.#need(namespace);
    this.#checkSynced();
  }

  /** Opens the parts that are needed, and closes those that are not. */
  #arrange(ownership: Ownership<T>): void {
    const above = this.#changing?.clusterWideAbove ?? Number.POSITIVE_INFINITY;
    const { size } = this.#wanted;
    if (this.#forbidden || size <= Math.floor(above * 0.75)) this.#way = 'many';
    else if (size > above) this.#way = 'one';
    if (this.#way === 'many') {
      for (const namespace of this.#wanted) this.#need(namespace);
      const all = this.#running.get('')?.part;
      const owns = (namespace: string) => ownership.ownerOf(namespace) === all;
      if (all && !Array.from(this.#wanted).some(owns)) this.#close('');
      return;
    }
    this.#need('');
    const all = this.#running.get('')?.part;
    // Until it has listed, what runs goes on; what has joined since will be in that list.
    if (!all?.listed) return;
    for (const namespace of this.#wanted) {
      if (ownership.handOver(namespace, all)) this.#close(namespace);
      else this.#need(namespace);
    }
  }

  /** The parts whose word counts, or will be the first about a namespace; `undefined`: all that there are. */
  #needed(): ReadonlySet<Part<T>> | undefined {
    const { ownership } = this.#options;
    if (!ownership) return undefined;
    const needed = new Set<Part<T>>();
    for (const namespace of this.#wanted) {
      const part = ownership.ownerOf(namespace) ?? this.#running.get(namespace)?.part ?? this.#running.get('')?.part;
      if (part) needed.add(part);
    }
    return needed;
  }

  #need(scope: string): void {
    if (this.#running.has(scope) || !this.#changing) return;
    this.#begin(this.#open(scope, this.#changing.source(scope)));
  }

  #open(scope: string, listerWatcher: ListerWatcher<T>): Running<T> {
    const { name, reflector: handed } = this.#options;
    const part = newPart(scope, this.#options);
    const reflector = new Reflector<T>({
      ...handed,
      listerWatcher,
      name: scope === '' ? name : `${name} in ${scope}`,
      store: storeOf(part.queue, scope),
      onFailure: (failure) => this.#failed(scope, failure),
    });
    const running = { part, reflector, stopper: new AbortController() };
    this.#running.set(scope, running);
    return running;
  }

  #begin({ part, reflector, stopper }: Running<T>): void {
    const { name, onEnd, ownership } = this.#options;
    if (this.#signal?.aborted) stopper.abort(this.#signal.reason);
    const run = async () => {
      try {
        await reflector.run(stopper.signal);
      } catch (thrown) {
        // It may have been given up because of that very failure; and where it can be done without, `#failed` has seen to that.
        const dispensable = part.scope === '' && ownership !== undefined;
        if (!part.closed && !dispensable) onEnd(asKubeInformerError(thrown, 'Internal', name, 'Please report this.'));
      }
    };
    const end = run().finally(() => this.#ends.delete(end));
    this.#ends.add(end);
  }

  #close(scope: string): void {
    const running = this.#running.get(scope);
    if (!running) return;
    this.#running.delete(scope);
    closePart(running.part);
    running.stopper.abort();
    this.#options.onStateChange();
  }

  #failed(scope: string, { error, action }: ReflectorFailure): void {
    const { report, ownership, name } = this.#options;
    report(error);
    if (scope !== '' || !ownership || this.#way === 'many') return;
    const forbidden = 'class' in error && error.class === 'forbidden';
    if (!forbidden && action !== 'fail') return;
    this.#forbidden = true;
    const size = this.#wanted.size;
    report(
      new KubeInformerError('ClusterWideFailed', `${name} can't watch all namespaces at once: ${error.message}`, {
        cause: error,
        hint: `It watches ${size} namespaces one by one instead. Grant list and watch in a ClusterRole, or raise clusterWideAbove.`,
      }),
    );
    this.#arrange(ownership);
  }

  #checkSynced(): void {
    if (this.#synced || this.#unsynced?.size !== 0) return;
    this.#synced = true;
    this.#options.onSynced();
  }
}
