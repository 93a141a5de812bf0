import { expect, test } from 'vitest';
import { healthOf } from '../../../src/manager/status.ts';
import { configMap, owner, pass, quiet, recording, rig } from './rig.ts';

test('S000-31 health for probes: live while the checks run, ready once what is pinned has synced, whatever becomes of the watches of owners', async () => {
  await using r = await rig({}, { start: false });
  expect(r.manager.health()).toMatchObject({ live: false, ready: false, lastCheckAt: undefined });
  r.server.create(configMap('a'));
  const refusal = r.server.faults.add({
    match: ({ query }) => query.get('fieldSelector') === 'metadata.name=a',
    action: { kind: 'status', code: 503, reason: 'ServiceUnavailable' },
  });
  await r.manager.pin('it', recording('a', [], { waitForSync: false }));
  r.manager.start();
  await quiet();
  expect(r.manager.health()).toMatchObject({ live: true, ready: false });
  refusal.remove();
  await pass(r.clock, 10_000);
  expect(r.manager.health()).toMatchObject({
    live: true,
    ready: true,
    watches: 1,
    sources: { healthy: 1 },
    problems: [],
  });
  // One owner asks for what there is not.
  const target = { gvr: { group: 'shop.io', version: 'v1', resource: 'nothings' }, namespace: 'shop' };
  await r.manager.add({ owner: owner('x'), target, handlers: () => undefined, waitForSync: false });
  await pass(r.clock, 10_000);
  expect(r.manager.health()).toMatchObject({
    ready: true,
    sources: { healthy: 1, suspended: 1 },
    problems: [{ verdict: 'suspended', message: expect.stringContaining('404') }],
  });
  // The server is away: what is cached is served on, and said to be old.
  await r.server.pauseListening();
  r.server.resetConnections();
  await pass(r.clock, 120_000, 5_000);
  const { live, ready, problems } = r.manager.health();
  expect([live, ready]).toEqual([true, true]);
  expect(problems.map(({ verdict }) => verdict).sort()).toEqual(['degraded', 'slow']);
  await r.server.resumeListening();
  await r.manager.stop();
  expect(r.manager.health()).toMatchObject({ live: false, ready: false });
});

test('checks that have ceased are no sign of life', () => {
  const of = (now: number, lastCheckAt: number | undefined) =>
    healthOf({
      sources: [],
      registry: Object.assign([], { size: 0 }),
      started: true,
      startedAt: 0,
      lastCheckAt,
      now,
      interval: 5_000,
    }).live;
  expect([of(4_000, undefined), of(25_000, undefined), of(25_001, undefined)]).toEqual([true, true, false]);
  expect([of(125_000, 100_000), of(125_001, 100_000)]).toEqual([true, false]);
});
