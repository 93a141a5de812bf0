import type { InformerPhase } from '../informer/index.ts';
import { ApiStatusError } from '../kubernetes/index.ts';
import { classifyFailure } from '../reflector/index.ts';
import type { KubeInformerError } from '../runtime/index.ts';
import type { ConditionState } from './conditions.ts';

/** All that is looked at to judge a source. Times are wall-clock milliseconds. */
export interface SourceView {
  readonly phase: InformerPhase;
  /** It was synced once, by this informer or by one before. */
  readonly everSynced: boolean;
  readonly connected: boolean;
  /** When its first sync began; `undefined` before the manager is started. */
  readonly startedAt: number | undefined;
  readonly lastContactAt: number | undefined;
  readonly nextAttemptAt: number | undefined;
  readonly consecutiveFailures: number;
  readonly lastError: KubeInformerError | undefined;
  /** Of the objects as JSON; `undefined` if nobody measures. */
  readonly bytes: number | undefined;
  /** Before this nothing is restarted or reconnected again. */
  readonly actAfter: number;
}

export interface HealthLimits {
  readonly syncTimeout: number;
  readonly staleAfter: number;
  readonly maxBytes: number;
}

/**
 * - `starting`: its first sync is under way. However long that takes, it is left alone; `slow` once it takes longer than `syncTimeout`.
 * - `healthy`: it follows the server.
 * - `stale`: it seems to, but nothing was heard for too long.
 * - `degraded`: it has lost the server, and tries again by itself.
 * - `unauthorized`, `forbidden`: the server refuses it (401, 403).
 * - `suspended`: the server does not serve the resource (404).
 * - `dead`: it ended though nobody stopped it.
 * - `failed`: it ended because of something that no repetition can mend.
 */
export type Verdict =
  | 'starting'
  | 'slow'
  | 'healthy'
  | 'stale'
  | 'degraded'
  | 'unauthorized'
  | 'forbidden'
  | 'suspended'
  | 'dead'
  | 'failed';

/**
 * - `reconnect`: give up the open watch, and watch on from the last version. The cache is kept.
 * - `restart`: a new informer takes the place of one that ended. What consumers know is kept.
 * - `giveUp`: end it.
 * - `discover`: ask discovery whether the resource is back.
 */
export type HealthAction = 'none' | 'reconnect' | 'restart' | 'giveUp' | 'discover';

export interface Judgement {
  readonly verdict: Verdict;
  readonly action: HealthAction;
  readonly Synced: ConditionState<'Synced'>;
  readonly Connected: ConditionState<'Connected'>;
  readonly Fresh: ConditionState<'Fresh'>;
}

/**
 * What is to be thought of a source, and to be done about it. A function of what it is given: it looks at nothing, and waits for nothing.
 *
 * | state | verdict | action |
 * |---|---|---|
 * | first sync, younger than `syncTimeout` | `starting` | `none`, ever |
 * | first sync, older | `slow` | `none` |
 * | live, heard of within `staleAfter` | `healthy` | `none` |
 * | live, silent for longer | `stale` | `reconnect`, with backoff |
 * | waits after a failure, or lists anew | `degraded` | `none` |
 * | waits after 401 | `unauthorized` | `none`: credentials are refreshed by each request |
 * | waits after 403 | `forbidden` | `none` |
 * | waits after 404 | `suspended` | `discover` |
 * | ended by itself, or by somebody else | `dead` | `restart`, with backoff |
 * | ended for good | `failed` | `none` |
 * | larger than `maxBytes` | `failed` | `giveUp` |
 */
export function judge(view: SourceView, now: number, limits: HealthLimits): Judgement {
  const Synced = syncedOf(view, now, limits);
  const Fresh = freshOf(view, now, limits);
  const { lastError, connected } = view;
  const message = lastError?.message ?? '';
  const Connected: ConditionState<'Connected'> = connected
    ? { status: 'True', reason: 'Watching', message: '' }
    : { status: 'False', reason: view.everSynced ? 'Reconnecting' : 'Connecting', message };
  const kept = { Synced, Connected, Fresh };
  switch (view.phase) {
    case 'failed':
    case 'stopped':
      return ended(view, now, kept);
    case 'suspended':
    case 'reconnecting':
    case 'listing':
      return waiting(view, now, limits, kept);
    case 'idle':
      return { verdict: 'starting', action: 'none', ...kept };
    case 'live':
      break;
  }
  if (view.bytes !== undefined && view.bytes > limits.maxBytes) return tooLarge(view.bytes, limits.maxBytes, kept);
  if (!view.everSynced) return { verdict: firstSync(view, now, limits), action: 'none', ...kept };
  if (Fresh.status === 'True') return { verdict: 'healthy', action: 'none', ...kept };
  return { verdict: 'stale', action: now >= view.actAfter ? 'reconnect' : 'none', ...kept };
}

type Conditions = Pick<Judgement, 'Synced' | 'Connected' | 'Fresh'>;

function firstSync({ startedAt }: SourceView, now: number, { syncTimeout }: HealthLimits): 'starting' | 'slow' {
  return startedAt !== undefined && now - startedAt >= syncTimeout ? 'slow' : 'starting';
}

function syncedOf(view: SourceView, now: number, limits: HealthLimits): ConditionState<'Synced'> {
  if (view.everSynced) return { status: 'True', reason: 'InitialState', message: '' };
  const why = view.lastError?.message ?? 'the initial state is on its way';
  if (firstSync(view, now, limits) === 'starting') return { status: 'False', reason: 'Pending', message: why };
  return { status: 'False', reason: 'SyncTimeout', message: `not within ${limits.syncTimeout} ms: ${why}` };
}

/** Silence since the beginning is silence, too. */
function freshOf(view: SourceView, now: number, { staleAfter }: HealthLimits): ConditionState<'Fresh'> {
  if (!view.everSynced) {
    return { status: 'Unknown', reason: 'Pending', message: 'the initial state has not arrived' };
  }
  const silence = now - (view.lastContactAt ?? view.startedAt ?? now);
  if (silence < staleAfter) return { status: 'True', reason: 'RecentContact', message: '' };
  const message = `the server was last heard of ${Math.round(silence / 1_000)} s ago`;
  return { status: 'False', reason: 'NoContact', message };
}

function waiting(view: SourceView, now: number, limits: HealthLimits, kept: Conditions): Judgement {
  const { lastError, everSynced, nextAttemptAt } = view;
  const message = lastError?.message ?? '';
  // Of a failure that is over only the memory is left: nothing waits because of it.
  const failure = nextAttemptAt !== undefined && lastError instanceof ApiStatusError ? lastError.class : undefined;
  switch (failure) {
    case 'unauthorized':
      return {
        verdict: 'unauthorized',
        action: 'none',
        ...kept,
        Connected: { status: 'False', reason: 'Unauthorized', message },
      };
    case 'forbidden':
      return {
        verdict: 'forbidden',
        action: 'none',
        ...kept,
        Connected: { status: 'False', reason: 'Forbidden', message },
      };
    case 'notFound':
      return {
        verdict: 'suspended',
        action: 'discover',
        ...kept,
        Connected: { status: 'False', reason: 'NotServed', message },
        Fresh: everSynced ? { status: 'False', reason: 'NotServed', message } : kept.Fresh,
      };
    default:
      return { verdict: everSynced ? 'degraded' : firstSync(view, now, limits), action: 'none', ...kept };
  }
}

function ended({ lastError, phase, actAfter, everSynced }: SourceView, now: number, kept: Conditions): Judgement {
  const message = lastError?.message ?? 'it was stopped by somebody else';
  const forGood = phase === 'failed' && lastError !== undefined && classifyFailure(lastError) === 'fatal';
  if (!forGood) {
    return {
      verdict: 'dead',
      action: now >= actAfter ? 'restart' : 'none',
      ...kept,
      Connected: { status: 'False', reason: 'Restarting', message },
    };
  }
  const reason = lastError.code === 'CacheLimitExceeded' ? 'LimitExceeded' : 'Failed';
  return {
    verdict: 'failed',
    action: 'none',
    Synced: everSynced ? kept.Synced : { status: 'False', reason: 'Failed', message },
    Connected: { status: 'False', reason, message },
    Fresh: { status: 'False', reason: 'Failed', message },
  };
}

function tooLarge(bytes: number, maxBytes: number, kept: Conditions): Judgement {
  const message = `about ${bytes} bytes are more than maxBytes = ${maxBytes}`;
  return {
    verdict: 'failed',
    action: 'giveUp',
    ...kept,
    Connected: { status: 'False', reason: 'LimitExceeded', message },
    Fresh: { status: 'False', reason: 'Failed', message },
  };
}
