import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dispatch, type InformerEvent } from '../../../src/informer/index.ts';
import type { KubeObject } from '../../../src/kubernetes/index.ts';
import { Relay } from '../../../src/manager/relay.ts';
import { settle } from '../../../src/testing/index.ts';

function object(name: string, version: number | string, uid = `uid-${name}`): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: { name, uid, resourceVersion: String(version), creationTimestamp: '' },
  };
}

const add = (it: KubeObject, isInInitialList = false): InformerEvent<KubeObject> => ({
  type: 'add',
  object: it,
  isInInitialList,
});
const update = (oldObject: KubeObject, it: KubeObject): InformerEvent<KubeObject> => ({
  type: 'update',
  object: it,
  oldObject,
  isResync: false,
});
const gone = (it: KubeObject, finalStateUnknown = false): InformerEvent<KubeObject> => ({
  type: 'delete',
  object: it,
  finalStateUnknown,
});
const at = (resourceVersion: string) => ({ indexer: { resourceVersion } });

function text(event: InformerEvent<KubeObject>): string {
  const version = ({ metadata }: { metadata: { resourceVersion: string } }) => metadata.resourceVersion;
  const { name } = event.object.metadata;
  if (event.type === 'update') return `update ${name} ${version(event.oldObject)}>${version(event.object)}`;
  return `${event.type} ${name} ${version(event.object)}${event.type === 'delete' && event.finalStateUnknown ? ' unseen' : ''}`;
}

function relay() {
  const lines: string[] = [];
  const events: InformerEvent<KubeObject>[] = [];
  let held: Promise<void> | undefined;
  const made = new Relay({
    deliver: (event) => {
      lines.push(text(event));
      events.push(event);
      return held;
    },
    onSynced: () => void lines.push('synced'),
  });
  /** Listens to a cache that holds `objects`, as of `version`. @returns how to tell it more */
  const listen = async (version: string, objects: readonly KubeObject[], before?: Promise<unknown>) => {
    const handler = made.next(at(version), before);
    const tell = async (...more: InformerEvent<KubeObject>[]) => {
      for (const event of more) await dispatch(handler, event);
    };
    await tell(...objects.map((it) => add(it, true)));
    await handler.onSynced?.();
    return tell;
  };
  /** The next calls do not end. @returns how to end them */
  const hold = () => {
    const call = Promise.withResolvers<void>();
    held = call.promise;
    return () => {
      held = undefined;
      call.resolve();
    };
  };
  return { lines, events, hold, made, listen };
}

describe('from one cache to the next', () => {
  test('what is the same is no event, what is newer an update, what is gone a delete', async () => {
    const { lines, listen } = relay();
    await listen('5', [object('a', 1), object('b', 2), object('c', 3)]);
    await listen('9', [object('a', 1), object('b', 7)]);
    expect(lines).toEqual(['add a 1', 'add b 2', 'add c 3', 'synced', 'update b 2>7', 'delete c 3 unseen']);
  });

  test('a cache that is behind takes nothing back', async () => {
    const { lines, listen } = relay();
    const first = await listen('5', [object('a', 1), object('b', 2)]);
    await first(update(object('a', 1), object('a', 8)), add(object('c', 9)), gone(object('b', 10)));
    const second = await listen('6', [object('a', 1), object('b', 2)]);
    await second(update(object('a', 1), object('a', 8)), add(object('c', 9)), gone(object('b', 10)));
    await second(update(object('a', 8), object('a', 11)));
    expect(lines.slice(3)).toEqual(['update a 1>8', 'add c 9', 'delete b 10', 'update a 8>11']);
  });

  test('an object that was made anew is a delete and an add', async () => {
    const { lines, listen } = relay();
    await listen('5', [object('a', 1, 'one')]);
    const second = await listen('9', [object('a', 8, 'two')]);
    await second(gone(object('a', 9, 'two')), add(object('a', 12, 'three')));
    expect(lines.slice(2)).toEqual(['delete a 1 unseen', 'add a 8', 'delete a 9', 'add a 12']);
  });

  test('an object that left a selection may come back, with the same uid', async () => {
    const { lines, listen } = relay();
    const tell = await listen('5', [object('a', 1)]);
    await tell(gone(object('a', 7)), add(object('a', 8)));
    expect(lines.slice(2)).toEqual(['delete a 7', 'add a 8']);
  });

  test('a resource that was not served for a moment is back with the very same objects', async () => {
    const { lines, listen } = relay();
    const tell = await listen('5', [object('a', 1)]);
    await tell(gone(object('a', 1), true), add(object('a', 1)));
    expect(lines.slice(2)).toEqual(['delete a 1 unseen', 'add a 1']);
  });

  test('versions without an order are believed as they come', async () => {
    const { lines, listen } = relay();
    await listen('zz', [object('a', 'x'), object('b', 'y')]);
    const second = await listen('aa', [object('a', 'w')]);
    await second(add(object('b', 'y')));
    expect(lines.slice(3)).toEqual(['update a x>w', 'delete b y unseen', 'add b y']);
  });

  test('the next one waits for the call that is under way, and knows what that made known', async () => {
    const { lines, hold, made, listen } = relay();
    const tell = await listen('5', [object('a', 1)]);
    const release = hold();
    const call = tell(add(object('b', 6)));
    const second = listen('9', [object('a', 7)]);
    await settle();
    expect(lines.slice(2)).toEqual(['add b 6']);
    release();
    await Promise.all([call, second]);
    expect(lines.slice(2)).toEqual(['add b 6', 'update a 1>7', 'delete b 6 unseen']);
    expect(made.size).toBe(1);
  });

  test('what has to be waited for beside that is waited for', async () => {
    const { lines, listen } = relay();
    const before = Promise.withResolvers<void>();
    const first = listen('5', [object('a', 1)], before.promise);
    await settle();
    expect(lines).toEqual([]);
    before.resolve();
    await first;
    expect(lines).toEqual(['add a 1', 'synced']);
  });

  test('what is not wanted any more is forgotten without a word', async () => {
    const { lines, made, listen } = relay();
    await listen('5', [object('a', 1), object('b', 2)]);
    made.keepOnly(({ metadata }) => metadata.name === 'a');
    await listen('9', [object('a', 1)]);
    expect(lines.slice(3)).toEqual([]);
  });

  test('whatever the histories and wherever the caches are in them: events chain, no state comes twice, the end is right', async () => {
    const step = fc.record({ name: fc.constantFrom('a', 'b', 'c'), remove: fc.boolean() });
    const run = fc.record({ lag: fc.nat(6), steps: fc.array(step, { maxLength: 8 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 5 }), async (runs) => {
        const { events, listen } = relay();
        // One history of the server; each run is an informer that begins `lag` changes behind, hears the rest and then what is new.
        const history: InformerEvent<KubeObject>[] = [];
        const states: Map<string, KubeObject>[] = [new Map()];
        let uid = 0;
        const change = ({ name, remove }: { name: string; remove: boolean }) => {
          const now = new Map(states.at(-1));
          const old = now.get(name);
          const version = states.length + 100;
          if (remove && !old) return;
          if (remove) now.delete(name);
          else now.set(name, object(name, version, old?.metadata.uid ?? `${name}-${++uid}`));
          if (remove) history.push(gone({ ...old!, metadata: { ...old!.metadata, resourceVersion: String(version) } }));
          else history.push(old ? update(old, now.get(name)!) : add(now.get(name)!));
          states.push(now);
        };
        for (const { lag, steps } of runs) {
          const from = Math.max(0, states.length - 1 - lag);
          const tell = await listen(String(from + 100), [...states[from]!.values()]);
          await tell(...history.slice(from));
          for (const next of steps) {
            const known = history.length;
            change(next);
            await tell(...history.slice(known));
          }
        }
        const seen = new Map<string, KubeObject>();
        const delivered = new Set<string>();
        for (const event of events) {
          const { name, uid: of, resourceVersion } = event.object.metadata;
          expect(seen.has(name), text(event)).toBe(event.type !== 'add');
          if (event.type === 'update') expect(event.oldObject).toBe(seen.get(name));
          const state = `${of}@${resourceVersion}`;
          if (event.type === 'delete') seen.delete(name);
          else {
            expect(delivered.has(state), state).toBe(false);
            delivered.add(state);
            seen.set(name, event.object as KubeObject);
          }
        }
        expect([...seen].sort()).toEqual([...states.at(-1)!].sort());
      }),
      { numRuns: 500 },
    );
  });
});
