import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
// The log is no part of the door's values: whoever reads events gets it from a kind.
import { EventLog } from '../../../../src/watcher/cache/event-log.ts';
import { holds } from '../../../parity/property.ts';

const object = (resourceVersion: string, name = 'a') => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, uid: name, resourceVersion, creationTimestamp: '' },
});

function write(log: EventLog, version: string): void {
  log.append({ type: 'ADDED', object: object(version), oldObject: undefined, origin: 'live', at: 0 });
}

describe('a log', () => {
  test('keeps the last changes and knows from where on it does', () => {
    const log = new EventLog(3);
    for (const version of ['1', '2', '3', '4', '5']) write(log, version);
    expect([log.start, log.seq]).toEqual([2, 5]);
    expect([log.at(2), log.at(6)]).toEqual([undefined, undefined]);
    expect([3, 4, 5].map((seq) => log.at(seq)?.object.metadata.resourceVersion)).toEqual(['3', '4', '5']);
  });

  test('places versions that it gave out, and none from before it or from elsewhere', () => {
    const log = new EventLog(3);
    log.skip();
    log.note('10', 1);
    for (const version of ['20', '30']) write(log, version);
    expect(['10', '20', '30'].map((version) => log.positionOf(version))).toEqual([1, 2, 3]);
    expect(log.positionOf('25')).toBe('expired');
    expect(log.positionOf('31')).toBe('ahead');
    expect(log.positionOf('9')).toBe('expired');
    expect(log.positionOf('not-a-number')).toBe('expired');
    for (const version of ['40', '50']) write(log, version);
    expect(log.positionOf('10')).toBe('expired');
    expect(log.positionOf('20')).toBe(2);
  });

  test('places a version that was current at several positions at the first of them: nothing is missed', () => {
    const log = new EventLog(10);
    log.skip();
    log.note('100', 1);
    // A deletion that was missed: its object has a version from long ago.
    write(log, '7');
    log.note('100', 2);
    expect(log.positionOf('100')).toBe(1);
  });

  test('forgets versions that lead nowhere', () => {
    const log = new EventLog(10);
    for (let version = 1; version <= 1_000; version++) write(log, String(version));
    expect(log.positionOf('900')).toBe('expired');
    expect(log.positionOf('995')).toBe(995);
  });

  test('places a bounded number of versions, also if they move on without events', () => {
    const log = new EventLog(10);
    write(log, '1');
    for (let version = 2; version <= 5_000; version++) log.note(String(version), 1);
    expect(log.positionOf('1')).toBe('expired');
    expect(log.positionOf('4500')).toBe(1);
    expect(log.positionOf('5000')).toBe(1);
    expect(log.positionOf('5001')).toBe('ahead');
  });

  test('tells listeners of each event, also one that takes another off', () => {
    const log = new EventLog(3);
    const told: string[] = [];
    const stops: (() => void)[] = [];
    stops.push(
      log.onAppend(({ seq }) => {
        told.push(`a${seq}`);
        if (seq === 2) stops[1]!();
      }),
    );
    stops.push(log.onAppend(({ seq }) => void told.push(`b${seq}`)));
    for (const version of ['1', '2', '3']) write(log, version);
    expect(told).toEqual(['a1', 'b1', 'a2', 'a3']);
  });

  test('whoever resumes from any version it was given misses no event', async () => {
    await holds(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.constantFrom('event', 'bookmark', 'old'), { maxLength: 40 }),
        async (capacity, steps) => {
          const log = new EventLog(capacity);
          let version = 100;
          /** What a client knows: a version, and the position that it was given out at. */
          const given: { readonly version: string; readonly seq: number }[] = [];
          for (const step of steps) {
            if (step === 'event') write(log, String(++version));
            else if (step === 'bookmark') {
              log.note(String(++version), log.seq);
              given.push({ version: String(version), seq: log.seq });
            } else write(log, '50');
            if (step === 'event') given.push({ version: String(version), seq: log.seq });
          }
          for (const { version: from, seq } of given) {
            const position = log.positionOf(from);
            if (position === 'expired') expect(seq).toBeLessThan(log.start);
            else if (position === 'ahead') expect(seq).toBe(log.seq);
            else expect(position).toBeLessThanOrEqual(seq);
          }
        },
      ),
      200,
    );
  });
});
