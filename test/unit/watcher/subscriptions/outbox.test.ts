import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isChange, type Notice } from '../../../../src/watcher/subscriptions/notice.ts';
import { holds } from '../../../parity/property.ts';
import { drain, notice, outbox } from './notices.ts';

type Step = readonly [type: Notice['type'], uid?: string];

const types = (notices: readonly Notice[]) => notices.map(({ type, object }) => `${type} ${object.metadata.uid}`);

describe('an outbox of the latest states', () => {
  test.each<[string, Step[], string[]]>([
    ['an addition takes on later states', [['ADDED'], ['MODIFIED'], ['MODIFIED']], ['ADDED a-1']],
    ['what nobody heard of needs no end', [['ADDED'], ['MODIFIED'], ['DELETED']], []],
    ['modifications are one', [['MODIFIED'], ['MODIFIED']], ['MODIFIED a-1']],
    ['a deletion replaces a modification', [['MODIFIED'], ['DELETED']], ['DELETED a-1']],
    ['one that replaces another waits for its end', [['DELETED'], ['ADDED', 'a-2']], ['DELETED a-1', 'ADDED a-2']],
    [
      'one that came and went between leaves no trace',
      [['MODIFIED'], ['DELETED'], ['ADDED', 'a-2'], ['MODIFIED', 'a-2'], ['DELETED', 'a-2']],
      ['DELETED a-1'],
    ],
    ['one that left a set and came back does both', [['DELETED'], ['ADDED']], ['DELETED a-1', 'ADDED a-1']],
    ['of deletions alone the last stays', [['DELETED'], ['DELETED', 'a-2'], ['DELETED', 'a-3']], ['DELETED a-3']],
  ])('%s', (_, steps, expected) => {
    const { box } = outbox('latest');
    const filed = steps.map(([type, uid]) => notice(type, 'a', uid));
    for (const each of filed) box.file(each);
    expect(box.size).toBe(expected.length);
    const told = drain(box);
    expect(types(told)).toEqual(expected);
    if (told.length > 0 && filed.at(-1)!.type !== 'DELETED') expect(told.at(-1)!.object).toBe(filed.at(-1)!.object);
    expect([box.size, box.objects]).toEqual([0, 0]);
  });

  test('a modification that replaces others tells of the state before the first of them', () => {
    const { box } = outbox('latest');
    const [before, between] = [notice('ADDED').object, notice('MODIFIED').object];
    box.file({ ...notice('MODIFIED'), oldObject: before });
    box.file({ ...notice('MODIFIED'), oldObject: between });
    expect(drain(box)[0]!.oldObject).toBe(before);
  });

  test('what was tried may have been heard of: its end is told', () => {
    const { box } = outbox('latest');
    box.file(notice('ADDED'));
    box.take('web/a');
    box.file(notice('DELETED'));
    expect(box.take('web/a')).toBeUndefined();
    box.again('web/a');
    expect(types(drain(box))).toEqual(['DELETED a-1']);
  });

  test('a lane is announced when there is something to take, and once', () => {
    const { box, ready } = outbox('latest');
    box.file(notice('ADDED'));
    box.file(notice('MODIFIED'));
    expect(ready).toEqual(['web/a']);
    box.take('web/a');
    box.file(notice('MODIFIED'));
    expect(ready).toEqual(['web/a']);
    box.done('web/a');
    expect(ready).toEqual(['web/a', 'web/a']);
  });

  test('however often deliveries fail, receivers end with the state that is, in order and in bounded space', async () => {
    const step = fc.record({
      act: fc.constantFrom('change', 'remove', 'deliver', 'lose', 'fail'),
      name: fc.constantFrom('a', 'b'),
    });
    await holds(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const { box } = outbox('latest');
        const there = new Map<string, Notice>();
        const heard = new Map<string, Notice>();
        const lastSeq = new Map<string, number>();
        let made = 0;
        const hear = (told: Notice) => {
          const { name } = told.object.metadata;
          expect(told.seq).toBeGreaterThanOrEqual(lastSeq.get(name) ?? 0);
          lastSeq.set(name, told.seq);
          if (told.type === 'MODIFIED') {
            // No modification of what the receiver was never told of.
            expect(heard.get(name)?.object.metadata.uid).toBe(told.object.metadata.uid);
          }
          if (told.type === 'DELETED') heard.delete(name);
          else heard.set(name, told);
        };
        for (const { act, name } of steps) {
          const lane = `web/${name}`;
          const known = there.get(name);
          if (act === 'change') {
            const uid = known?.object.metadata.uid ?? `${name}-${++made}`;
            const next = notice(known ? 'MODIFIED' : 'ADDED', name, uid);
            there.set(name, next);
            box.file(next);
          } else if (act === 'remove') {
            if (!known) continue;
            there.delete(name);
            box.file(notice('DELETED', name, known.object.metadata.uid));
          } else {
            const entry = box.take(lane);
            if (!entry || !isChange(entry.notice)) continue;
            if (act !== 'lose') hear(entry.notice);
            if (act === 'deliver') box.done(lane);
            else box.again(lane);
          }
          expect(box.size).toBeLessThanOrEqual(2 * 2);
        }
        for (const name of ['a', 'b']) for (const told of drain(box, `web/${name}`)) hear(told);
        const versions = (of: Map<string, Notice>) =>
          [...of].map(([name, { object }]) => `${name} ${object.metadata.resourceVersion}`).sort();
        expect(versions(heard)).toEqual(versions(there));
      }),
      300,
    );
  });
});

describe('an outbox of every change', () => {
  test('keeps each of them in order, and behind one that is tried again', () => {
    const { box } = outbox('every');
    const filed = [notice('ADDED'), notice('MODIFIED'), notice('DELETED')];
    for (const each of filed.slice(0, 2)) box.file(each);
    expect(box.take('web/a')?.attempts).toBe(1);
    box.file(filed[2]!);
    box.again('web/a');
    expect(box.take('web/a')).toMatchObject({ attempts: 2, notice: filed[0] });
    box.done('web/a');
    expect(drain(box)).toEqual(filed.slice(1));
    expect(box.lost).toBe(0);
  });

  test('goes on with the latest states when it is full, and counts what it lost', () => {
    const { box } = outbox('every', 3);
    for (let count = 0; count < 10; count++) box.file(notice('MODIFIED'));
    expect([box.size, box.lost]).toEqual([3, 7]);
    box.file(notice('ADDED', 'b'));
    expect([box.size, box.lost]).toEqual([4, 7]);
  });
});
