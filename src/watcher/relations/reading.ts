import { type ApiResource, ApiStatusError, type Clock, gvrText, keyOf } from '../../index.ts';
import type { CachedKind, CachedObject, Catalogue, Following, KindEvent, KindLease, Kinds } from '../cache/index.ts';
import { contact } from '../query/index.ts';
import type { Link, RelationKind } from './relation.ts';
import type { Reader } from './tree.ts';

export interface ReadingOptions {
  readonly kinds: Kinds;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  /** Milliseconds that the first sync of a kind, or contact with the server, is waited for. */
  readonly maxWait: number;
  /** Names the leases. */
  readonly holder: string;
  /** @throws ApiStatusError 403 unless the objects of a kind may be seen: those of a namespace, or all. */
  readonly authorize: (resource: ApiResource, namespace: string | undefined) => Promise<void> | undefined;
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal;
  /** What was read last may be different now. */
  readonly onStale: () => void;
}

/** Some objects of a kind by a text, as an index gives them. */
export interface IndexedBy {
  readonly name: string;
  readonly values: (object: CachedObject) => readonly string[];
}

/** A kind that is needed, where the objects at hand are. */
interface Need {
  readonly resource: ApiResource;
  /** `undefined`: all. */
  readonly namespace: string | undefined;
  /** Only if it is cached already and may be seen. */
  readonly isOptional: boolean;
}

/** The texts that were looked up in an index of a kind. */
type Dependencies = Map<string, { readonly index: IndexedBy; readonly keys: Set<string> }>;

const byKey: IndexedBy = { name: 'relation key', values: (object) => [keyOf(object)] };

/**
 * What one question (or one watch) reads: kinds that it holds, and what it looked up in them.
 *
 * Invariants:
 * - Everything is read from kinds that the caller may list where they are read: a kind is held after it was authorized, for the namespace that was.
 * - Whatever changes the result of a look-up is an object that has, or had, one of the texts that were looked up; so `onStale` is called for these alone.
 */
export class Reading implements Reader {
  readonly #options: ReadingOptions;
  readonly #held = new Map<string, KindLease>();
  readonly #following: Following[] = [];
  /** Optional ones that the caller may not see. */
  readonly #denied = new Set<string>();
  #missing = new Map<string, Need>();
  #dependencies = new Map<CachedKind, Dependencies>();
  readonly #stopListening: (() => void)[];
  readonly #ending = new AbortController();

  constructor(options: ReadingOptions) {
    this.#options = options;
    const { kinds, catalogue, onStale } = options;
    this.#stopListening = [kinds.onChange(onStale), catalogue.onChange(onStale)];
  }

  /**
   * Reads again and again until everything that is needed was there.
   *
   * @throws ApiStatusError 403, 404, 429: a kind may not be seen, is not served, may not be watched
   */
  async settle<T>(read: () => T): Promise<T> {
    for (;;) {
      this.#missing.clear();
      this.#dependencies = new Map();
      const result = read();
      if (this.#missing.size === 0) return result;
      await Promise.all(Array.from(this.#missing, ([key, need]) => this.#acquire(key, need)));
    }
  }

  linked(link: Link, end: 'from' | 'to', object: CachedObject): readonly CachedObject[] {
    const resource = this.resource(link[end]);
    if (!resource) return [];
    const isLocal = this.#isLocal(link);
    const keys = end === 'to' ? link.fromKeys(object) : link.toKeys(object);
    const namespace = object.metadata.namespace;
    const wanted = isLocal ? keys.map((key) => `${namespace}/${key}`) : keys;
    const values = end === 'to' ? link.toKeys : link.fromKeys;
    const index: IndexedBy = {
      name: `relation ${link.name} ${end}`,
      values: isLocal ? (each) => values(each).map((key) => `${each.metadata.namespace}/${key}`) : values,
    };
    return this.#find(resource, isLocal ? namespace : undefined, index, wanted);
  }

  /** Asks for the kinds of a link where they will be needed. */
  want(link: Link, namespace: string | undefined): void {
    const isLocal = this.#isLocal(link);
    for (const kind of [link.from, link.to]) {
      const resource = this.resource(kind);
      if (resource) this.kind(resource, isLocal && resource.namespaced ? namespace : undefined);
    }
  }

  /** One object by its name. */
  get(resource: ApiResource, namespace: string | undefined, name: string): CachedObject | undefined {
    const key = namespace === undefined ? name : `${namespace}/${name}`;
    const kind = this.kind(resource, namespace);
    if (!kind) return undefined;
    this.#depends(kind, byKey, [key]);
    return kind.indexer?.get(key);
  }

  /** The objects of kinds that are cached already, by a text in an index. */
  cached(namespace: string | undefined, index: IndexedBy, key: string): CachedObject[] {
    const resources = new Map(this.#options.kinds.all().map(({ resource }) => [gvrText(resource), resource]));
    return Array.from(resources.values()).flatMap((resource) => {
      if (namespace !== undefined && !resource.namespaced) return [];
      if (!this.#options.kinds.covering(resource, namespace)) return [];
      const kind = this.kind(resource, namespace, true);
      return kind ? this.#lookUp(kind, index, [key]) : [];
    });
  }

  /** What is served under a name; `undefined` if nothing is. */
  resource({ group = '', version, kind }: RelationKind): ApiResource | undefined {
    return this.#options.catalogue.find({ group, version, kind });
  }

  /** The kind that has all objects of a namespace, if it is held; else it is needed. */
  kind(resource: ApiResource, namespace: string | undefined, isOptional = false): CachedKind | undefined {
    const key = `${gvrText(resource)} ${namespace ?? '*'}`;
    const kind = this.#held.get(key)?.kind;
    if (!kind && !this.#denied.has(key)) this.#missing.set(key, { resource, namespace, isOptional });
    return kind;
  }

  /** How far each kind had come, by resource. */
  versions(): Record<string, string> {
    return Object.fromEntries(
      Array.from(this.#held.values(), ({ kind }) => [gvrText(kind.resource), kind.resourceVersion] as const).sort(),
    );
  }

  /** Whether all that was needed is cached. */
  get complete(): boolean {
    return Array.from(this.#held.values()).every(({ kind }) => kind.synced);
  }

  close(): void {
    this.#ending.abort();
    for (const stop of this.#stopListening) stop();
    for (const following of this.#following) following.stop();
    for (const lease of this.#held.values()) lease.release();
  }

  #isLocal(link: Link): boolean {
    return link.isLocal && [link.from, link.to].every((kind) => this.resource(kind)?.namespaced);
  }

  #find(
    resource: ApiResource,
    namespace: string | undefined,
    index: IndexedBy,
    keys: readonly string[],
  ): readonly CachedObject[] {
    const kind = this.kind(resource, namespace);
    return kind ? this.#lookUp(kind, index, keys) : [];
  }

  #lookUp(kind: CachedKind, index: IndexedBy, keys: readonly string[]): readonly CachedObject[] {
    kind.addIndex(index.name, index.values);
    this.#depends(kind, index, keys);
    const { indexer } = kind;
    if (!indexer) return [];
    const found = new Set<CachedObject>();
    for (const key of keys) for (const object of indexer.byIndex(index.name, key)) found.add(object);
    return [...found];
  }

  #depends(kind: CachedKind, index: IndexedBy, keys: readonly string[]): void {
    const dependencies: Dependencies = this.#dependencies.get(kind) ?? new Map();
    this.#dependencies.set(kind, dependencies);
    const known = dependencies.get(index.name) ?? { index, keys: new Set() };
    dependencies.set(index.name, known);
    for (const key of keys) known.keys.add(key);
  }

  async #acquire(key: string, { resource, namespace, isOptional }: Need): Promise<void> {
    const { kinds, clock, maxWait, holder, authorize, signal } = this.#options;
    try {
      await authorize(resource, namespace);
    } catch (thrown) {
      if (!isOptional || !(thrown instanceof ApiStatusError) || thrown.status.code !== 403) throw thrown;
      this.#denied.add(key);
      return;
    }
    // Another kind that was needed was refused meanwhile.
    if (this.#ending.signal.aborted) return;
    const kind = isOptional ? kinds.covering(resource, namespace) : kinds.forQuery(resource, namespace, {}, false).kind;
    // It ended meanwhile.
    if (!kind) return;
    this.#held.set(key, kinds.hold(kind, holder));
    this.#following.push(kind.follow({ onEvent: (event) => this.#told(kind, event) }, { from: 'now' }));
    try {
      const either = AbortSignal.any([signal, this.#ending.signal]);
      await contact(kind, { clock, signal: either, maxWait, thenServeStale: true });
    } catch (thrown) {
      // The answer says that it is not complete.
      const isLate = thrown instanceof ApiStatusError && thrown.status.code === 503;
      if (!isLate) throw thrown;
    }
  }

  #told(kind: CachedKind, { object, oldObject }: KindEvent): void {
    for (const { index, keys } of this.#dependencies.get(kind)?.values() ?? []) {
      const isOne = (each: CachedObject) => index.values(each).some((key) => keys.has(key));
      if (isOne(object) || (oldObject && isOne(oldObject))) {
        this.#options.onStale();
        return;
      }
    }
  }
}
