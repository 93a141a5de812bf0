import { describe, expect, test } from 'vitest';
import { FakeClock, settle } from '../../../../src/testing/index.ts';
import { Delivery, type DeliveryOptions, type Outcome } from '../../../../src/watcher/subscriptions/index.ts';
import { notice } from './notices.ts';

const delivered: Outcome = { type: 'delivered' };
const failed: Outcome = { type: 'failed', problem: 'down', retryAfter: undefined };
const refused: Outcome = { type: 'refused', problem: 'no' };

function world(options: Partial<DeliveryOptions> = {}) {
  const clock = new FakeClock();
  /** `name@version`, at which second. */
  const tried: { readonly what: string; readonly at: number }[] = [];
  const receiver = { answer: (_what: string): Outcome | Promise<Outcome> => delivered };
  const problems: string[] = [];
  const delivery = new Delivery({
    sink: {
      deliver: async ({ id }) => {
        tried.push({ what: id, at: clock.monotonic() - start });
        return receiver.answer(id);
      },
      close: async () => {},
    },
    format: (told) => ({
      id: 'object' in told ? id(told) : told.type,
      headers: {},
      body: '',
      about: {
        cluster: 'default',
        resource: { group: '', resource: 'pods', kind: 'Pod' },
        type: told.type,
        metadata: undefined,
      },
    }),
    mode: 'latest',
    bound: 1_000,
    concurrency: 8,
    retry: { baseMs: 1_000, maxMs: 300_000, maxAttempts: 0, maxAgeSeconds: 86_400 },
    deadLetters: 10,
    memory: undefined,
    clock,
    random: () => 1,
    onProblem: (problem) => problems.push(problem),
    ...options,
  });
  const start = clock.monotonic();
  const id = ({ type, object: { metadata } }: ReturnType<typeof notice>) =>
    `${type} ${metadata.name}@${metadata.resourceVersion}`;
  return { clock, delivery, tried, receiver, problems, id, what: () => tried.map(({ what }) => what) };
}

describe('what is taken over from another instance', () => {
  test('may have been told: its end is told, though nothing else of it was sent from here', async () => {
    const { delivery, clock, what, id } = world();
    const [added, deleted, other] = [notice('ADDED'), notice('DELETED'), notice('ADDED', 'b')];
    delivery.pause();
    delivery.takeOver([added, { ...other, initial: true }], '9');
    delivery.file(deleted);
    delivery.resume();
    await clock.advance(0);
    expect(what()).toEqual([id(deleted), id(other), 'SYNCED']);
    await delivery.close();
  });
});

describe('delivery', () => {
  test('tries again with growing waits, and tells of nothing newer of that object before', async () => {
    const { clock, delivery, tried, receiver, id } = world({ mode: 'every' });
    const [first, second] = [notice('ADDED'), notice('MODIFIED')];
    receiver.answer = () => (tried.length < 3 ? failed : delivered);
    delivery.file(first);
    delivery.file(second);
    await clock.advance(10_000);
    expect(tried).toEqual([
      { what: id(first), at: 0 },
      { what: id(first), at: 1_000 },
      { what: id(first), at: 3_000 },
      { what: id(second), at: 3_000 },
    ]);
    // The cache told of it at the beginning of time; a fake clock does not start there.
    const lagMs = clock.now() - 7_000;
    expect(delivery.status()).toMatchObject({ delivered: 2, failed: 2, pendingNotices: 0, lagMs });
    await delivery.close();
    expect(clock.pendingTimers).toBe(0);
  });

  test('waits as long as the receiver asks for, and no longer than the longest wait', async () => {
    const { clock, delivery, tried, receiver } = world();
    const asks = [20_000, 9_999_999];
    receiver.answer = () => {
      const retryAfter = asks.shift();
      return retryAfter === undefined ? delivered : { ...failed, retryAfter };
    };
    delivery.file(notice('ADDED'));
    await clock.advance(400_000);
    expect(tried.map(({ at }) => at)).toEqual([0, 20_000, 320_000]);
    await delivery.close();
  });

  test('one object that hangs keeps no other back; no more than `concurrency` are on their way', async () => {
    const { delivery, receiver, tried } = world({ concurrency: 2 });
    const held = Promise.withResolvers<Outcome>();
    receiver.answer = (what) => (what.includes(' a@') ? held.promise : delivered);
    for (const name of ['a', 'b', 'c']) delivery.file(notice('ADDED', name));
    await settle();
    expect(tried).toHaveLength(3);
    expect(delivery.status()).toMatchObject({ delivered: 2, pendingObjects: 1 });
    held.resolve(delivered);
    await settle();
    expect(delivery.status()).toMatchObject({ delivered: 3, pendingObjects: 0 });
    await delivery.close();
  });

  test('a receiver down for 100,000 changes on 100 objects costs 100 notices, then gets 100 last states', async () => {
    const { clock, delivery, receiver, tried, what, id } = world();
    receiver.answer = () => failed;
    const names = Array.from({ length: 100 }, (_, at) => `pod-${at}`);
    const last = new Map<string, string>();
    // An hour: before the first change the objects were told of.
    for (let round = 0; round < 1_000; round++) {
      for (const name of names) {
        const change = notice('MODIFIED', name);
        delivery.file(change);
        last.set(name, id(change));
      }
      if (round % 50 === 0) await clock.advance(180_000);
    }
    const { pendingObjects, pendingNotices, health } = delivery.status();
    expect([pendingObjects, health]).toEqual([100, 'failing']);
    expect(pendingNotices).toBeLessThanOrEqual(200);
    // The breaker holds back all but a probe now and then.
    expect(tried.length).toBeLessThan(300);
    tried.length = 0;
    receiver.answer = () => delivered;
    await clock.advance(600_000);
    expect(what().sort()).toEqual([...last.values()].sort());
    expect(delivery.status()).toMatchObject({ delivered: 100, pendingNotices: 0, health: 'healthy' });
    await delivery.close();
    expect(clock.pendingTimers).toBe(0);
  });

  test('after ten failures in a row one attempt is made each half minute, and the first success lets all go', async () => {
    const { clock, delivery, receiver, tried } = world({ concurrency: 1, random: () => 0.999 });
    receiver.answer = () => failed;
    for (let at = 0; at < 20; at++) delivery.file(notice('ADDED', `pod-${at}`));
    await settle();
    expect(tried).toHaveLength(10);
    await clock.advance(29_000);
    expect(tried).toHaveLength(10);
    await clock.advance(2_000);
    expect(tried).toHaveLength(11);
    receiver.answer = () => delivered;
    await clock.advance(31_000);
    expect(delivery.status()).toMatchObject({ delivered: 20, health: 'healthy' });
    await delivery.close();
  });

  test('what is refused, or fails too often, is a dead letter; replay delivers it', async () => {
    const { clock, delivery, receiver, tried, problems, id } = world({
      retry: { baseMs: 1_000, maxMs: 1_000, maxAttempts: 2, maxAgeSeconds: 86_400 },
    });
    receiver.answer = (what) => (what.includes(' a@') ? refused : failed);
    const [a, b] = [notice('ADDED', 'a'), notice('ADDED', 'b')];
    delivery.file(a);
    delivery.file(b);
    await clock.advance(5_000);
    expect(delivery.deadLetters().map(({ notice: dead, problem }) => [id(dead), problem])).toEqual([
      [id(a), 'no'],
      [id(b), 'down'],
    ]);
    expect([tried.length, problems.length, delivery.status().pendingObjects]).toEqual([3, 2, 0]);
    receiver.answer = () => delivered;
    expect(delivery.replay()).toBe(2);
    await clock.advance(0);
    expect(delivery.status()).toMatchObject({ delivered: 2, deadLetters: 0 });
    await delivery.close();
  });

  test('a dead letter does not take the receiver back behind what it heard later', async () => {
    const { delivery, receiver } = world();
    receiver.answer = () => refused;
    delivery.file(notice('ADDED'));
    await settle();
    receiver.answer = () => delivered;
    delivery.file(notice('MODIFIED'));
    await settle();
    expect([delivery.deadLetters().length, delivery.replay()]).toEqual([0, 0]);
    await delivery.close();
  });

  test('a notice older than `maxAgeSeconds` is not tried any more', async () => {
    const { clock, delivery, receiver } = world({
      retry: { baseMs: 1_000, maxMs: 60_000, maxAttempts: 0, maxAgeSeconds: 120 },
    });
    receiver.answer = () => failed;
    delivery.file(notice('ADDED'));
    await clock.advance(60_000);
    expect(delivery.status()).toMatchObject({ deadLetters: 0, pendingObjects: 1 });
    await clock.advance(120_000);
    expect(delivery.status()).toMatchObject({ deadLetters: 1, pendingObjects: 0 });
    await delivery.close();
  });

  test('a receiver that is gone is left alone until delivery is resumed, and misses nothing', async () => {
    const { clock, delivery, receiver, tried, problems } = world();
    receiver.answer = () => ({ type: 'gone', problem: 'gone' });
    delivery.file(notice('ADDED', 'a'));
    await settle();
    delivery.file(notice('ADDED', 'b'));
    await clock.advance(3_600_000);
    expect([tried.length, problems.length, delivery.status().health]).toEqual([1, 1, 'paused']);
    receiver.answer = () => delivered;
    delivery.resume();
    await settle();
    expect(delivery.status()).toMatchObject({ delivered: 2, pendingObjects: 0, health: 'healthy' });
    await delivery.close();
  });

  test('a notice without an address is dropped and counted, and is no sign that the receiver is back', async () => {
    const { clock, delivery, receiver, what, id } = world();
    receiver.answer = () => failed;
    const down = Array.from({ length: 10 }, (_, at) => notice('ADDED', `down-${at}`));
    for (const one of down) delivery.file(one);
    await settle();
    expect(delivery.status().health).toBe('failing');
    const [homeless, other] = [notice('ADDED', 'homeless'), notice('ADDED', 'other')];
    receiver.answer = (told) => (told === id(homeless) ? { type: 'dropped', problem: 'no label' } : failed);
    delivery.file(homeless);
    delivery.file(other);
    const before = what().length;
    await clock.advance(30_000);
    expect(what().slice(before)).toContain(id(homeless));
    expect(delivery.status()).toMatchObject({ dropped: 1, deadLetters: 0, health: 'failing' });
    await clock.advance(120_000);
    // Another was let try in its place.
    expect(delivery.status().failed).toBeGreaterThan(11);
    receiver.answer = () => delivered;
    await clock.advance(60_000);
    expect(delivery.status()).toMatchObject({ delivered: 11, dropped: 1, pendingNotices: 0, health: 'healthy' });
    await delivery.close();
  });
});
