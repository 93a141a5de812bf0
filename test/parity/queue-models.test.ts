/** Back-pressure between a watch and a slow consumer, and an object's way through the classic queue, against plain models. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createQueueInformer, DeltaFIFO } from '../../src/queue/index.ts';
import { Reflector } from '../../src/reflector/index.ts';
import { FakeClock, settle } from '../../src/testing/index.ts';
import {
  added,
  deleted,
  modified,
  page,
  ScriptedListerWatcher,
  ScriptedStream,
  statusError,
  type Widget,
  widget,
} from '../unit/reflector/scripted-lister-watcher.ts';
import { holds } from './property.ts';

const silent = { now: () => 0, monotonic: () => 0, setTimer: () => ({ cancel() {} }) };

describe('a consumer that is slow', () => {
  it('holds the watch back: no more than the mark and one batch wait, all comes through, in order (RF-14)', async () => {
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 30 }),
      fc.array(fc.nat(4), { minLength: 1, maxLength: 20 }),
      async (highWaterMark, batches, pace) => {
        const clock = new FakeClock();
        const stream = new ScriptedStream(silent);
        const server = new ScriptedListerWatcher(clock, [page([], '1'), stream]);
        const queue = new DeltaFIFO<Widget>({ highWaterMark });
        const stopper = new AbortController();
        const reflector = new Reflector<Widget>({
          listerWatcher: server,
          store: queue,
          clock,
          streamInitialState: false,
        });
        const done = reflector.run(stopper.signal);
        await settle();
        let version = 1;
        for (const size of batches) {
          stream.send(...Array.from({ length: size }, () => added(`w${++version}`, String(version))));
        }
        const seen: string[] = [];
        for (let round = 0; seen.length < version - 1; round++) {
          expect(round).toBeLessThan(1_000);
          await settle();
          expect(queue.length).toBeLessThanOrEqual(highWaterMark + Math.max(...batches));
          for (let taken = pace[round % pace.length]! || (round % 7 === 0 ? 1 : 0); taken > 0; taken--) {
            const delta = queue.take();
            if (delta?.type === 'Added') seen.push(delta.object.metadata.resourceVersion);
          }
        }
        expect(seen).toEqual(Array.from({ length: version - 1 }, (_, at) => String(at + 2)));
        stopper.abort();
        await done;
        expect(clock.pendingTimers).toBe(0);
      },
    );
    await holds(property, 100);
  });
});

describe('a queue that is popped now and then', () => {
  it('has for each object what happened since, ends in the state of the server, and makes up each missed deletion once (DF-2 to DF-6)', async () => {
    const operation = fc.record({
      key: fc.nat(3),
      kind: fc.constantFrom('put', 'put', 'delete', 'pop', 'pop', 'relist'),
    });
    const property = fc.asyncProperty(fc.array(operation, { maxLength: 30 }), async (operations) => {
      const clock = new FakeClock();
      const truth = new Map<string, string>();
      let version = 1;
      let stream = new ScriptedStream(silent);
      const everything = () =>
        page(
          Array.from(truth, ([name, at]) => widget(name, at)),
          String(version),
        );
      const server = new ScriptedListerWatcher(clock, [], ({ verb }) => {
        if (verb === 'list') return everything();
        stream = new ScriptedStream(silent);
        return stream;
      });
      const queue = createQueueInformer<Widget>({
        listerWatcher: server,
        clock,
        streamInitialState: false,
        random: () => 0,
      });
      await settle();
      const believed = new Map<string, string>();
      const pop = async () => {
        if (queue.length === 0) return;
        const { key, deltas } = (await queue.pop())!;
        for (const [at, { type, object }] of deltas.entries()) {
          if (type !== 'Deleted') believed.set(key, object.metadata.resourceVersion);
          else {
            expect(believed.has(key), `a deletion of nothing: ${key}`).toBe(true);
            expect(deltas[at + 1]?.type).not.toBe('Deleted');
            believed.delete(key);
          }
        }
      };
      for (const { key, kind } of operations) {
        const name = `w${key}`;
        if (kind === 'pop') await pop();
        else if (kind === 'put') {
          const event = truth.has(name) ? modified : added;
          truth.set(name, String(++version));
          stream.send(event(name, String(version)));
        } else if (kind === 'delete' && truth.delete(name)) stream.send(deleted(name, String(++version)));
        else if (kind === 'relist') {
          stream.fail(statusError(410, 'Expired'));
          await settle();
          // Nobody hears of this but the next list.
          if (!truth.delete(name)) truth.set(name, String(version + 1));
          version++;
          await clock.advance(60_000);
        }
        await settle();
      }
      while (queue.length > 0) await pop();
      expect(believed).toEqual(truth);
      await queue.stop();
      expect(clock.pendingTimers).toBe(0);
    });
    await holds(property, 100);
  });
});
