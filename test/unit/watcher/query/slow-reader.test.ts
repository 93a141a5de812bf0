import { expect, test } from 'vitest';
import { FakeClock, settle } from '../../../../src/testing/index.ts';
import { EventLog } from '../../../../src/watcher/cache/event-log.ts';
import type { CachedKind } from '../../../../src/watcher/cache/index.ts';
import { whole } from '../../../../src/watcher/query/forms.ts';
import { jsonLines } from '../../../../src/watcher/query/framing.ts';
import type { Sink } from '../../../../src/watcher/query/index.ts';
import { streamWatch } from '../../../../src/watcher/query/watch.ts';

const pod = (version: number) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', namespace: 'web', uid: 'a', resourceVersion: String(version), creationTimestamp: '' },
});

/** As much of a kind as a watch reads. */
function kindOf(log: EventLog): CachedKind {
  const kind = {
    log,
    phase: 'live',
    resource: { group: '', version: 'v1', kind: 'Pod', resource: 'pods' },
    resourceVersion: '1',
    get seq() {
      return log.seq;
    },
    onChange: () => () => undefined,
    snapshot: () => ({ objects: [pod(1)], seq: log.seq, resourceVersion: '1' }),
  };
  // A whole kind takes a server; a watch reads these members alone.
  return kind as unknown as CachedKind;
}

test('a reader that stops reading costs its position; when it comes back it is told with 410 that it is too late', async () => {
  const log = new EventLog(10);
  const clock = new FakeClock();
  const room = { is: true, again: Promise.withResolvers<void>() };
  const lines: string[] = [];
  const sink: Sink = {
    signal: new AbortController().signal,
    write: (bytes) => {
      lines.push(...bytes.toString().trim().split('\n'));
      return room.is;
    },
    drained: () => room.again.promise,
  };
  const options = { matches: () => true, form: whole, framing: jsonLines, bookmarks: false, timeout: 3_600_000, clock };
  const done = streamWatch(kindOf(log), { from: 'snapshot', mark: false }, options, sink);
  await settle();
  room.is = false;
  const write = (version: number) =>
    log.append({ type: 'MODIFIED', object: pod(version), oldObject: pod(version - 1), origin: 'live', at: 0 });
  write(2);
  await settle();
  expect(lines).toHaveLength(2);
  for (let version = 3; version < 1_000; version++) write(version);
  await settle();
  expect(lines).toHaveLength(2);
  room.again.resolve();
  await done;
  expect(lines).toHaveLength(3);
  expect(JSON.parse(lines[2]!)).toMatchObject({
    type: 'ERROR',
    object: { kind: 'Status', code: 410, reason: 'Expired' },
  });
  expect(clock.pendingTimers).toBe(0);
});

test('an idle watch wakes for events, bookmarks and its end only', async () => {
  const log = new EventLog(10);
  const clock = new FakeClock();
  const lines: string[] = [];
  const sink: Sink = {
    signal: new AbortController().signal,
    write: (bytes) => {
      lines.push(...bytes.toString().trim().split('\n'));
      return true;
    },
    drained: async () => undefined,
  };
  const options = { matches: () => true, form: whole, framing: jsonLines, bookmarks: false, timeout: 600_000, clock };
  const done = streamWatch(kindOf(log), { from: 'snapshot', mark: false }, options, sink);
  await settle();
  expect(clock.nextTimerIn).toBe(600_000);
  await clock.advance(600_000);
  await done;
  expect(lines).toHaveLength(1);
});

test('an idle watch steps over events that do not concern it, without waking', async () => {
  const log = new EventLog(10);
  const clock = new FakeClock();
  let timers = 0;
  const counting = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    setTimer: (callback: () => void, delay: number) => {
      timers++;
      return clock.setTimer(callback, delay);
    },
  };
  const lines: string[] = [];
  const stopping = new AbortController();
  const sink: Sink = {
    signal: stopping.signal,
    write: (bytes) => {
      lines.push(...bytes.toString().trim().split('\n'));
      return true;
    },
    drained: async () => undefined,
  };
  const matches = ({ metadata }: { readonly metadata: { readonly name: string } }) => metadata.name === 'wanted';
  const options = { matches, form: whole, framing: jsonLines, bookmarks: false, timeout: 600_000, clock: counting };
  const done = streamWatch(kindOf(log), { from: 'position', seq: 0, newerThan: undefined }, options, sink);
  await settle();
  const write = (version: number, name: string) => {
    const object = { ...pod(version), metadata: { ...pod(version).metadata, name } };
    log.append({ type: 'ADDED', object, oldObject: undefined, origin: 'live', at: 0 });
  };
  // More than the log is long: it must not fall behind for what it does not want.
  for (let version = 1; version <= 50; version++) write(version, 'other');
  await settle();
  expect([timers, lines]).toEqual([1, []]);
  write(51, 'wanted');
  await settle();
  expect(lines.map((line) => JSON.parse(line).object.metadata.resourceVersion)).toEqual(['51']);
  stopping.abort();
  await done;
  expect(clock.pendingTimers).toBe(0);
});
