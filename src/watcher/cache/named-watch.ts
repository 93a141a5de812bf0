import { randomUUID } from 'node:crypto';
import { type ApiResource, asKubeInformerError, type Clock, type KubeInformerError } from '../../index.ts';
import type { WatchSpec } from '../config/index.ts';
import type { CachedKind } from './cached-kind.ts';
import type { Catalogue } from './catalogue.ts';
import type { KindLease, Kinds } from './kinds.ts';

export interface NamedWatchOptions {
  readonly kinds: Kinds;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly origin: 'config' | 'api';
  /** What it takes the place of. */
  readonly instead?: NamedWatch;
}

/** A watch that somebody asked for by name: a kind that is held from then on, or from when the cluster first serves it. */
export class NamedWatch {
  readonly spec: WatchSpec;
  readonly origin: 'config' | 'api';
  readonly uid: string;
  /** Wall-clock milliseconds. */
  readonly createdAt: number;
  /** Grows with each change of `spec`. */
  readonly generation: number;
  readonly #kinds: Kinds;
  readonly #catalogue: Catalogue;
  readonly #stopListening: () => void;
  #lease: KindLease | undefined;
  #error: KubeInformerError | undefined;
  /** It was complete once: a short disconnect does not make the service unready. */
  #wasSynced = false;
  #stopped = false;

  constructor(spec: WatchSpec, { kinds, catalogue, clock, origin, instead }: NamedWatchOptions) {
    this.spec = spec;
    this.origin = origin;
    this.uid = instead?.uid ?? randomUUID();
    this.createdAt = instead?.createdAt ?? clock.now();
    this.generation = (instead?.generation ?? 0) + 1;
    this.#kinds = kinds;
    this.#catalogue = catalogue;
    this.#stopListening = catalogue.onChange(() => this.#tryFind());
  }

  /** Looks for the kind on the server; without success it is looked for again whenever discovery changes. */
  async start(): Promise<void> {
    try {
      this.#hold(await this.#catalogue.resolve(this.spec.target));
    } catch (thrown) {
      this.#error = asKubeInformerError(thrown, 'Internal', `watch ${this.spec.name}`, 'Please report this.');
    }
  }

  get kind(): CachedKind | undefined {
    return this.#lease?.kind;
  }

  /** Why it is not complete. */
  get error(): KubeInformerError | undefined {
    return this.kind?.lastError ?? this.#error;
  }

  /** Whether it was complete once. Never goes back. */
  get synced(): boolean {
    this.#wasSynced ||= this.kind?.synced ?? false;
    return this.#wasSynced;
  }

  stop(): void {
    this.#stopped = true;
    this.#stopListening();
    this.#lease?.release();
  }

  #tryFind(): void {
    const found = this.#catalogue.find(this.spec.target);
    if (!found || this.#lease) return;
    try {
      this.#hold(found);
    } catch (thrown) {
      this.#error = asKubeInformerError(thrown, 'Internal', `watch ${this.spec.name}`, 'Please report this.');
    }
  }

  #hold(resource: ApiResource): void {
    if (this.#lease || this.#stopped) return;
    const { namespaces, labelSelector, fieldSelector, metadataOnly, drop, indexes, maxObjects } = this.spec;
    const scope = { namespaces, labelSelector, fieldSelector, metadataOnly };
    this.#lease = this.#kinds.acquire(resource, scope, { drop, indexes, maxObjects, holder: this.origin });
    this.#error = undefined;
  }
}
