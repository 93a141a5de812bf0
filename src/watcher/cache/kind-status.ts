import type { KubeInformerError } from '../../index.ts';

/**
 * What a cached kind is doing.
 *
 * - `starting`: the initial state is on its way. Queries wait.
 * - `live`: the cache follows the server.
 * - `disconnected`: it has no contact and tries to get it; what is cached may be stale.
 * - `suspended`: the server does not serve the resource any more; it comes back by itself.
 * - `failed`: it ended because of an error that no repetition can mend. What is cached is kept, and stale.
 * - `stopped`: it was told to end.
 */
export type KindPhase = 'starting' | 'live' | 'disconnected' | 'suspended' | 'failed' | 'stopped';

/** Why somebody wanted the kind in the first place. */
export type KindOrigin = 'config' | 'api' | 'demand';

/** A snapshot of a kind, for people. */
export interface KindStatus {
  readonly key: string;
  readonly phase: KindPhase;
  readonly origin: KindOrigin;
  readonly objects: number;
  readonly approximateBytes: number;
  readonly resourceVersion: string;
  /** Wall-clock milliseconds. */
  readonly lastContactAt: number | undefined;
  readonly synced: boolean;
  readonly lastError: KubeInformerError | undefined;
  /** Who holds it. */
  readonly holders: readonly string[];
  readonly indexes: readonly string[];
}
