import type { ApiResource, InformerEvent, InformerStatus, KubeInformerError, KubeObject } from '../../index.ts';
import type { CachedKindOptions, Informer } from './cached-kind-options.ts';
import { EventLog } from './event-log.ts';
import type { CachedObject, Following, FollowOptions, KindEvent, KindListener, KindSnapshot } from './events.ts';
import { follow } from './follow.ts';
import type { KindScope } from './kind-scope.ts';
import type { KindOrigin, KindPhase, KindStatus } from './kind-status.ts';
import { readPath } from './paths.ts';

/** The least time between two attempts that queries ask for, milliseconds. */
const reconnectInterval = 1_000;

/** How often the time of the last contact is looked up anew, milliseconds: it is asked for with every query. */
const contactInterval = 100;

/** One run of an informer: from its start to its end. */
interface Run {
  readonly informer: Informer;
  /** Events that wait to be written into the log. */
  readonly lag: () => number;
}

/**
 * A resource in one scope, cached. The informer under it comes and goes with the definition of the resource; the kind, its log and its followers stay.
 *
 * Invariants:
 * - A follower is told of event `n` after the cache reflects it.
 * - `snapshot().seq` is the position of that very state: the events that were logged, and those that are applied and wait for the log.
 * - Before the first sync nothing is logged: nobody can have seen anything.
 */
export class CachedKind {
  readonly key: string;
  /** The key as it may stand in a header. */
  readonly source: string;
  readonly resource: ApiResource;
  readonly scope: KindScope;
  readonly origin: KindOrigin;
  readonly log: EventLog;
  /** Who needs it, by lease. */
  readonly holders = new Set<{ readonly holder: string }>();
  /** Monotonic milliseconds at which it was last asked for. */
  lastUsedAt: number;
  readonly #options: CachedKindOptions;
  readonly #indexers = new Map<string, (object: CachedObject) => readonly string[]>();
  /** Names of indexes by the path whose values they are over. */
  readonly #indexByPath = new Map<string, string>();
  readonly #waiting = new Set<() => void>();
  #run: Run | undefined;
  #status: InformerStatus | undefined;
  #statusIsOld = true;
  #ended: 'suspended' | 'stopped' | undefined;
  /** Whether the log is written: after the first sync for good. */
  #logging = false;
  #drained: (() => void) | undefined;
  /** The end of the informer that was suspended last: `stop` waits for it, too. */
  #ending: Promise<void> | undefined;
  #contactAt: number | undefined;
  #contactIsOldAt = Number.NEGATIVE_INFINITY;
  #reconnectedAt = Number.NEGATIVE_INFINITY;
  #relistedAt = Number.NEGATIVE_INFINITY;

  constructor(options: CachedKindOptions) {
    this.#options = options;
    this.key = options.key;
    this.source = encodeURI(options.key);
    this.resource = options.resource;
    this.scope = options.scope;
    this.origin = options.origin;
    this.log = new EventLog(options.logLength);
    this.lastUsedAt = options.clock.monotonic();
  }

  /** Begins to watch, for the first time or again. */
  start(): void {
    if (this.#run) return;
    this.#ended = undefined;
    const informer = this.#options.makeInformer(Object.fromEntries(this.#indexers));
    const write = (event: InformerEvent<KubeObject>, change: Pick<KindEvent, 'type' | 'object' | 'oldObject'>) => {
      // What comes while it ends is of no state that anybody can read.
      if (this.#run?.informer === informer) this.#write(event, change);
    };
    const registration = informer.addEventHandler(
      {
        onAdd: (object, event) => write(event, { type: 'ADDED', object, oldObject: undefined }),
        onUpdate: (oldObject, object, event) => write(event, { type: 'MODIFIED', object, oldObject }),
        onDelete: (object, event) => write(event, { type: 'DELETED', object, oldObject: object }),
        onSynced: () => {
          this.#logging = true;
          this.log.note(this.resourceVersion, this.seq);
        },
      },
      { name: 'log' },
    );
    this.#run = { informer, lag: () => registration.lag };
    informer.on('error', this.#options.onError);
    informer.on('stateChange', () => this.#changed());
    informer.on('synced', () => this.#changed());
    informer.start();
    this.#changed();
  }

  /** The definition is gone: ends the informer and tells followers that everything is. `start` brings it back. */
  async suspend(): Promise<void> {
    const run = this.#run;
    if (!run || this.#ended) return;
    this.#ended = 'suspended';
    // What is in the cache and not yet in the log comes first. An informer that ends meanwhile, by `stop` or by itself, has nothing more for the log.
    while (run.lag() > 0) {
      const drained = Promise.withResolvers<void>();
      this.#drained = drained.resolve;
      await Promise.race([drained.promise, run.informer.done.catch(() => undefined)]);
    }
    if (this.#run !== run) return;
    const objects = run.informer.indexer.list();
    this.#run = undefined;
    const ended = run.informer.stop();
    this.#ending = ended;
    // In the same turn: whoever brings the kind back while the informer ends writes after this.
    const at = this.#options.clock.now();
    for (const object of objects)
      this.log.append({ type: 'DELETED', object, oldObject: object, origin: 'kind-removed', at });
    this.#changed();
    await ended;
  }

  /** Ends for good. Nothing is left when the promise resolves. */
  async stop(): Promise<void> {
    this.#ended = 'stopped';
    const run = this.#run;
    this.#run = undefined;
    await Promise.all([run?.informer.stop(), this.#ending]);
    this.#changed();
  }

  get phase(): KindPhase {
    if (this.#ended) return this.#ended;
    const status = this.#current();
    if (!status?.everSynced) return status?.phase === 'failed' ? 'failed' : 'starting';
    if (status.phase === 'failed') return 'failed';
    // A watch that is being renewed has lost nothing; one that is opened after a failure may have.
    const hasContact = status.connected || status.consecutiveFailures === 0;
    return status.phase === 'live' && hasContact ? 'live' : 'disconnected';
  }

  /** Whether what is cached is the state of the server, but for the time of an event. The fast form of `phase === 'live'`. */
  get isLive(): boolean {
    return this.phase === 'live';
  }

  get synced(): boolean {
    return this.#run?.informer.hasSynced() ?? false;
  }

  /** Why it is not live, or what last kept it from being so. */
  get lastError(): KubeInformerError | undefined {
    return this.#current()?.lastError;
  }

  /** When the server was last heard of, wall-clock milliseconds; up to a tenth of a second too early. */
  get lastContactAt(): number | undefined {
    const now = this.#options.clock.monotonic();
    if (now >= this.#contactIsOldAt) {
      this.#contactAt = this.#run?.informer.status().lastContactAt;
      this.#contactIsOldAt = now + contactInterval;
    }
    return this.#contactAt;
  }

  get resourceVersion(): string {
    return this.#run?.informer.indexer.resourceVersion ?? '';
  }

  /** The cache to read from; `undefined` while suspended. Not to be kept. */
  get indexer(): Informer['indexer'] | undefined {
    return this.#run?.informer.indexer;
  }

  /** The informer under it, for whoever measures it; `undefined` while suspended. */
  get informer(): Pick<Informer, 'name' | 'status'> | undefined {
    return this.#run?.informer;
  }

  /** The position of the state that the cache has now. */
  get seq(): number {
    return this.log.seq + (this.#run?.lag() ?? 0);
  }

  /** Adds an index by the values of a function; one of that name that is there already is kept. It outlives the informer. */
  addIndex(name: string, values: (object: CachedObject) => readonly string[]): void {
    if (this.#indexers.has(name)) return;
    this.#indexers.set(name, values);
    this.#run?.informer.addIndexers({ [name]: values });
  }

  /** Adds an index by the scalar at a path. */
  addPathIndex(name: string, path: string): void {
    const read = readPath(path);
    this.addIndex(name, (object) => {
      const value = read(object);
      return value === undefined ? [] : [value];
    });
    this.#indexByPath.set(path.replace(/^\./, ''), name);
  }

  /** The index by the value at a path, if there is one. */
  indexByPath(path: string): string | undefined {
    return this.#indexByPath.get(path);
  }

  get indexNames(): string[] {
    return [...this.#indexers.keys()];
  }

  /** The present state, whole. */
  snapshot(): KindSnapshot {
    const { indexer, seq, resourceVersion } = this;
    this.log.note(resourceVersion, seq);
    return { objects: indexer?.list() ?? [], seq, resourceVersion };
  }

  /** Tells `listener` of the state and of what changes, or of that alone. */
  follow(listener: KindListener, options?: FollowOptions): Following {
    return follow(this, listener, options);
  }

  /** Calls `listener` whenever the phase may have changed. @returns a function that ends this. */
  onChange(listener: () => void): () => void {
    const own = () => listener();
    this.#waiting.add(own);
    return () => void this.#waiting.delete(own);
  }

  /** Asks for contact now instead of after the backoff; at most once a second. */
  reconnect(): void {
    const now = this.#options.clock.monotonic();
    if (now - this.#reconnectedAt < reconnectInterval) return;
    this.#reconnectedAt = now;
    this.#run?.informer.retryNow();
  }

  /**
   * Has the whole state fetched anew; at most once a second. @returns whether it is: there is nothing to fetch of a kind that is not served or has ended.
   */
  relist(): boolean {
    const now = this.#options.clock.monotonic();
    if (!this.#run || now - this.#relistedAt < reconnectInterval) return false;
    this.#relistedAt = now;
    this.#run.informer.relist();
    return true;
  }

  status(): KindStatus {
    const stats = this.#run?.informer.stats();
    return {
      key: this.key,
      phase: this.phase,
      origin: this.origin,
      objects: stats?.objects ?? 0,
      approximateBytes: stats?.approximateBytes ?? 0,
      resourceVersion: this.resourceVersion,
      lastContactAt: this.lastContactAt,
      synced: this.synced,
      lastError: this.lastError,
      holders: Array.from(this.holders, ({ holder }) => holder),
      indexes: this.indexNames,
    };
  }

  #write(event: InformerEvent<KubeObject>, change: Pick<KindEvent, 'type' | 'object' | 'oldObject'>): void {
    const isInitial = event.type === 'add' && event.isInInitialList;
    if (!this.#logging) this.log.skip();
    else {
      const missed = event.type === 'delete' && event.finalStateUnknown;
      const origin = isInitial ? 'kind-added' : missed ? 'missed' : 'live';
      this.log.append({ ...change, origin, at: this.#options.clock.now() });
    }
    if (this.#run?.lag() === 0) this.#drained?.();
  }

  /** The status of the informer, computed anew only after it said that it changed. */
  #current(): InformerStatus | undefined {
    if (this.#statusIsOld) {
      this.#status = this.#run?.informer.status();
      this.#statusIsOld = false;
    }
    return this.#status;
  }

  #changed(): void {
    this.#statusIsOld = true;
    for (const listener of Array.from(this.#waiting)) listener();
  }
}
