import { ApiStatusError, type Clock, compareResourceVersions, sleep } from '../../index.ts';
import { type CachedKind, refusal } from '../cache/index.ts';

/** Where an answer comes from; what goes into the header `x-cache`. */
export type Source = 'hit' | 'miss' | 'resynced' | 'stale' | 'dedicated';

export interface ContactOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly maxWait: number;
  readonly thenServeStale: boolean;
}

/** So long after contact is back what was missed is waited for, milliseconds. */
const burst = 100;
/** How often a version that was asked for is looked for, milliseconds: bookmarks move it on without a sound. */
const versionInterval = 25;

/**
 * Waits until a kind can answer: for its first sync, or for contact that was lost (which is tried at once then).
 *
 * @throws ApiStatusError 403, 404, 503, 504
 */
export async function contact(kind: CachedKind, options: ContactOptions): Promise<Source> {
  switch (kind.phase) {
    case 'live':
      return freshSource(kind);
    case 'starting':
      await waitFor(kind, () => kind.synced || kind.phase === 'failed' || isRefused(kind), options);
      if (kind.synced) return 'miss';
      throw notSynced(kind);
    case 'disconnected':
      kind.reconnect();
      await waitFor(kind, () => kind.phase === 'live', options);
      if (!kind.isLive) return stale(kind, options);
      await catchUp(kind, options);
      return 'resynced';
    case 'failed':
      if (kind.synced) return stale(kind, options);
      throw notSynced(kind);
    case 'suspended':
      throw refusal(404, 'NotFound', `the server no longer serves ${kind.key}`, { kind: kind.resource.resource });
    case 'stopped':
      throw refusal(503, 'ServiceUnavailable', `${kind.key} is no longer watched: ask again`, { retryAfterSeconds: 1 });
  }
}

/** What an answer of a live kind is. */
export function freshSource({ scope }: CachedKind): Source {
  return scope.labelSelector !== '' || scope.fieldSelector !== '' ? 'dedicated' : 'hit';
}

/**
 * Waits until the cache has reached a version.
 *
 * @throws ApiStatusError 504 with the version it has
 */
export async function reach(
  kind: CachedKind,
  version: string,
  { clock, signal, maxWait }: ContactOptions,
): Promise<void> {
  const end = clock.monotonic() + maxWait;
  for (;;) {
    const order = compareResourceVersions(kind.resourceVersion, version);
    if (order !== undefined && order >= 0) return;
    if (order === undefined) {
      const message = `resourceVersion ${JSON.stringify(version)} can't be compared with ${JSON.stringify(kind.resourceVersion)}`;
      throw refusal(400, 'BadRequest', message, {
        causes: [{ reason: 'FieldValueInvalid', message, field: 'resourceVersion' }],
      });
    }
    const left = end - clock.monotonic();
    if (left <= 0 || !(await sleep(clock, Math.min(versionInterval, left), signal))) {
      throw refusal(
        504,
        'Timeout',
        `the cache is at version ${kind.resourceVersion}, and ${version} did not come in time`,
        {
          retryAfterSeconds: 1,
          causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        },
      );
    }
  }
}

/** What was missed comes at once when a watch goes on from where it broke: time for it to arrive. */
async function catchUp(kind: CachedKind, { clock, signal }: ContactOptions): Promise<void> {
  const arrived = new AbortController();
  const stop = kind.log.onAppend(() => arrived.abort());
  await sleep(clock, burst, AbortSignal.any([signal, arrived.signal]));
  stop();
}

function stale(kind: CachedKind, { thenServeStale }: ContactOptions): Source {
  if (thenServeStale) return 'stale';
  throw refusal(503, 'ServiceUnavailable', `${kind.key} has no contact with the server: ${reason(kind)}`, {
    retryAfterSeconds: 1,
  });
}

/** The server refuses what no waiting mends. */
function isRefused(kind: CachedKind): boolean {
  const { lastError } = kind;
  return lastError instanceof ApiStatusError && (lastError.class === 'forbidden' || lastError.class === 'notFound');
}

function notSynced(kind: CachedKind): Error {
  const { lastError } = kind;
  const what = `${kind.key} is not cached yet: ${reason(kind)}`;
  if (isRefused(kind)) {
    const { class: refused } = lastError as ApiStatusError;
    return refused === 'forbidden'
      ? refusal(403, 'Forbidden', `the watcher may not list and watch it; ${what}`)
      : refusal(404, 'NotFound', `the server does not serve it; ${what}`);
  }
  if (kind.phase === 'failed' && lastError?.code === 'CacheLimitExceeded') {
    return refusal(429, 'TooManyObjects', `${kind.key}: ${lastError.message}`);
  }
  return refusal(503, 'ServiceUnavailable', what, { retryAfterSeconds: 1 });
}

function reason(kind: CachedKind): string {
  return kind.lastError?.message ?? 'the server has not answered';
}

/** Resolves when `condition` holds, or the time is over, or nobody waits any more. */
async function waitFor(
  kind: CachedKind,
  condition: () => boolean,
  { clock, maxWait, signal }: ContactOptions,
): Promise<void> {
  if (condition() || maxWait === 0) return;
  const settled = new AbortController();
  const stop = kind.onChange(() => {
    if (condition()) settled.abort();
  });
  await sleep(clock, maxWait, AbortSignal.any([signal, settled.signal]));
  stop();
}
