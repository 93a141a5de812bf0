import { describe, expect, test } from 'vitest';
import { ApiStatusError, statusOfHttp } from '../../../src/kubernetes/status.ts';
import { judge, type SourceView } from '../../../src/manager/index.ts';
import { KubeInformerError } from '../../../src/runtime/index.ts';

const limits = { syncTimeout: 30_000, staleAfter: 90_000, maxBytes: 1_000 };
const now = 1_000_000;
const http = (code: number) => new ApiStatusError(statusOfHttp(code, 'no'), { request: 'GET /things' });
const coded = (code: ConstructorParameters<typeof KubeInformerError>[0]) =>
  new KubeInformerError(code, code, { hint: '' });

const live: SourceView = {
  phase: 'live',
  everSynced: true,
  connected: true,
  startedAt: 0,
  lastContactAt: now - 1_000,
  nextAttemptAt: undefined,
  consecutiveFailures: 0,
  lastError: undefined,
  bytes: undefined,
  actAfter: 0,
};
const away = { connected: false, nextAttemptAt: now + 1_000 } as const;
const syncing = { phase: 'listing', everSynced: false, connected: false, lastContactAt: undefined } as const;

type Row = [what: string, view: Partial<SourceView>, verdict: string, action: string, conditions: string];

const table: Row[] = [
  ['live and heard of', {}, 'healthy', 'none', 'True InitialState, True Watching, True RecentContact'],
  [
    'not started',
    { ...syncing, phase: 'idle', startedAt: undefined },
    'starting',
    'none',
    'False Pending, False Connecting, Unknown Pending',
  ],
  [
    'a first sync',
    { ...syncing, startedAt: now - 29_999 },
    'starting',
    'none',
    'False Pending, False Connecting, Unknown Pending',
  ],
  [
    'a slow first sync',
    { ...syncing, startedAt: now - 30_000 },
    'slow',
    'none',
    'False SyncTimeout, False Connecting, Unknown Pending',
  ],
  [
    'a first sync that takes a day',
    { ...syncing, startedAt: now - 86_400_000 },
    'slow',
    'none',
    'False SyncTimeout, False Connecting, Unknown Pending',
  ],
  [
    'a first sync between attempts',
    { ...syncing, ...away, phase: 'reconnecting', startedAt: now, lastError: http(500) },
    'starting',
    'none',
    'False Pending, False Connecting, Unknown Pending',
  ],
  [
    'silence, not yet too long',
    { lastContactAt: now - 89_999 },
    'healthy',
    'none',
    'True InitialState, True Watching, True RecentContact',
  ],
  [
    'silence for too long',
    { lastContactAt: now - 90_000 },
    'stale',
    'reconnect',
    'True InitialState, True Watching, False NoContact',
  ],
  [
    'silence soon after a reconnect',
    { lastContactAt: now - 90_000, actAfter: now + 1 },
    'stale',
    'none',
    'True InitialState, True Watching, False NoContact',
  ],
  [
    'a backoff',
    { ...away, phase: 'reconnecting', lastError: coded('ConnectionFailed') },
    'degraded',
    'none',
    'True InitialState, False Reconnecting, True RecentContact',
  ],
  [
    'a long outage',
    { ...away, phase: 'reconnecting', lastContactAt: now - 90_000 },
    'degraded',
    'none',
    'True InitialState, False Reconnecting, False NoContact',
  ],
  [
    'a relist after 410',
    { phase: 'reconnecting', connected: false, lastError: http(410) },
    'degraded',
    'none',
    'True InitialState, False Reconnecting, True RecentContact',
  ],
  [
    '401',
    { ...away, phase: 'reconnecting', lastError: http(401) },
    'unauthorized',
    'none',
    'True InitialState, False Unauthorized, True RecentContact',
  ],
  [
    '401 from the start',
    { ...syncing, ...away, phase: 'listing', startedAt: now, lastError: http(401) },
    'unauthorized',
    'none',
    'False Pending, False Unauthorized, Unknown Pending',
  ],
  [
    '403',
    { ...away, phase: 'suspended', lastError: http(403) },
    'forbidden',
    'none',
    'True InitialState, False Forbidden, True RecentContact',
  ],
  [
    '403 from the start',
    { ...syncing, ...away, phase: 'suspended', startedAt: now, lastError: http(403) },
    'forbidden',
    'none',
    'False Pending, False Forbidden, Unknown Pending',
  ],
  [
    '404',
    { ...away, phase: 'suspended', lastError: http(404) },
    'suspended',
    'discover',
    'True InitialState, False NotServed, False NotServed',
  ],
  [
    '404 from the start',
    { ...syncing, ...away, phase: 'suspended', startedAt: now, lastError: http(404) },
    'suspended',
    'discover',
    'False Pending, False NotServed, Unknown Pending',
  ],
  [
    '404 that is past',
    { ...syncing, startedAt: now, lastError: http(404) },
    'starting',
    'none',
    'False Pending, False Connecting, Unknown Pending',
  ],
  [
    'an end of its own',
    { phase: 'failed', connected: false, lastError: coded('Internal') },
    'dead',
    'restart',
    'True InitialState, False Restarting, True RecentContact',
  ],
  [
    'an end of its own, again',
    { phase: 'failed', connected: false, lastError: coded('Internal'), actAfter: now + 1 },
    'dead',
    'none',
    'True InitialState, False Restarting, True RecentContact',
  ],
  [
    'an end by somebody else',
    { phase: 'stopped', connected: false },
    'dead',
    'restart',
    'True InitialState, False Restarting, True RecentContact',
  ],
  [
    'too many objects',
    { phase: 'failed', connected: false, lastError: coded('CacheLimitExceeded') },
    'failed',
    'none',
    'True InitialState, False LimitExceeded, False Failed',
  ],
  [
    'a configuration that is wrong',
    { ...syncing, phase: 'failed', lastError: coded('InvalidKubeConfig') },
    'failed',
    'none',
    'False Failed, False Failed, False Failed',
  ],
  ['too many bytes', { bytes: 1_001 }, 'failed', 'giveUp', 'True InitialState, False LimitExceeded, False Failed'],
  ['many bytes', { bytes: 1_000 }, 'healthy', 'none', 'True InitialState, True Watching, True RecentContact'],
];

describe('the health rules', () => {
  test.each(table)('%s', (_what, view, verdict, action, conditions) => {
    const { Synced, Connected, Fresh, ...rest } = judge({ ...live, ...view }, now, limits);
    expect(rest).toEqual({ verdict, action });
    expect([Synced, Connected, Fresh].map(({ status, reason }) => `${status} ${reason}`).join(', ')).toBe(conditions);
  });

  test('fault 1: nothing but silence or an end is ever acted on, and a first sync never', () => {
    const phases = ['idle', 'listing', 'reconnecting', 'suspended', 'live'] as const;
    for (const phase of phases) {
      for (const lastError of [undefined, http(500), http(403), coded('ConnectionFailed')]) {
        const view = { ...live, ...syncing, phase, lastError, startedAt: 0, nextAttemptAt: now };
        expect(judge(view, 1e12, limits).action).toBe('none');
      }
    }
  });
});
