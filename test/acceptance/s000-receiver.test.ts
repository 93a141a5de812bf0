import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEventReceiver, type HeartbeatOptions, type ReceivedEvent } from 'kube-informer/receiver';
import { Webhook } from 'standardwebhooks';
import { afterEach, expect, test, vi } from 'vitest';
import type { KubeObject } from '../../src/index.ts';
import { FakeClock } from '../../src/testing/index.ts';
import { eventually } from '../support/eventually.ts';
import { httpReceiver } from '../support/http-receiver.ts';
import { pod, type Rig, rig, watchPods } from './s003-rig.ts';

const secret = `whsec_${Buffer.from('what both of them know ..').toString('base64')}`;

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
  vi.useRealTimers();
});

interface Listening {
  readonly known?: string;
  readonly heartbeat?: HeartbeatOptions;
  /** Default: one that begins as that of the watcher does. */
  readonly clock?: FakeClock;
}

/** A receiver behind a server of Node. */
async function listening(
  onEvent: (event: ReceivedEvent<KubeObject>) => unknown,
  { known = secret, heartbeat, clock = new FakeClock() }: Listening = {},
) {
  const heard = heartbeat && { heartbeat };
  const receiver = createEventReceiver<KubeObject>({ secret: known, onEvent, onError: () => {}, clock, ...heard });
  const server = createServer(receiver.listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
}

/** A watcher that tells a receiver of pods. */
function telling(url: string, more: object = {}): Promise<Rig> {
  const match = { target: { version: 'v1', kind: 'Pod' } };
  const sink = { type: 'webhook' as const, url, sign: { secrets: [secret] } };
  return rig({
    config: {
      watches: [watchPods],
      egress: { allow: ['127.0.0.1'] },
      subscriptions: [{ name: 'pods', match, sinks: [sink], ...more }],
    },
  });
}

test.each(['watch', 'cloudevents', 'cloudevents-binary'] as const)(
  'S000-08: what the watcher sends as %s, the receiver takes: each change once, in its order',
  async (format) => {
    const events: ReceivedEvent<KubeObject>[] = [];
    let calls = 0;
    const url = await listening((event) => {
      // Told again, since the first answer was a failure.
      if (++calls === 2) throw new Error('no room');
      if (event.object?.metadata.name === 'a') events.push(event);
    });
    await using world = await telling(url, { format, delivery: { mode: 'every' } });
    world.server.create(pod('a'));
    world.server.touch('pods', 'web', 'a');
    world.server.delete('pods', 'web', 'a', { gracePeriodSeconds: 0 });
    await eventually(async () => {
      await world.clock.advance(1);
      return events.length === 3;
    });
    expect(events.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    expect(events[0]!.object!.metadata.name).toBe('a');
    expect(new Set(events.map(({ id }) => id)).size).toBe(3);
    expect(calls).toBeGreaterThanOrEqual(4);
  },
);

test('S000-08: what the watcher signs, the library of Standard Webhooks accepts', async () => {
  await using hook = await httpReceiver();
  await using world = await telling(hook.url);
  world.server.create(pod('a'));
  const added = () => hook.requests.find(({ body }) => body.includes('"ADDED"'));
  await eventually(() => added() !== undefined);
  const { body, headers } = added()!;
  vi.useFakeTimers({ toFake: ['Date'], now: world.clock.now() });
  const known = headers as Record<string, string>;
  expect(new Webhook(secret).verify(body, known)).toMatchObject({ data: { type: 'ADDED' } });
  expect(() => new Webhook(secret).verify(`${body} `, known)).toThrowError();
});

test('S000-08: a receiver that knows another secret has the events refused', async () => {
  const told: unknown[] = [];
  const url = await listening((event) => told.push(event), {
    known: Buffer.from('something else, 24 bytes').toString('base64'),
  });
  await using world = await telling(url);
  world.server.create(pod('a'));
  const status = () => world.watcher.subscriptions()[0]!.sinks[0]!;
  await eventually(() => status().deadLetters > 0);
  expect(status().lastProblem).toBe('the receiver answered 401');
  expect(told).toEqual([]);
});

test('S000-26: a watcher that hears nothing says so, and one that is gone is missed by the receiver', async () => {
  const heartbeats: unknown[] = [];
  const missed: (string | undefined)[] = [];
  const clock = new FakeClock();
  const url = await listening(({ type, data }) => type === 'HEARTBEAT' && heartbeats.push(data.connected), {
    heartbeat: { onMissed: ({ source }) => missed.push(source) },
    clock,
  });
  await using world = await telling(url, { delivery: { heartbeatSeconds: 60 } });
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      await clock.advance(1_000);
      await world.clock.advance(1_000);
    }
  };
  await pass(60);
  await eventually(() => heartbeats.length === 1);
  await world.server.close();
  await pass(60);
  await eventually(() => heartbeats.includes(false));
  expect(heartbeats[0]).toBe(true);
  expect(missed).toEqual([]);
  await world.watcher.stop();
  await pass(150);
  expect(missed).toEqual(['https://default/apis/watcher.kube-informer.dev/v1alpha1/subscriptions/pods']);
});
