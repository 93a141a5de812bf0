/** The hardest parts of an informer, against plain models of them, through random histories. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HandlerRegistration, type InformerEvent, SharedIndexInformer } from '../../src/informer/index.ts';
import { KubeInformerError, Turns } from '../../src/runtime/index.ts';
import { FakeClock, settle } from '../../src/testing/index.ts';
import { line, synced } from '../unit/informer/rig.ts';
import { Source, type Thing, thing, until } from '../unit/informer/source.ts';
import { holds } from './property.ts';

const stateOf = (
  objects: Iterable<{ readonly metadata: { readonly name: string }; readonly spec: { readonly size: number } }>,
) =>
  Array.from(objects, ({ metadata, spec }) => `${metadata.name}=${spec.size}`)
    .sort()
    .join(' ');

describe('a relist', () => {
  interface State {
    readonly uid: number;
    readonly version: number;
  }
  const state = fc.option(fc.record({ uid: fc.nat(1), version: fc.nat(2) }), { nil: undefined });
  const states = fc.array(state, { minLength: 6, maxLength: 6 });

  const objectOf = (at: number, { uid, version }: State): Thing =>
    thing(`t${at}`, version, { uid: `uid-${uid}`, resourceVersion: `${uid}${version}` });

  /** What a handler is to hear: deletions, then the rest in the order of the list. */
  function expected(
    before: readonly (State | undefined)[],
    after: readonly (State | undefined)[],
  ): [string[], string[]] {
    const deletions: string[] = [];
    const changes: string[] = [];
    for (const [at, now] of after.entries()) {
      const old = before[at];
      if (old && !now) deletions.push(`delete t${at} ${old.version} unknown`);
      if (!now) continue;
      if (old && old.uid !== now.uid) changes.push(`delete t${at} ${old.version} unknown`);
      if (!old || old.uid !== now.uid) changes.push(`add t${at} ${now.version}`);
      else if (old.version !== now.version) changes.push(`update t${at} ${old.version}>${now.version}`);
    }
    return [deletions, changes];
  }

  /** The server has exactly these objects from now on, as they are, without having told anybody. */
  function set(source: Source, given: readonly (State | undefined)[]): void {
    source.objects.clear();
    for (const [at, each] of given.entries()) if (each) source.objects.set(`shop/t${at}`, objectOf(at, each));
  }

  it('tells what has changed and nothing else, deletions first, with the cache as a whole before it; each object is transformed once (AP-2, G6, G8, SI-13, REF-37)', async () => {
    const property = fc.asyncProperty(states, states, fc.nat(1_000), async (before, after, size) => {
      const clock = new FakeClock();
      const source = new Source();
      set(source, before);
      let transformed = 0;
      const informer = new SharedIndexInformer<Thing>({
        listerWatcher: source,
        clock,
        random: () => 0,
        turns: new Turns({ clock, slice: size % 2 }),
        transform: (object) => {
          transformed++;
          return { ...object };
        },
      });
      const lines: string[] = [];
      const views = new Set<string>();
      const registration = informer.addEventHandler((event) => {
        lines.push(line(event));
        views.add(stateOf(informer.indexer.values()));
      });
      informer.start();
      await registration.ready;
      await until(() => informer.status().phase === 'live');
      const references = new Map(informer.indexer.entries());
      lines.length = 0;
      views.clear();
      source.disconnect();
      set(source, after);
      source.connect({ forget: true });
      await clock.advance(5_000);
      await until(() => informer.status().resourceVersion === source.version && informer.status().phase === 'live');
      // With slices of nothing each call takes turns of its own.
      await until(() => registration.lag === 0);
      await settle();
      const [deletions, changes] = expected(before, after);
      expect(lines.slice(0, deletions.length).sort()).toEqual(deletions.sort());
      expect(lines.slice(deletions.length)).toEqual(changes);
      expect([...views].every((view) => view === stateOf(source.objects.values()))).toBe(true);
      expect(stateOf(informer.indexer.values())).toBe(stateOf(source.objects.values()));
      for (const [at, now] of after.entries()) {
        const old = before[at];
        if (now && old && old.uid === now.uid && old.version === now.version)
          expect(informer.indexer.get(`shop/t${at}`)).toBe(references.get(`shop/t${at}`));
      }
      expect(transformed).toBe([...before, ...after].filter((each) => each !== undefined).length);
      await informer.stop();
    });
    await holds(property, 100);
  });
});

describe('the sync', () => {
  type Step = { readonly do: 'list'; readonly which: number } | { readonly do: 'handler' | 'finish' | 'turn' };
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ do: fc.constant('list' as const), which: fc.nat(2) }),
    fc.record({ do: fc.constantFrom('handler' as const, 'finish' as const, 'finish' as const, 'turn' as const) }),
  );

  it('of the informer comes with the last list, that of a handler when it has finished what there was; neither goes back (SI-20, SI-26, SI-35, SI-36, SI-38)', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.nat(3), { minLength: 1, maxLength: 3 }),
      fc.array(step, { maxLength: 30 }),
      async (sizes, steps) => {
        const clock = new FakeClock();
        const gates = sizes.map(() => Promise.withResolvers<void>());
        const sources = sizes.map((size, at) => {
          const namespace = `n${at}`;
          const objects = Array.from({ length: size }, (_, each) => thing(`t${at}-${each}`, 0, { namespace }));
          const source = new Source(namespace, objects);
          source.hold = gates[at]!.promise;
          return [namespace, source] as const;
        });
        const total = sizes.reduce((sum, size) => sum + size, 0);
        const informer = new SharedIndexInformer<Thing>({
          listerWatcher: new Map(sources),
          clock,
          turns: new Turns({ clock }),
        });
        const listed = new Set<number>();
        const handlers: {
          registration: HandlerRegistration;
          open: (() => void)[];
          finished: number;
          latched: boolean;
        }[] = [];
        const check = () => {
          expect(informer.hasSynced()).toBe(listed.size === sizes.length);
          for (const handler of handlers) {
            const now = handler.registration.hasSynced();
            expect(now).toBe(informer.hasSynced() && handler.finished === total);
            if (handler.latched) expect(now).toBe(true);
            handler.latched = now;
          }
        };
        const add = () => {
          const handler = {
            registration: undefined as unknown as HandlerRegistration,
            open: [] as (() => void)[],
            finished: 0,
            latched: false,
          };
          handler.registration = informer.addEventHandler(
            () => new Promise<void>((resolve) => void handler.open.push(resolve)),
          );
          handlers.push(handler);
        };
        const finish = (handler: (typeof handlers)[number] | undefined) => {
          const release = handler?.open.shift();
          if (!handler || !release) return false;
          handler.finished++;
          release();
          return true;
        };
        const list = (which: number) => {
          gates[which]!.resolve();
          listed.add(which);
        };
        add();
        informer.start();
        for (const one of steps) {
          if (one.do === 'list') list(one.which % sizes.length);
          else if (one.do === 'handler') add();
          else if (one.do === 'finish') finish(handlers.find(({ open }) => open.length > 0));
          await settle(8);
          check();
        }
        for (const which of sizes.keys()) list(which);
        await settle(8);
        check();
        while (handlers.some(finish)) await settle(8);
        check();
        await Promise.all(handlers.map(({ registration }) => registration.ready));
        // A relist of all takes nothing back.
        for (const [, source] of sources) source.disconnect();
        for (const [, source] of sources) source.connect({ forget: true });
        await clock.advance(5_000);
        check();
        await informer.stop();
        expect(clock.pendingTimers).toBe(0);
      },
    );
    await holds(property, 100);
  });
});

describe('a late handler', () => {
  it('has, at whatever moment it comes, one consistent view: the cache of that moment and then each change (SI-20, SI-21)', async () => {
    const operation = fc.record({
      key: fc.nat(4),
      kind: fc.constantFrom('put', 'put', 'put', 'delete', 'relist'),
      microtasks: fc.nat(12),
      // Also by an index function, in the middle of a turn.
      add: fc.constantFrom('here', 'inside', 'not', 'not'),
    });
    const property = fc.asyncProperty(fc.array(operation, { maxLength: 25 }), fc.nat(3), async (operations, slice) => {
      let add = () => {};
      let inside = 0;
      await using r = await synced<'size'>([thing('t0', 0), thing('t1', 0)], {
        turns: new Turns({ slice }),
        indexers: {
          size: ({ spec }) => {
            for (; inside > 0; inside--) add();
            return [String(spec.size)];
          },
        },
      });
      const views: { readonly seen: Map<string, number>; readonly faults: string[] }[] = [];
      add = () => {
        const seen = new Map<string, number>();
        const faults: string[] = [];
        views.push({ seen, faults });
        const atFirst = new Map(r.informer.indexer.list().map(({ metadata, spec }) => [metadata.name, spec.size]));
        r.informer.addEventHandler((event: InformerEvent<Thing>) => {
          const { name } = event.object.metadata;
          const { size } = event.object.spec;
          const known = seen.get(name);
          if (event.type === 'add' && event.isInInitialList && atFirst.get(name) !== size)
            faults.push(`${line(event)}: not the cache`);
          if (event.type === 'add' ? known !== undefined : known === undefined) faults.push(`${line(event)}: ${known}`);
          if (event.type === 'update' && event.oldObject.spec.size !== known) faults.push(`${line(event)}: ${known}`);
          if (event.type === 'delete') seen.delete(name);
          else seen.set(name, size);
        });
      };
      let size = 0;
      for (const { key, kind, microtasks, add: also } of operations) {
        if (kind === 'put') r.source.put(thing(`t${key}`, ++size));
        else if (kind === 'delete' && r.source.objects.has(`shop/t${key}`)) r.source.delete(`t${key}`);
        else if (kind === 'relist') {
          r.source.disconnect();
          r.source.put(thing(`t${key}`, ++size));
          r.source.connect({ forget: true });
          void r.clock.advance(5_000);
        }
        for (let at = 0; at < microtasks; at++) await Promise.resolve();
        if (also === 'here') add();
        if (also === 'inside') inside++;
        if (microtasks % 4 === 0) await settle(1);
      }
      add();
      await r.clock.advance(60_000);
      const truth = stateOf(r.source.objects.values());
      const seenBy = ({ seen }: (typeof views)[number]) =>
        Array.from(seen, ([name, value]) => `${name}=${value}`)
          .sort()
          .join(' ');
      await until(() => views.every((view) => seenBy(view) === truth));
      expect(views.flatMap(({ faults }) => faults)).toEqual([]);
    });
    await holds(property, 100);
  });
});

describe('a stop', () => {
  it('at whatever moment leaves no timer, no watch, no later call, a cache that stays, and every promise settled (SI-8, SI-34)', async () => {
    const operation = fc.constantFrom(
      'put',
      'delete',
      'disconnect',
      'relist',
      'fail',
      'time',
      'turn',
      'handler',
      'slow',
      'remove',
    );
    const property = fc.asyncProperty(
      fc.array(operation, { maxLength: 15 }),
      fc.nat(20),
      fc.boolean(),
      async (operations, microtasks, started) => {
        const clock = new FakeClock();
        const source = new Source('things', [thing('t0'), thing('t1')]);
        const informer = new SharedIndexInformer<Thing>({
          listerWatcher: source,
          clock,
          turns: new Turns({ clock, slice: 0 }),
          resyncPeriod: 1_000,
        });
        let calls = 0;
        const open: (() => void)[] = [];
        const registrations: HandlerRegistration[] = [];
        const quick = () => void calls++;
        const slow = () => {
          calls++;
          return new Promise<void>((resolve) => void open.push(resolve));
        };
        registrations.push(informer.addEventHandler(quick));
        if (started) informer.start();
        let size = 0;
        for (const what of operations) {
          if (what === 'put') source.put(thing(`t${size % 3}`, ++size));
          else if (what === 'delete' && source.objects.has('shop/t0')) source.delete('t0');
          else if (what === 'disconnect') source.disconnect();
          else if (what === 'relist') source.connect({ forget: true });
          else if (what === 'fail')
            source.failures.push(new KubeInformerError('ConnectionFailed', 'reset', { hint: '' }));
          else if (what === 'time') await clock.advance(1_100);
          else if (what === 'turn') await settle(1);
          else if (what === 'handler') registrations.push(informer.addEventHandler(quick));
          else if (what === 'slow') registrations.push(informer.addEventHandler(slow));
          else if (what === 'remove') void registrations.shift()?.remove();
        }
        for (let at = 0; at < microtasks; at++) await Promise.resolve();
        const stopping = informer.stop();
        const callsBefore = calls;
        const cached = informer.indexer.list();
        let ended = false;
        void stopping.then(() => {
          ended = true;
        });
        await settle();
        // Calls under way are waited for, and nothing else.
        expect(ended).toBe(open.length === 0 || informer.status().phase === 'idle');
        for (const release of open) release();
        await stopping;
        await informer.done;
        expect(clock.pendingTimers).toBe(0);
        expect(source.openWatches).toBe(0);
        source.put(thing('late', 1));
        source.connect();
        await clock.advance(3_600_000);
        expect(calls).toBe(callsBefore);
        expect(informer.indexer.list()).toEqual(cached);
        await Promise.all(registrations.map(({ closed }) => closed));
        await Promise.allSettled(registrations.map(({ ready }) => ready));
        expect(() => informer.addEventHandler({})).toThrowError(expect.objectContaining({ code: 'AlreadyStopped' }));
      },
    );
    await holds(property, 200);
  });
});
