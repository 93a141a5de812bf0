import type { ReflectorStatus } from '../reflector/index.ts';
import type { KubeInformerError } from '../runtime/index.ts';

/**
 * What an informer is doing.
 *
 * - `idle`: not started.
 * - `listing`: the initial state is on its way.
 * - `live`: the cache follows the server.
 * - `reconnecting`: it has no contact, and tries to get it; the cache may be stale.
 * - `suspended`: the server does not serve the resource (404), or does not let us see it (403); tried again now and then.
 * - `stopped`: ended, or about to end, because it was told to.
 * - `failed`: ended because of an error that no repetition can mend.
 */
export type InformerPhase = 'idle' | 'listing' | 'live' | 'reconnecting' | 'suspended' | 'stopped' | 'failed';

/** A snapshot. Times are wall-clock milliseconds since the epoch, `undefined` for what has not happened. */
export interface InformerStatus {
  readonly phase: InformerPhase;
  /** The whole initial state was in the cache once. Never goes back. */
  readonly everSynced: boolean;
  /** A watch is open for every namespace that is watched. */
  readonly connected: boolean;
  /** Objects in the cache. */
  readonly objects: number;
  /**
   * The cache reflects everything up to this version; `''` before the first list. Of several namespaces: the version of the one that was heard
   * of last; `reflectors` has one for each.
   */
  readonly resourceVersion: string;
  /** When the server was last heard of: the oldest of all namespaces. */
  readonly lastContactAt: number | undefined;
  readonly lastSyncAt: number | undefined;
  readonly consecutiveFailures: number;
  /** When the next attempt is due, while it waits for one. */
  readonly nextAttemptAt: number | undefined;
  /** What keeps it from being live, or else the last thing that did. */
  readonly lastError: KubeInformerError | undefined;
  /** How far each handler is behind, in events. */
  readonly handlers: readonly { readonly name: string; readonly lag: number; readonly hasSynced: boolean }[];
  /** By namespace; `''` is all of them. */
  readonly reflectors: ReadonlyMap<string, ReflectorStatus>;
}

export interface OwnStatus extends Pick<InformerStatus, 'everSynced' | 'objects' | 'resourceVersion' | 'handlers'> {
  readonly started: boolean;
  /** It was told to stop, or failed. */
  readonly ended: boolean;
  /** It does not know yet what it is to hold, and why. */
  readonly awaiting: { readonly error: KubeInformerError | undefined } | undefined;
  readonly failure: KubeInformerError | undefined;
}

/** The status of an informer, from those of its reflectors and what it knows itself. */
export function statusOf(
  reflectors: ReadonlyMap<string, ReflectorStatus>,
  { started, ended, awaiting, failure, ...own }: OwnStatus,
): InformerStatus {
  const all = Array.from(reflectors.values());
  const waiting = all.flatMap(({ state }) => (state.phase === 'waiting' ? [state] : []));
  const phase = ended ? (failure ? 'failed' : 'stopped') : phaseOf(all, started, awaiting !== undefined);
  return {
    ...own,
    phase,
    connected: !awaiting && all.every(({ state }) => state.phase === 'live'),
    lastContactAt: oldest(all.map((status) => status.lastContactAt)),
    lastSyncAt: oldest(all.map((status) => status.lastSyncAt)),
    consecutiveFailures: Math.max(0, ...all.map((status) => status.consecutiveFailures)),
    nextAttemptAt: waiting.length > 0 ? Math.min(...waiting.map(({ until }) => until)) : undefined,
    lastError: failure ?? awaiting?.error ?? waiting[0]?.error ?? all.find((status) => status.lastError)?.lastError,
    reflectors,
  };
}

/** The phase of an informer, from those of its reflectors: the worst one decides. */
function phaseOf(reflectors: readonly ReflectorStatus[], started: boolean, awaiting: boolean): InformerPhase {
  if (!started) return 'idle';
  let worst: InformerPhase = awaiting ? 'listing' : 'live';
  for (const status of reflectors) {
    const phase = phaseOfOne(status);
    if (severity.indexOf(phase) > severity.indexOf(worst)) worst = phase;
  }
  return worst;
}

const severity: readonly InformerPhase[] = [
  'live',
  'listing',
  'reconnecting',
  'suspended',
  'idle',
  'stopped',
  'failed',
];

function phaseOfOne({ state, lastSyncAt }: ReflectorStatus): InformerPhase {
  switch (state.phase) {
    case 'idle':
    case 'live':
    case 'stopped':
    case 'failed':
      return state.phase;
    case 'listing':
      // A namespace may join long after the others; it has lost nothing.
      return lastSyncAt === undefined ? 'listing' : 'reconnecting';
    case 'connecting':
      // Between its list and its first watch an informer has lost nothing yet.
      return lastSyncAt === undefined ? 'listing' : 'live';
    case 'waiting': {
      const { error } = state;
      const denied = 'class' in error && (error.class === 'notFound' || error.class === 'forbidden');
      return denied ? 'suspended' : 'reconnecting';
    }
  }
}

function oldest(times: readonly (number | undefined)[]): number | undefined {
  let first = Number.POSITIVE_INFINITY;
  for (const time of times) {
    if (time === undefined) return undefined;
    first = Math.min(first, time);
  }
  return times.length > 0 ? first : undefined;
}
