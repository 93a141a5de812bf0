/** The hardest parts of a reflector, against plain models of them, through random histories. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reflector } from '../../src/reflector/index.ts';
import { Backoff, Turns } from '../../src/runtime/index.ts';
import { FakeClock, settle } from '../../src/testing/index.ts';
import { RecordingStore } from '../unit/reflector/fixture.ts';
import { ScriptedListerWatcher } from '../unit/reflector/scripted-lister-watcher.ts';
import { History } from './history.ts';
import { holds } from './property.ts';
import { deeds, RequestsModel } from './requests-model.ts';

function run(server: ScriptedListerWatcher | History, clock: FakeClock, store: RecordingStore, streams: boolean) {
  const stopper = new AbortController();
  const reflector = new Reflector({
    listerWatcher: server,
    store,
    clock,
    random: () => 0.5,
    turns: new Turns({ clock }),
    streamInitialState: streams,
  });
  const done = reflector.run(stopper.signal);
  return async () => {
    stopper.abort();
    await done;
    await settle();
    expect(clock.pendingTimers).toBe(0);
  };
}

describe('requests', () => {
  it('ask for the version, and in the page size, that the rules demand, whatever the server does (REF-19 to REF-25, REF-33, REF-48)', async () => {
    const property = fc.asyncProperty(deeds, fc.boolean(), async (done, streams) => {
      const clock = new FakeClock();
      const model = new RequestsModel(done, streams);
      const server = new ScriptedListerWatcher(clock, [], model.answer);
      const stop = run(server, clock, new RecordingStore(), streams);
      await settle();
      for (let minute = 0; model.deedsLeft > 0 && minute < 100; minute++) await clock.advance(60_000);
      await clock.advance(120_000);
      await stop();
      expect(model.faults, server.sequence).toEqual([]);
      expect(model.deedsLeft, server.sequence).toBe(0);
      expect(server.sent.length).toBeGreaterThan(done.length);
    });
    await holds(property, 300);
  });
});

describe('the hand-over from initial events to changes', () => {
  it('loses nothing, doubles nothing and reorders nothing, wherever batches and connections are cut (REF-31, REF-32, REF-34, REF-41)', async () => {
    const operation = fc.record({ key: fc.nat(4), gone: fc.boolean() });
    const property = fc.asyncProperty(
      fc.array(operation, { maxLength: 12 }),
      fc.array(operation, { maxLength: 30 }),
      fc.array(fc.nat(6), { minLength: 1, maxLength: 20 }),
      fc.array(fc.nat(9), { maxLength: 6 }),
      fc.boolean(),
      async (before, after, batches, cuts, streams) => {
        const clock = new FakeClock();
        const server = new History(batches, cuts);
        for (const { key, gone } of before) server.write(key, gone);
        const store = new RecordingStore();
        const stop = run(server, clock, store, streams);
        await settle();
        for (const { key, gone } of after) {
          server.write(key, gone);
          if (key === 0) await clock.advance(400);
        }
        await clock.advance(600_000);
        const content = Array.from(
          store.content.values(),
          ({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`,
        );
        await stop();
        expect(content.sort()).toEqual(server.content());
        // Between two lists each change comes once, in the order of the server.
        let last = 0;
        for (const call of store.calls.filter((each) => !each.startsWith('bookmark'))) {
          const version = Number(/@(\d+)/.exec(call)![1]);
          if (call.startsWith('replace')) expect(version).toBeGreaterThanOrEqual(last);
          else expect(version).toBeGreaterThan(last);
          last = version;
        }
      },
    );
    await holds(property, 300);
  });
});

describe('backoff', () => {
  it('doubles to its limit, stays there while it is needed, and starts over after quiet alone (REF-9, REF-10)', async () => {
    const limits = { initial: 800, factor: 2, max: 30_000, jitter: 1, resetAfter: 120_000 };
    const property = fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(200_000), fc.double({ min: 0, max: 0.999, noNaN: true })), { maxLength: 40 }),
      async (uses) => {
        const clock = new FakeClock();
        let chance = 0;
        const backoff = new Backoff(limits, clock, () => chance);
        let step = 0;
        for (const [quiet, drawn] of uses) {
          await clock.advance(quiet);
          if (quiet > limits.resetAfter) step = 0;
          chance = drawn;
          const base = Math.min(800 * 2 ** step++, 30_000);
          const delay = backoff.next();
          expect(delay).toBeCloseTo(base * (1 + drawn), 6);
          await clock.advance(delay);
        }
      },
    );
    await holds(property, 100);
  });
});
