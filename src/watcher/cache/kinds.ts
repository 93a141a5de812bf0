import PQueue from 'p-queue';
import {
  type ApiResource,
  asKubeInformerError,
  gvrText,
  type KubeClient,
  type KubeInformerError,
} from '../../index.ts';
import type { IndexSpec, WatcherConfig } from '../config/index.ts';
import { CachedKind } from './cached-kind.ts';
import type { Catalogue } from './catalogue.ts';
import { keyOfKind, scopeOf, type WantedScope } from './kind-scope.ts';
import type { KindOrigin } from './kind-status.ts';
import { type InformerParts, makeInformer } from './make-informer.ts';
import { isSecret, mayWatchOnDemand } from './policy.ts';
import { refusal } from './refusal.ts';

export interface KindsOptions extends Omit<InformerParts, 'lists' | 'config'> {
  readonly config: WatcherConfig;
  readonly catalogue: Catalogue;
  /** Makes a client for a kind with a session of its own; it is closed with the kind. */
  readonly openClient: () => KubeClient;
  readonly onError: (error: KubeInformerError, kind: string) => void;
}

/** What is wanted of a kind beside its scope. */
export interface KindWishes {
  readonly drop?: readonly string[];
  readonly indexes?: readonly IndexSpec[];
  readonly maxObjects?: number | undefined;
}

/** A hold on a kind: it stays as long as anybody has one. */
export interface KindLease {
  readonly kind: CachedKind;
  /** Idempotent. */
  release(): void;
}

const defaultDrop = ['metadata.managedFields'];

/**
 * All cached kinds, one for each distinct collection.
 *
 * Invariants: a kind is started once, however many ask for it at the same time; kinds that only queries asked for count against `maxKinds`, and end when
 * nobody has asked for `idleTtlSeconds`; a kind that a lease holds does not end.
 */
export class Kinds {
  readonly #options: KindsOptions;
  readonly #parts: InformerParts;
  readonly #kinds = new Map<string, CachedKind>();
  /** By resource, shared kinds (no selectors) first. */
  readonly #byResource = new Map<string, CachedKind[]>();
  readonly #stopReconciling: () => void;
  readonly #stopIdling = new Map<CachedKind, () => void>();
  readonly #listeners = new Set<() => void>();
  readonly #sessions = new Map<CachedKind, KubeClient>();
  /** Kinds that are about to end. */
  readonly #leaving = new Set<Promise<void>>();
  #closed = false;

  constructor(options: KindsOptions) {
    this.#options = options;
    const lists = new PQueue({ concurrency: options.config.cluster.maxParallelLists });
    this.#parts = { ...options, lists };
    this.#stopReconciling = options.catalogue.onChange(() => this.#reconcile());
  }

  all(): CachedKind[] {
    return [...this.#kinds.values()];
  }

  get(key: string): CachedKind | undefined {
    return this.#kinds.get(key);
  }

  /**
   * Holds a kind, and starts it if it is not there.
   *
   * @throws ApiStatusError 403 for Secrets that are not to be served, 503 after `close`.
   */
  acquire(
    resource: ApiResource,
    wanted: WantedScope,
    { holder, ...wishes }: KindWishes & { readonly holder: string },
  ): KindLease {
    this.#refuseSecrets(resource);
    const kind = this.#open(resource, wanted, holder === 'config' ? 'config' : 'api', wishes);
    return this.hold(kind, holder);
  }

  /** Keeps a kind that is there from ending. */
  hold(kind: CachedKind, holder: string): KindLease {
    const hold = { holder };
    kind.holders.add(hold);
    return {
      kind,
      release: () => {
        if (!kind.holders.delete(hold)) return;
        kind.lastUsedAt = this.#options.clock.monotonic();
        if (kind.holders.size === 0 && this.#kinds.get(kind.key) === kind) this.#idle(kind);
      },
    };
  }

  /**
   * The kind that a query is to be answered from, started if it may be.
   *
   * @param namespace `undefined` for all.
   * @throws ApiStatusError 403, 404, 429
   */
  forQuery(
    resource: ApiResource,
    namespace: string | undefined,
    selectors: Pick<WantedScope, 'labelSelector' | 'fieldSelector'>,
    dedicated: boolean,
  ): { readonly kind: CachedKind; readonly isNew: boolean } {
    this.#refuseSecrets(resource);
    if (!dedicated) {
      const known = this.covering(resource, namespace);
      if (known) return { kind: known, isNew: false };
    }
    const wanted: WantedScope = dedicated
      ? { ...selectors, namespaces: namespace === undefined ? '*' : [namespace] }
      : {};
    const key = keyOfKind(resource, scopeOf(resource, wanted));
    const known = this.#kinds.get(key);
    if (known) {
      known.lastUsedAt = this.#options.clock.monotonic();
      return { kind: known, isNew: false };
    }
    this.#refuseOnDemand(resource);
    const { maxObjects } = this.#options.config.onDemandWatch;
    const kind = this.#open(resource, wanted, 'demand', { maxObjects });
    this.#idle(kind);
    return { kind, isNew: true };
  }

  /** A kind without selectors that has all objects of a namespace (`undefined`: of all). */
  covering(resource: ApiResource, namespace: string | undefined): CachedKind | undefined {
    for (const kind of this.#byResource.get(gvrText(resource)) ?? []) {
      const { namespaces, labelSelector, fieldSelector, metadataOnly } = kind.scope;
      if (labelSelector !== '' || fieldSelector !== '' || metadataOnly) continue;
      if (namespaces !== '*' && (namespace === undefined || !namespaces.includes(namespace))) continue;
      kind.lastUsedAt = this.#options.clock.monotonic();
      return kind;
    }
    return undefined;
  }

  /** Calls `listener` whenever the phase of a kind may have changed. @returns a function that ends this. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #changed(): void {
    for (const listener of Array.from(this.#listeners)) listener();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopReconciling();
    for (const stop of this.#stopIdling.values()) stop();
    await Promise.all([...this.all().map((kind) => this.#end(kind)), ...this.#leaving]);
    this.#kinds.clear();
    this.#byResource.clear();
  }

  #open(resource: ApiResource, wanted: WantedScope, origin: KindOrigin, wishes: KindWishes): CachedKind {
    if (this.#closed) throw refusal(503, 'ServiceUnavailable', 'the service is about to stop');
    const scope = scopeOf(resource, wanted);
    const key = keyOfKind(resource, scope);
    const known = this.#kinds.get(key);
    const { clock, config, onError } = this.#options;
    const { drop = defaultDrop, indexes = [], maxObjects } = wishes;
    const session = known || scope.session === 'shared' ? undefined : this.#options.openClient();
    const parts = session ? { ...this.#parts, client: session } : this.#parts;
    const kind =
      known ??
      new CachedKind({
        key,
        resource,
        scope,
        origin,
        logLength: config.query.logLength,
        clock,
        makeInformer: (indexers) => makeInformer(parts, { name: key, resource, scope, drop, maxObjects, indexers }),
        onError: (error) => onError(error, key),
      });
    for (const { name, path } of indexes) kind.addPathIndex(name, path);
    if (known) return known;
    if (session) this.#sessions.set(kind, session);
    this.#kinds.set(key, kind);
    const siblings = this.#byResource.get(gvrText(resource)) ?? [];
    this.#byResource.set(gvrText(resource), [...siblings, kind]);
    kind.onChange(() => this.#changed());
    kind.start();
    return kind;
  }

  #refuseSecrets(resource: ApiResource): void {
    if (this.#options.config.secrets !== 'denied' || !isSecret(resource)) return;
    throw refusal(403, 'Forbidden', 'Secrets are not served: the configuration of the watcher does not allow it', {
      kind: resource.resource,
    });
  }

  #refuseOnDemand(resource: ApiResource): void {
    const { onDemandWatch } = this.#options.config;
    const { group, resource: kind } = resource;
    if (!mayWatchOnDemand(onDemandWatch, resource)) {
      const configured = this.all().filter(({ origin }) => origin !== 'demand');
      const there =
        configured
          .map(({ key }) => key)
          .sort()
          .join('; ') || 'none';
      throw refusal(
        404,
        'NotFound',
        `${gvrText(resource)} is not watched, and may not be on demand; watched are: ${there}`,
        { group, kind },
      );
    }
    const onDemand = this.all().filter(({ origin }) => origin === 'demand').length;
    if (onDemand < onDemandWatch.maxKinds) return;
    throw refusal(
      429,
      'TooManyWatches',
      `${onDemand} kinds are watched on demand, and no more than ${onDemandWatch.maxKinds} may be`,
      {
        group,
        kind,
        retryAfterSeconds: 30,
      },
    );
  }

  /** Ends a kind that only queries want, once they no longer do. */
  #idle(kind: CachedKind): void {
    const { config, clock } = this.#options;
    const ttl = config.onDemandWatch.idleTtlSeconds * 1_000;
    if (kind.origin !== 'demand') {
      if (kind.holders.size === 0) this.#remove(kind);
      return;
    }
    if (ttl === 0 || this.#stopIdling.has(kind)) return;
    const check = () => {
      const left = kind.lastUsedAt + ttl - clock.monotonic();
      this.#stopIdling.delete(kind);
      if (kind.holders.size > 0) return;
      if (left <= 0) return this.#remove(kind);
      const timer = clock.setTimer(check, left);
      this.#stopIdling.set(kind, () => timer.cancel());
    };
    check();
  }

  #remove(kind: CachedKind): void {
    this.#stopIdling.get(kind)?.();
    this.#stopIdling.delete(kind);
    this.#kinds.delete(kind.key);
    const name = gvrText(kind.resource);
    const left = (this.#byResource.get(name) ?? []).filter((other) => other !== kind);
    if (left.length > 0) this.#byResource.set(name, left);
    else this.#byResource.delete(name);
    const end = this.#end(kind).finally(() => this.#leaving.delete(end));
    this.#leaving.add(end);
  }

  async #end(kind: CachedKind): Promise<void> {
    await kind.stop();
    await this.#sessions.get(kind)?.close();
    this.#sessions.delete(kind);
  }

  /** Suspends kinds that are no longer served, and starts those that are again. */
  #reconcile(): void {
    const { catalogue } = this.#options;
    if (this.#closed || !catalogue.ready) return;
    for (const kind of this.#kinds.values()) {
      const isServed = catalogue.isServed(kind.resource);
      if (isServed && kind.phase === 'suspended') kind.start();
      // It may be back by the time that it is suspended.
      if (!isServed && kind.phase !== 'suspended') void this.#suspend(kind);
    }
  }

  async #suspend(kind: CachedKind): Promise<void> {
    try {
      await kind.suspend();
    } catch (thrown) {
      const hint = 'Please report this.';
      this.#options.onError(
        asKubeInformerError(thrown, 'Internal', `${kind.key} could not be suspended`, hint),
        kind.key,
      );
    }
    this.#reconcile();
  }
}
