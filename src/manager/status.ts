import type { GroupVersionResource } from '../kubernetes/index.ts';
import type { WatchCondition } from './conditions.ts';
import type { Verdict } from './health-rules.ts';
import type { WatchOwner, WatchPin } from './key.ts';
import type { Source } from './source.ts';
import type { Watch } from './watch.ts';

/** A snapshot of a watch. */
export interface WatchStatus {
  readonly key: string;
  readonly owner: WatchOwner | WatchPin;
  /** `Synced`, `Connected`, `TargetFound`, `Fresh`, `HandlerHealthy`, in this order. */
  readonly conditions: readonly WatchCondition[];
  /** The source that it hears, by name; `undefined` before there was one, and after the end. */
  readonly source: string | undefined;
  /** What is thought of that source. */
  readonly verdict: Verdict | undefined;
  /** Events that wait for its handlers. */
  readonly lag: number;
}

/** A snapshot of a source. Times are wall-clock milliseconds since the epoch. */
export interface SourceStatus {
  readonly name: string;
  readonly gvr: GroupVersionResource;
  /** `''`: all namespaces. */
  readonly namespace: string;
  readonly fieldSelector: string;
  readonly labelSelector: string;
  readonly verdict: Verdict;
  /** Watches that need it; 0 while it lingers. */
  readonly watches: number;
  readonly objects: number;
  readonly lastContactAt: number | undefined;
  readonly nextAttemptAt: number | undefined;
  readonly consecutiveFailures: number;
  /** How often a dead informer was replaced. */
  readonly restarts: number;
  /** How often a silent watch was given up. */
  readonly reconnects: number;
  readonly lastError: string | undefined;
}

/** For probes. */
export interface ManagerHealth {
  /** The health check runs: for a liveness probe. */
  readonly live: boolean;
  /**
   * It was started, is not stopping, and every pinned watch has synced: for a readiness probe. The watches of owners are left out of account: one
   * owner's mistake must not take the whole program out of service.
   */
  readonly ready: boolean;
  /** When the last health check ran; `undefined` before the first. */
  readonly lastCheckAt: number | undefined;
  readonly watches: number;
  /** Sources by verdict. */
  readonly sources: Readonly<Partial<Record<Verdict, number>>>;
  /** The sources that are not as they should be, and why. */
  readonly problems: readonly { readonly source: string; readonly verdict: Verdict; readonly message: string }[];
}

export function sourceStatusOf(source: Source): SourceStatus {
  const { spec, judgement, holders, informer, restarts, reconnects } = source;
  const { lastContactAt, nextAttemptAt, consecutiveFailures, lastError } = source.view();
  return {
    name: source.name,
    gvr: spec.gvr,
    namespace: spec.namespace,
    fieldSelector: spec.fieldSelector,
    labelSelector: spec.labelSelector,
    verdict: judgement.verdict,
    watches: holders.size,
    objects: informer.indexer.size,
    lastContactAt,
    nextAttemptAt,
    consecutiveFailures,
    restarts,
    reconnects,
    lastError: lastError?.message,
  };
}

/** Checks may be late when the event loop is busy; after so many intervals they have ceased. */
const lateness = 5;

export function healthOf(of: {
  readonly sources: Iterable<Source>;
  readonly registry: Iterable<Watch> & { readonly size: number };
  readonly started: boolean;
  readonly startedAt: number;
  readonly lastCheckAt: number | undefined;
  readonly now: number;
  readonly interval: number;
}): ManagerHealth {
  const { registry, started, lastCheckAt, now } = of;
  const sources: Partial<Record<Verdict, number>> = {};
  const problems: ManagerHealth['problems'][number][] = [];
  for (const source of of.sources) {
    const { verdict, Connected, Synced, Fresh } = source.judgement;
    sources[verdict] = (sources[verdict] ?? 0) + 1;
    if (verdict === 'healthy' || verdict === 'starting') continue;
    const message = [Connected, Fresh, Synced].find(({ status }) => status === 'False')?.message ?? '';
    problems.push({ source: source.name, verdict, message });
  }
  const pinned = Array.from(registry).filter(({ owner }) => 'pin' in owner);
  return {
    live: started && now - (lastCheckAt ?? of.startedAt) <= lateness * of.interval,
    ready: started && pinned.every((watch) => watch.condition('Synced').status === 'True'),
    lastCheckAt,
    watches: registry.size,
    sources,
    problems,
  };
}
