/** What a reflector of client-go does without a test that shows it, by the rules of our description of it; where we differ, what we do. */
import { describe, expect, test } from 'vitest';
import { start } from '../unit/reflector/fixture.ts';
import { added, bookmark, modified, page, statusError, widget } from '../unit/reflector/scripted-lister-watcher.ts';
import { scripted } from './scripted-informer.ts';

const listing = { streamInitialState: false } as const;

describe('an event that cannot be applied', () => {
  test('is passed over, and the next reconnect fetches the state anew (REF-55, adapted: client-go watches on)', async () => {
    const { clock, lines, server, errors } = scripted([
      page([widget('a', '1')], '1'),
      [[added('', '2'), added('b', '3')], 60_000, 'end'],
      page([widget('a', '1'), widget('b', '3'), widget('c', '4')], '4'),
    ]);
    await clock.advance(60_000);
    expect(server.sequence).toBe('L("0",500) W("1") L("3") W("4")');
    expect(lines).toEqual(['add a@1 initial', 'add b@3', 'add c@4']);
    expect(errors.map(({ code }) => code)).toEqual(['InvalidObject']);
  });
});

describe('a deletion', () => {
  test('of what the cache never had is no event (RF-2, adapted: client-go tells it)', async () => {
    const { clock, lines, informer } = scripted([
      page([widget('a', '1')], '1'),
      [[{ type: 'DELETED', object: widget('nobody', '2') }, added('b', '3')]],
    ]);
    await clock.advance(0);
    expect(lines).toEqual(['add a@1 initial', 'add b@3']);
    // It happened nevertheless.
    expect(informer.status().resourceVersion).toBe('3');
  });
});

describe('backoff', () => {
  test('does not start over in an outage, however long (REF-10, adapted: client-go starts over every two minutes)', async () => {
    const { clock, server, failures } = start([], listing, { otherwise: statusError(500, 'InternalError') });
    await clock.advance(3_600_000);
    expect(failures.slice(6).every(({ delay }) => delay === 45_000)).toBe(true);
    expect(server.sent.length).toBeLessThanOrEqual(90);
  });

  test('starts over after two quiet minutes (REF-10)', async () => {
    const failed = statusError(500, 'InternalError');
    const quiet = [[bookmark('2')], 60_000, [bookmark('3')], 70_000, failed] as const;
    const { clock, failures } = start([failed, failed, page([], '1'), quiet], listing);
    await clock.advance(200_000);
    expect(failures.map(({ delay }) => delay)).toEqual([1_200, 2_400, 1_200]);
  });
});

describe('the version to go on from', () => {
  test('is that of a bookmark, though no object ever came (REF-57, REF-61)', async () => {
    const { clock, server, informer } = scripted([page([], '5'), [[bookmark('90')], 60_000, 'end']]);
    await clock.advance(60_000);
    expect(server.sequence).toBe('L("0",500) W("5") W("90")');
    expect(informer.status().resourceVersion).toBe('90');
  });

  test.each(['', '0'])(
    'after a list at %j is not that of replayed objects, but that of the first change (REF-42, REF-61)',
    async (version) => {
      const replay = [added('b', '30'), added('a', '20')];
      const { clock, server } = start([page([], version), [[...replay], 60_000, 'end']], listing);
      await clock.advance(60_000);
      expect(server.sequence.split(' ').at(-1)).toBe(version === '' ? 'L("",500)' : 'L("0",500)');
      const other = start([page([], version), [[...replay, modified('a', '31')], 60_000, 'end']], listing);
      await other.clock.advance(60_000);
      expect(other.server.sequence.split(' ').at(-1)).toBe('W("31")');
    },
  );

  test('is asked for as a lower limit where there are pages, too (REF-19, REF-20, adapted: client-go asks for exactly that state)', async () => {
    const a = [widget('a', '1')];
    const { clock, server, store } = start(
      [page(a, '10', 't'), page([widget('b', '2')], '10'), statusError(410, 'Expired'), page(a, '12')],
      listing,
    );
    const asked: unknown[] = [];
    const { list } = server;
    server.list = ({ ...options }, signal) => {
      asked.push(options);
      return list.call(server, options, signal);
    };
    await clock.advance(2_000);
    expect(asked).toEqual([
      { continue: 't', limit: 500 },
      { resourceVersion: '10', limit: 500, resourceVersionMatch: 'NotOlderThan' },
    ]);
    expect(store.calls).toEqual(['replace [a b]@10', 'replace [a]@12']);
  });
});
