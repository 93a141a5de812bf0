import { describe, expect, test } from 'vitest';
// A kind is what a cache makes; here it is enough that it has a log and a state.
import { EventLog } from '../../../../src/watcher/cache/event-log.ts';
import { follow } from '../../../../src/watcher/cache/follow.ts';
import type { CachedKind, CachedObject } from '../../../../src/watcher/cache/index.ts';
import { followSet, matcherOf, type SetText } from '../../../../src/watcher/subscriptions/index.ts';

let version = 100;

function pod(name: string, labels: Record<string, string> = {}, namespace = 'web', spec: object = {}): CachedObject {
  const metadata = { name, namespace, uid: name, resourceVersion: String(++version), creationTimestamp: '', labels };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec } as CachedObject;
}

const at = ({ metadata }: CachedObject) => `${metadata.name}@${metadata.resourceVersion}`;

function world(objects: CachedObject[], set: SetText, initial: 'none' | 'snapshot' = 'none') {
  const log = new EventLog(100);
  const now = () => log.seq;
  const snapshot = () => ({ objects, seq: log.seq, resourceVersion: '100' });
  const kind = { log, synced: true, snapshot, onChange: () => () => {} };
  const followed: Pick<CachedKind, 'follow'> = {
    follow: (listener, options) => follow({ ...kind, seq: now() }, listener, options),
  };
  const told: string[] = [];
  const errors: unknown[] = [];
  const { stop } = followSet(followed, {
    matches: matcherOf(set),
    onSnapshot:
      initial === 'none' ? undefined : (seen) => void told.push(...seen.objects.map((object) => `THERE ${at(object)}`)),
    onNotice: ({ type, object, reason }) => void told.push([type, at(object), ...(reason ? [reason] : [])].join(' ')),
    onError: (thrown) => errors.push(thrown),
  });
  const change = (type: 'ADDED' | 'MODIFIED' | 'DELETED', object: CachedObject, oldObject?: CachedObject) => {
    log.append({ type, object, oldObject, origin: 'live', at: 0 });
    return `${object.metadata.name}@${object.metadata.resourceVersion}`;
  };
  return { told, errors, change, stop };
}

describe('a subscription', () => {
  test('to one exact object hears of no other', () => {
    const { told, change, stop } = world([], { namespaces: ['web'], names: ['shop'] });
    const mine = change('ADDED', pod('shop'));
    change('ADDED', pod('shop-2'));
    change('ADDED', pod('shop', {}, 'other'));
    expect(told).toEqual([`ADDED ${mine}`]);
    stop();
    change('ADDED', pod('shop'));
    expect(told).toHaveLength(1);
  });

  test('to namespaces hears of all in them and of nothing else', () => {
    const { told, change } = world([], { namespaces: ['web', 'shop'] });
    const [a, b] = [change('ADDED', pod('a')), change('ADDED', pod('b', {}, 'shop'))];
    change('ADDED', pod('c', {}, 'other'));
    expect(told).toEqual([`ADDED ${a}`, `ADDED ${b}`]);
  });

  test('to a selector hears what enters and what leaves, with the last state that was in it', () => {
    const { told, change } = world([], { labelSelector: 'app=web', fieldSelector: 'spec.on=true' });
    const outside = pod('a', { app: 'db' }, 'web', { on: true });
    const inside = pod('a', { app: 'web' }, 'web', { on: true });
    const later = pod('a', { app: 'web' }, 'web', { on: true });
    const off = pod('a', { app: 'web' }, 'web', { on: false });
    change('ADDED', outside);
    change('MODIFIED', inside, outside);
    change('MODIFIED', later, inside);
    change('MODIFIED', off, later);
    change('DELETED', off, off);
    expect(told).toEqual([`ADDED ${at(inside)} selector`, `MODIFIED ${at(later)}`, `DELETED ${at(later)} selector`]);
  });

  test('begins with what is there, or with what comes', () => {
    const there = [pod('a', { app: 'web' }), pod('b')];
    const [shown, hidden] = (['snapshot', 'none'] as const).map((initial) =>
      world(there, { labelSelector: 'app=web' }, initial),
    );
    const next = pod('c', { app: 'web' });
    for (const each of [shown!, hidden!]) each.change('ADDED', next);
    const [first, last] = [there[0]!, next].map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`);
    expect(shown!.told).toEqual([`THERE ${first}`, `ADDED ${last}`]);
    expect(hidden!.told).toEqual([`ADDED ${last}`]);
  });

  test('an object that its selector can not be compared with is reported and is none of the set', () => {
    const { told, errors, change } = world([], { fieldSelector: 'spec.on=true' });
    change('ADDED', pod('a', {}, 'web', { on: { deep: 1 } }));
    expect([told.length, errors.length]).toEqual([0, 1]);
  });
});
