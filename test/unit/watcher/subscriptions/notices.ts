import { FakeClock } from '../../../../src/testing/index.ts';
import { Outbox } from '../../../../src/watcher/subscriptions/index.ts';
import { isChange, type Notice } from '../../../../src/watcher/subscriptions/notice.ts';

let seq = 0;

/** A change of an object; later ones have greater versions. */
export function notice(type: Notice['type'], name = 'a', uid = `${name}-1`, more: object = {}): Notice {
  seq++;
  const metadata = { name, namespace: 'web', uid, resourceVersion: String(seq), creationTimestamp: '' };
  const object = { apiVersion: 'v1', kind: 'Pod', metadata, ...more };
  return { type, object, oldObject: undefined, reason: undefined, origin: 'live', initial: false, seq, at: 0 };
}

/** An outbox with the lanes that it announced. */
export function outbox(mode: 'latest' | 'every', bound = 1_000) {
  const ready: string[] = [];
  const clock = new FakeClock();
  return { ready, box: new Outbox({ mode, bound, now: () => clock.monotonic(), onReady: (lane) => ready.push(lane) }) };
}

/** Delivers everything in a lane of an object. */
export function drain(box: Outbox, lane = 'web/a'): Notice[] {
  const told: Notice[] = [];
  for (let entry = box.take(lane); entry; entry = box.take(lane)) {
    if (isChange(entry.notice)) told.push(entry.notice);
    box.done(lane);
  }
  return told;
}
