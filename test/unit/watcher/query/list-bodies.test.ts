import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { settle } from '../../../../src/testing/index.ts';
import type { CachedKind, CachedObject } from '../../../../src/watcher/cache/index.ts';
import { ListBodies } from '../../../../src/watcher/query/list-bodies.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const pod = (name: string): CachedObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'web', uid: name, resourceVersion: '1', creationTimestamp: '' },
});

/** As much of a kind as is looked at. */
function kindOf() {
  const listeners = new Set<() => void>();
  const kind = {
    key: 'v1/pods',
    seq: 1,
    phase: 'live',
    onChange: (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  return {
    kind: kind as unknown as CachedKind,
    listeners,
    become: (phase: string) => {
      kind.phase = phase;
      for (const listener of listeners) listener();
    },
  };
}

describe('bodies of lists', () => {
  test('are given again while nothing changed', () => {
    const { kind } = kindOf();
    const bodies = new ListBodies();
    const pods = [pod('a')];
    const body = bodies.get(kind, 'web', () => pods);
    expect(body.toString()).toContain('"name":"a"');
    expect(bodies.get(kind, 'web', () => [])).toBe(body);
  });

  test.each(['stopped', 'suspended'])('let go of the objects of a kind that is %s', async (phase) => {
    const { kind, listeners, become } = kindOf();
    const bodies = new ListBodies();
    const list = () => {
      const objects = [pod('a')];
      bodies.get(kind, undefined, () => objects);
      return new WeakRef(objects);
    };
    const kept = list();
    become('disconnected');
    await settle();
    collectGarbage();
    expect(kept.deref()).toBeDefined();
    become(phase);
    await settle();
    collectGarbage();
    expect([kept.deref(), listeners.size]).toEqual([undefined, 0]);
    // It may come back.
    become('live');
    expect(bodies.get(kind, undefined, () => [pod('b')]).toString()).toContain('"name":"b"');
  });

  test('cost nothing for namespaces that are not there, however many are asked for', () => {
    const { kind } = kindOf();
    const bodies = new ListBodies();
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let at = 0; at < 20_000; at++) bodies.get(kind, `${at}`.padEnd(1_000, 'x'), () => []);
    collectGarbage();
    // The names are 20 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(4e6);
    // It was there all the time.
    expect(bodies.get(kind, 'web', () => []).toString()).toBe(']}\n');
  });
});
