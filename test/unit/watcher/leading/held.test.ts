import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Checkpoints } from '../../../../src/watcher/subscriptions/leading/checkpoints.ts';
import { Held } from '../../../../src/watcher/subscriptions/leading/held.ts';
import type { Notice } from '../../../../src/watcher/subscriptions/notice.ts';
import { laneOf } from '../../../../src/watcher/subscriptions/notice.ts';
import { Outbox } from '../../../../src/watcher/subscriptions/outbox.ts';
import { holds } from '../../../parity/property.ts';
import { notice } from '../subscriptions/notices.ts';

const versionOf = ({ object }: Notice) => Number(object.metadata.resourceVersion);
const idOf = ({ type, object: { metadata } }: Notice) =>
  `${metadata.uid}/${metadata.resourceVersion}/${type === 'DELETED' ? 'DELETED' : 'STATE'}`;

/** A history of a few names: each draw is a change of one of them, whatever is possible for it then. */
function historyOf(draws: readonly (readonly [number, boolean])[]): Notice[] {
  const lives = new Map<string, { uid: string; there: boolean }>();
  return draws.map(([pick, ends]) => {
    const name = `n${pick}`;
    const life = lives.get(name) ?? { uid: `${name}-0`, there: false };
    if (!life.there) {
      const uid = `${name}-${Number(life.uid.split('-')[1]) + 1}`;
      lives.set(name, { uid, there: true });
      return notice('ADDED', name, uid);
    }
    if (ends) lives.set(name, { ...life, there: false });
    return notice(ends ? 'DELETED' : 'MODIFIED', name, life.uid);
  });
}

/** What a leader tells that may be slow: of each name the newest of what waits, in the order of the log. */
function toldBy(entries: readonly (readonly [Notice, boolean])[], told: Notice[], chance: () => boolean): Notice[] {
  const box = new Outbox({ mode: 'latest', bound: 0, now: () => 0, onReady: () => {} });
  const lanes = new Set<string>();
  const tell = (lane: string) => {
    const entry = box.take(lane);
    if (!entry) return;
    told.push(entry.notice as Notice);
    box.done(lane);
  };
  for (const [each, heard] of entries) {
    box.file(each, heard);
    lanes.add(laneOf(each));
    if (chance()) tell(laneOf(each));
  }
  const pending = () => Array.from(lanes).filter((lane) => box.has(lane));
  while (chance() && pending().length > 0) tell(pending()[0]!);
  // What waits: who reads the record must not think that it was told.
  return pending().flatMap((lane) => {
    const rest: Notice[] = [];
    for (let entry = box.take(lane); entry; entry = box.take(lane)) {
      rest.push(entry.notice as Notice);
      box.done(lane);
    }
    return rest;
  });
}

describe('what is held for the next leader', () => {
  it('is bounded, however many objects come and go while a receiver is away; that some ends were dropped is known until they were delivered', () => {
    const held = new Held({ mode: 'latest', bound: 0 });
    let version = 0;
    const file = (each: Notice) => {
      version++;
      held.file(each, String(version));
    };
    file(notice('ADDED', 'stays', 'stays'));
    for (let index = 0; index < 10_000; index++) {
      file(notice('ADDED', `job-${index}`, `${index}`));
      file(notice('DELETED', `job-${index}`, `${index}`));
    }
    expect(held.isLost).toBe(false);
    for (let index = 10_000; index < 30_000; index++) {
      file(notice('ADDED', `job-${index}`, `${index}`));
      file(notice('DELETED', `job-${index}`, `${index}`));
    }
    expect(held.isLost).toBe(true);
    expect([held.objects, held.size]).toEqual([10_001, 10_001]);
    expect(held.all()[0]!.object.metadata.name).toBe('stays');
    // One that comes back is there, and no longer gone.
    file(notice('ADDED', 'job-29999', 'again'));
    file(notice('ADDED', 'other', 'other'));
    file(notice('DELETED', 'other', 'other'));
    expect(held.objects).toBe(10_002);
    held.forget('40000');
    expect(held.isLost).toBe(true);
    held.forget(String(version));
    expect([held.isLost, held.objects, held.size]).toEqual([false, 0, 0]);
  });

  it('brings every receiver to the final state, and takes none back, wherever the last leader ended', async () => {
    const draws = fc.array(fc.tuple(fc.nat(3), fc.boolean()), { minLength: 1, maxLength: 40 });
    await holds(
      fc.asyncProperty(
        draws,
        fc.nat(40),
        fc.array(fc.boolean(), { minLength: 200, maxLength: 200 }),
        async (drawn, cut, coins) => {
          let coin = 0;
          const chance = () => coins[coin++ % coins.length]!;
          const history = historyOf(drawn);
          const first = history.slice(0, cut);
          const told: Notice[] = [];
          const waiting = toldBy(
            first.map((each) => [each, false]),
            told,
            chance,
          );
          // Everything before what waits was told; the record may be older than that.
          const firstFiled = waiting.map((each) => first.findIndex((other) => laneOf(other) === laneOf(each)));
          const settled = firstFiled.length === 0 ? first.length : Math.min(...firstFiled);
          const recorded = chance() ? settled : Math.floor(settled / 2);
          const version = recorded === 0 ? '' : String(versionOf(first[recorded - 1]!));

          const held = new Held({ mode: 'latest', bound: 0 });
          const sooner = chance();
          for (const each of first) held.file(each, each.object.metadata.resourceVersion);
          if (sooner) held.forget(version);
          for (const each of history.slice(cut)) held.file(each, each.object.metadata.resourceVersion);
          if (!sooner) held.forget(version);
          const left = toldBy(
            held.all().map((each) => [each, true]),
            told,
            () => true,
          );
          expect(left).toEqual([]);

          const seen = new Set<string>();
          const newest = new Map<string, number>();
          const view = new Map<string, string>();
          for (const each of told) {
            if (seen.has(idOf(each))) continue;
            seen.add(idOf(each));
            const { name, uid } = each.object.metadata;
            expect(versionOf(each), `${name} goes back`).toBeGreaterThanOrEqual(newest.get(uid) ?? 0);
            newest.set(uid, versionOf(each));
            if (each.type !== 'DELETED') view.set(name, `${uid}@${versionOf(each)}`);
            else if (view.get(name)?.startsWith(`${uid}@`)) view.delete(name);
          }
          const expected = new Map<string, string>();
          for (const each of history) {
            const { name, uid } = each.object.metadata;
            if (each.type === 'DELETED') expected.delete(name);
            else expected.set(name, `${uid}@${versionOf(each)}`);
          }
          expect(Object.fromEntries(view)).toEqual(Object.fromEntries(expected));
        },
      ),
      500,
    );
  });

  it('is bounded by the number of names in mode latest, by its bound in mode every', () => {
    for (const [mode, bound, most] of [
      ['latest', 1_000, 10],
      ['every', 10, 20],
    ] as const) {
      const held = new Held({ mode, bound });
      for (let round = 0; round < 100; round++) {
        for (const type of ['ADDED', 'MODIFIED', 'MODIFIED', 'DELETED'] as const) {
          const each = notice(type, 'a', `a-${round}`);
          held.file(each, each.object.metadata.resourceVersion);
          expect(held.size).toBeLessThanOrEqual(most);
        }
      }
    }
  });

  it('keeps every state in mode every', () => {
    const held = new Held({ mode: 'every', bound: 100 });
    const all = (['ADDED', 'MODIFIED', 'MODIFIED'] as const).map((type) => notice(type));
    for (const each of all) held.file(each, each.object.metadata.resourceVersion);
    expect(held.all()).toEqual(all);
    held.forget(all[0]!.object.metadata.resourceVersion);
    expect(held.all()).toEqual(all.slice(1));
  });

  it('keeps what can not be placed until it is told', () => {
    const held = new Held({ mode: 'latest', bound: 0 });
    held.file(notice('DELETED'), '');
    held.forget('999999');
    expect(held.objects).toBe(1);
  });
});

describe('checkpoints', () => {
  it('never cover what still waits, and in the end everything', async () => {
    // Each step: time passes, something is filed, something settled (any), or a look is taken.
    const step = fc.oneof(
      fc.nat(2).map((ms) => ({ do: 'pass', ms }) as const),
      fc.constant({ do: 'file' } as const),
      fc.nat(5).map((which) => ({ do: 'settle', which }) as const),
      fc.constant({ do: 'look' } as const),
    );
    await holds(
      fc.asyncProperty(fc.array(step, { maxLength: 300 }), async (steps) => {
        const checkpoints = new Checkpoints();
        let [now, version] = [0, 0];
        const waiting: { version: number; since: number }[] = [];
        const look = () => {
          const oldest = waiting.length === 0 ? undefined : Math.min(...waiting.map(({ since }) => since));
          checkpoints.take(now, String(version), oldest);
          const upTo = Number(checkpoints.upTo);
          for (const each of waiting) expect(each.version).toBeGreaterThan(upTo);
        };
        for (const each of steps) {
          if (each.do === 'pass') now += each.ms;
          else if (each.do === 'file') waiting.push({ version: ++version, since: now });
          else if (each.do === 'settle') waiting.splice(each.which, 1);
          else look();
        }
        waiting.length = 0;
        now++;
        look();
        expect(checkpoints.upTo).toBe(String(version));
      }),
      300,
    );
  });
});
