import { describe, expect, test } from 'vitest';
import { builtInResources } from '../../../../src/index.ts';
import { FakeClock, settle } from '../../../../src/testing/index.ts';
import type { KindPhase } from '../../../../src/watcher/cache/index.ts';
import {
  type AnyNotice,
  Delivery,
  type DeliveryOptions,
  formatServiceNotice,
  type Outcome,
  type ServiceDetails,
} from '../../../../src/watcher/subscriptions/index.ts';
import { isChange } from '../../../../src/watcher/subscriptions/notice.ts';
import { Pulse } from '../../../../src/watcher/subscriptions/pulse.ts';
import { notice } from './notices.ts';

const delivered: Outcome = { type: 'delivered' };
const failed: Outcome = { type: 'failed', problem: 'down', retryAfter: undefined };
const resource = builtInResources.find(({ kind }) => kind === 'Pod')!;

/** A delivery whose messages are what was told: `ADDED a`, `SYNCED`. */
function world(options: Partial<DeliveryOptions> = {}) {
  const clock = new FakeClock();
  const told: AnyNotice[] = [];
  const problems: string[] = [];
  const receiver = { answer: (_: string): Outcome | Promise<Outcome> => delivered };
  const text = (one: AnyNotice) => (isChange(one) ? `${one.type} ${one.object.metadata.name}` : one.type);
  const written = new Map<string, AnyNotice>();
  const delivery = new Delivery({
    sink: {
      deliver: async ({ id }) => {
        told.push(written.get(id)!);
        return receiver.answer(id);
      },
      close: async () => {},
    },
    format: (one) => {
      const id = text(one);
      written.set(id, one);
      return { id, headers: {}, body: '', about: { cluster: 'c', resource, type: one.type, metadata: undefined } };
    },
    mode: 'latest',
    bound: 1_000,
    concurrency: 8,
    retry: { baseMs: 1_000, maxMs: 10_000, maxAttempts: 0, maxAgeSeconds: 60 },
    deadLetters: 10,
    memory: undefined,
    clock,
    random: () => 1,
    onProblem: (problem) => problems.push(problem),
    ...options,
  });
  const begin = (...names: string[]) =>
    delivery.begin(
      { objects: names.map((name) => notice('ADDED', name).object), seq: 0, resourceVersion: '7' },
      () => true,
    );
  return { clock, delivery, begin, told, receiver, problems, text: () => told.map(text) };
}

describe('the end of the initial state', () => {
  test('is told once, after all of it', async () => {
    const { delivery, begin, told, receiver, text } = world();
    const held = Promise.withResolvers<Outcome>();
    receiver.answer = (id) => (id === 'ADDED b' ? held.promise : delivered);
    begin('a', 'b', 'c');
    delivery.file(notice('MODIFIED', 'a'));
    delivery.file(notice('ADDED', 'd'));
    await settle();
    expect(text()).not.toContain('SYNCED');
    held.resolve(delivered);
    await settle();
    delivery.file(notice('MODIFIED', 'b'));
    await settle();
    expect(text().filter((one) => one === 'SYNCED')).toHaveLength(1);
    expect(text().indexOf('SYNCED')).toBe(text().length - 2);
    expect(told.find(({ type }) => type === 'SYNCED')).toMatchObject({ resourceVersion: '7' });
    const initial = told.filter((one) => isChange(one) && one.initial);
    expect(initial).toHaveLength(3);
    await delivery.close();
  });

  test('is told at once where there is nothing', async () => {
    const { delivery, begin, text } = world();
    begin();
    await settle();
    expect(text()).toEqual(['SYNCED']);
    await delivery.close();
  });

  test('does not wait for what was refused, or went before anybody heard of it', async () => {
    const { clock, delivery, begin, receiver, text } = world({ concurrency: 1 });
    const held = Promise.withResolvers<Outcome>();
    receiver.answer = (id) => (id === 'ADDED a' ? held.promise : delivered);
    begin('a', 'b');
    await settle();
    delivery.file(notice('DELETED', 'b'));
    held.resolve({ type: 'refused', problem: 'no' });
    await clock.advance(0);
    expect(text()).toEqual(['ADDED a', 'SYNCED']);
    await delivery.close();
  });
});

describe('what the service tells of itself', () => {
  test.each(['latest', 'every'] as const)(
    'is one of each type however long the receiver is away, and no dead letter: %s',
    async (mode) => {
      const { clock, delivery, receiver, told, text } = world({ mode, retry: { ...retry, maxAttempts: 2 } });
      receiver.answer = () => failed;
      for (let beat = 0; beat < 100; beat++) {
        const connected = beat % 2 === 0;
        delivery.tell({ type: 'HEARTBEAT', connected, lastContact: null, resourceVersion: String(beat) });
        expect(delivery.status().pendingNotices).toBe(1);
        await clock.advance(60_000);
      }
      expect(delivery.status()).toMatchObject({ pendingObjects: 0, pendingNotices: 1, deadLetters: 0 });
      told.length = 0;
      receiver.answer = () => delivered;
      await clock.advance(60_000);
      expect(text()).toEqual(['HEARTBEAT']);
      expect(told[0]).toMatchObject({ resourceVersion: '99' });
      await delivery.close();
      expect(clock.pendingTimers).toBe(0);
    },
  );

  test('is dropped when it is refused, which is reported', async () => {
    const { delivery, receiver, problems } = world();
    receiver.answer = () => ({ type: 'refused', problem: 'what is that' });
    delivery.tell({ type: 'SUSPENDED' });
    await settle();
    expect(problems).toEqual(['SUSPENDED was refused: what is that']);
    expect(delivery.status()).toMatchObject({ pendingNotices: 0, deadLetters: 0 });
    await delivery.close();
  });

  test('says how many states were lost that should have been kept', async () => {
    const { clock, delivery, receiver, told } = world({ mode: 'every', bound: 3 });
    receiver.answer = () => failed;
    for (let at = 0; at < 10; at++) delivery.file(notice('MODIFIED', 'a'));
    const { lost } = delivery.status();
    expect(lost).toBeGreaterThan(0);
    receiver.answer = () => delivered;
    await clock.advance(60_000);
    const gaps = told.filter(({ type }) => type === 'GAP');
    expect(gaps.at(-1)).toMatchObject({ reason: 'overflow', lost });
    await delivery.close();
  });
});

const retry = { baseMs: 1_000, maxMs: 10_000, maxAttempts: 0, maxAgeSeconds: 60 };

describe('the pulse', () => {
  function pulse(interval = 60_000) {
    const clock = new FakeClock();
    const listeners = new Set<() => void>();
    const kind = {
      phase: 'starting' as KindPhase,
      get isLive() {
        return this.phase === 'live';
      },
      lastContactAt: undefined as number | undefined,
      resourceVersion: '',
      onChange: (listener: () => void) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    };
    const told: ServiceDetails[] = [];
    const made = new Pulse({ kind, interval, clock, tell: (details) => told.push(details) });
    const become = (phase: KindPhase) => {
      kind.phase = phase;
      for (const listener of listeners) listener();
    };
    return { clock, kind, told, pulse: made, become, listeners };
  }

  test('beats in each interval, with the state of the cache, also before there was contact', async () => {
    const { clock, kind, told, pulse: made, become, listeners } = pulse();
    await clock.advance(60_000);
    become('live');
    Object.assign(kind, { lastContactAt: 1_000, resourceVersion: '12' });
    await clock.advance(120_000);
    expect(told).toEqual([
      { type: 'HEARTBEAT', connected: false, lastContact: null, resourceVersion: '' },
      { type: 'HEARTBEAT', connected: true, lastContact: '1970-01-01T00:00:01.000Z', resourceVersion: '12' },
      { type: 'HEARTBEAT', connected: true, lastContact: '1970-01-01T00:00:01.000Z', resourceVersion: '12' },
    ]);
    made.stop();
    expect([clock.pendingTimers, listeners.size]).toEqual([0, 0]);
  });

  test('beats at once when contact is lost, and when it is back', () => {
    const { told, pulse: made, become } = pulse(3_600_000);
    become('live');
    become('disconnected');
    become('disconnected');
    become('live');
    expect(told.map((one) => 'connected' in one && one.connected)).toEqual([false, true]);
    made.stop();
  });

  test('tells once that the definition went, also without heartbeats', async () => {
    const { clock, told, pulse: made, become } = pulse(0);
    become('live');
    become('suspended');
    become('suspended');
    await clock.advance(3_600_000);
    expect(told).toEqual([{ type: 'SUSPENDED' }]);
    made.stop();
  });
});

describe('the format of what the service tells of itself', () => {
  const synced = { type: 'SYNCED', resourceVersion: '88', at: 0, number: 3 } as const;
  const context = { resource, cluster: 'prod-eu', subscription: 'orders' };

  test('is a CloudEvent about the subscription', () => {
    const { id, body, about } = formatServiceNotice(synced, { ...context, format: 'cloudevents' });
    expect(id).toBe('prod-eu/orders/0.3/SYNCED');
    expect(about).toMatchObject({ type: 'SYNCED', metadata: undefined });
    expect(JSON.parse(body)).toEqual({
      specversion: '1.0',
      id,
      source: 'https://prod-eu/apis/watcher.kube-informer.dev/v1alpha1/subscriptions/orders',
      type: 'dev.kube-informer.subscription.synced.v1',
      subject: '/api/v1/pods',
      time: '1970-01-01T00:00:00.000Z',
      datacontenttype: 'application/json',
      data: { type: 'SYNCED', resourceVersion: '88' },
    });
  });

  test('is a bookmark in the format of watches', () => {
    const body = (details: ServiceDetails) =>
      JSON.parse(formatServiceNotice({ ...details, at: 0, number: 1 }, { ...context, format: 'watch' }).body);
    const key = (name: string) => `watcher.kube-informer.dev/${name}`;
    expect(body({ type: 'SYNCED', resourceVersion: '88' })).toEqual({
      type: 'BOOKMARK',
      object: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          resourceVersion: '88',
          annotations: { 'k8s.io/initial-events-end': 'true', [key('event')]: 'SYNCED' },
        },
      },
    });
    const beat = body({ type: 'HEARTBEAT', connected: false, lastContact: null, resourceVersion: '9' });
    expect(beat.object.metadata.annotations).toEqual({ [key('event')]: 'HEARTBEAT', [key('connected')]: 'false' });
  });
});
