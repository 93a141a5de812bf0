import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { bytesOf, Tally } from '../../../src/reflector/tally.ts';
import { start } from './fixture.ts';
import { added, deleted, type Event, mark, page, statusError, widget } from './scripted-lister-watcher.ts';

const listing = { streamInitialState: false };
const [a, b, c] = [widget('a', '1'), widget('b', '2'), widget('c', '3')];
const each = bytesOf(a);
const painted = (name: string, version: string, color: string): Event => ({
  type: 'MODIFIED',
  object: widget(name, version, color),
});

test('the bytes of an object are about those of its JSON', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-1', namespace: 'shop', labels: { app: 'web', tier: 'front' }, uid: 'b6f1', finalizers: [] },
    spec: {
      containers: [{ name: 'app', image: 'registry.example.com/shop/app:v1', ports: [{ containerPort: 8080 }] }],
    },
    status: { phase: 'Running', ready: true, message: null },
  };
  expect(bytesOf(pod) / JSON.stringify(pod).length).toBeCloseTo(1, 1);
  expect(bytesOf({ ...pod, data: 'x'.repeat(100_000) }) - bytesOf(pod)).toBeGreaterThanOrEqual(100_000);
});

test('what is put, put again, kept and deleted, in any order, is counted as it is there', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd');
  const step = fc.oneof(
    fc.tuple(fc.constant('put' as const), key, fc.nat(40)),
    fc.tuple(fc.constant('delete' as const), key, fc.constant(0)),
    fc.tuple(fc.constant('relist' as const), key, fc.nat(40)),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.nat(4), fc.nat(200), (steps, maxObjects, maxBytes) => {
      let tally = new Tally({ name: 'widgets', maxObjects, maxBytes });
      let held = new Map<string, object>();
      const fits = (state: Map<string, object>) =>
        state.size <= maxObjects &&
        Array.from(state.values(), bytesOf).reduce((sum, bytes) => sum + bytes, 0) <= maxBytes;
      for (const [what, key, length] of steps) {
        const object = { text: 'x'.repeat(length) };
        const next = what === 'relist' ? new Map<string, object>() : new Map(held);
        if (what === 'delete') next.delete(key);
        else next.set(key, object);
        // A relist keeps one key as it was, whatever it was.
        const other = held.get('d');
        if (what === 'relist' && key !== 'd' && other) next.set('d', other);
        let refused = false;
        try {
          if (what === 'put') tally.put(key, object);
          else if (what === 'delete') tally.delete(key);
          else {
            const draft = tally.empty();
            draft.put(key, object);
            if (key !== 'd' && other) draft.keep('d', tally);
            tally = draft;
          }
        } catch {
          refused = true;
        }
        // What shrinks is never refused: it was let in before.
        expect(refused).toBe(!fits(next));
        if (!refused) held = next;
      }
    }),
  );
});

describe('maxBytes', () => {
  const fails = ({ done }: { done: Promise<void> }) =>
    expect(done).rejects.toMatchObject({
      code: 'CacheLimitExceeded',
      message: expect.stringContaining('more than maxBytes'),
      hint: expect.stringContaining('Raise maxBytes'),
    });

  it('ends a list', async () => {
    const running = start([page([a, b], '10', 't'), page([c], '10')], { ...listing, maxBytes: 2.5 * each });
    await fails(running);
    expect(running.store.calls).toEqual([]);
  });

  it('ends a stream before the state is complete', async () => {
    const { done, store } = start([[[added('a', '1'), added('b', '2'), added('c', '3'), mark('9')]]], {
      maxBytes: 2.5 * each,
    });
    await fails({ done });
    expect(store.calls).toEqual([]);
  });

  it('ends a watch that brings one object too large; what goes makes room', async () => {
    const running = start(
      [
        page([a, b], '10'),
        [[deleted('b', '11'), painted('a', '12', 'x'.repeat(each / 2))], [painted('a', '13', 'x'.repeat(2 * each))]],
      ],
      { ...listing, maxBytes: 2 * each },
    );
    await fails(running);
    expect(running.store.calls).toEqual(['replace [a b]@10', 'delete b@11', 'update a@12']);
  });

  it('counts what the transform leaves', async () => {
    const transform = (object: typeof a) => widget(object.metadata.name, object.metadata.resourceVersion);
    const { clock, store } = start(
      [page([widget('a', '1', 'x'.repeat(9_999))], '10'), [[painted('a', '11', 'y'.repeat(9_999))]]],
      { ...listing, transform, maxBytes: 2 * each },
    );
    await clock.advance(0);
    expect(store.calls).toEqual(['replace [a]@10', 'update a@11']);
  });

  it('counts a state that comes in the place of another alone', async () => {
    const expired = statusError(410, 'Expired');
    const { clock, store } = start([page([a, b], '10'), expired, expired, page([b, c], '20')], {
      ...listing,
      maxBytes: 2 * each,
    });
    await clock.advance(60_000);
    expect(store.calls).toEqual(['replace [a b]@10', 'replace [b c]@20']);
  });

  it('is at least 0', () => {
    expect(() => start([], { maxBytes: -1 })).toThrowError(expect.objectContaining({ code: 'InvalidOption' }));
  });
});
