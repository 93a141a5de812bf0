/** Merging what waits for a slow handler holds the event loop no longer than anything else does. */
import { describe, expect, test } from 'vitest';
import type { InformerEvent } from '../../../src/informer/index.ts';
import { Line } from '../../../src/informer/line.ts';
import { Listener } from '../../../src/informer/listener.ts';
import { Turns } from '../../../src/runtime/index.ts';
import { settle } from '../../../src/testing/index.ts';
import { line } from './rig.ts';
import { type Thing, thing } from './source.ts';

/** `count` updates of as many objects as said, in turn. */
function updates(count: number, objects: number, from = 0): InformerEvent<Thing>[] {
  return Array.from({ length: count }, (_, at) => {
    const name = `t${at % objects}`;
    const size = from + Math.floor(at / objects);
    return { type: 'update', object: thing(name, size + 1), oldObject: thing(name, size), isResync: false };
  });
}

function taken(waiting: Line<Thing>): string[] {
  const lines: string[] = [];
  for (let next = waiting.take(); next; next = waiting.take()) lines.push(next === 'synced' ? next : line(next));
  return lines;
}

describe('a merge', () => {
  test('is done in steps; nothing is taken before it is done, and what comes meanwhile stays behind it', () => {
    const waiting = new Line<Thing>();
    waiting.events(updates(1_000, 2));
    waiting.take();
    let steps = 1;
    while (waiting.mergeStep()) {
      if (steps === 3) {
        waiting.events(updates(2, 2, 500));
        waiting.mark();
      }
      expect([waiting.merging, waiting.take()]).toEqual([true, undefined]);
      steps++;
    }
    expect(steps).toBeGreaterThan(15);
    expect([waiting.merging, waiting.length, waiting.backlog]).toEqual([false, 4, 4]);
    // The first event of t0 had been handed over.
    expect(taken(waiting)).toEqual([
      'update t1 0>500',
      'update t0 1>500',
      'update t0 500>501',
      'update t1 500>501',
      'synced',
    ]);
  });

  test('is forgotten when the line is cleared', () => {
    const waiting = new Line<Thing>();
    waiting.events(updates(1_000, 2));
    waiting.mergeStep();
    waiting.clear();
    waiting.events(updates(1, 1));
    expect([waiting.merging, waiting.length]).toEqual([false, 1]);
    expect(taken(waiting)).toEqual(['update t0 0>1']);
  });

  test('of much is done over many turns of the event loop, while the handler is busy and while it is not', async () => {
    for (const busy of [true, false]) {
      const due: (() => void)[] = [];
      const heard: string[] = [];
      let release = () => {};
      const listener = new Listener<Thing>({
        name: 'slow',
        informer: 'things',
        handler: (event) => {
          heard.push(line(event));
          if (busy && heard.length === 1) return new Promise<void>((resolve) => (release = resolve));
        },
        overflow: { policy: 'coalesce', above: 8 },
        turns: new Turns({ slice: 0, yieldToLoop: (callback) => due.push(callback) }),
        onError: () => expect.unreachable(),
        onOverflow: () => expect.unreachable(),
        afterCall: undefined,
      });
      const loop = () => {
        let turns = 0;
        for (let next = due.shift(); next; next = due.shift()) {
          next();
          turns++;
        }
        return turns;
      };
      if (busy) {
        listener.push(updates(1, 1));
        loop();
        expect(heard).toHaveLength(1);
      }
      listener.push(updates(6_400, 4, 1));
      const turns = loop();
      expect(turns).toBeGreaterThanOrEqual(100);
      if (busy) expect(listener.lag).toBe(4);
      release();
      await settle();
      loop();
      expect(heard.slice(-4)).toEqual([0, 1, 2, 3].map((at) => `update t${at} 1>1601`));
      expect(heard).toHaveLength(busy ? 5 : 4);
      expect(listener.lag).toBe(0);
    }
  });
});
