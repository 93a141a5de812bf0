import { describe, expect, it } from 'vitest';
import { type Condition, findCondition, setCondition } from '../../../src/controller/index.ts';
import { FakeClock } from '../../../src/testing/index.ts';

const start = Date.UTC(2026, 0, 1, 12);
const ready = { type: 'Ready', status: 'False', reason: 'Starting', message: '0 of 2', observedGeneration: 1 } as const;

describe('setCondition', () => {
  it('adds a condition that was not there, with the time in whole seconds', () => {
    const clock = new FakeClock(start + 345);
    expect(setCondition(undefined, ready, clock)).toEqual([{ ...ready, lastTransitionTime: '2026-01-01T12:00:00Z' }]);
  });

  it('moves the time of transition with the status, and with nothing else', async () => {
    const clock = new FakeClock(start);
    const first = setCondition(undefined, ready, clock);
    await clock.advance(60_000);
    const second = setCondition(first, { ...ready, message: '1 of 2', observedGeneration: 2 }, clock);
    expect(findCondition(second, 'Ready')).toMatchObject({
      message: '1 of 2',
      observedGeneration: 2,
      lastTransitionTime: '2026-01-01T12:00:00Z',
    });
    const third = setCondition(second, { ...ready, status: 'True' }, clock);
    expect(findCondition(third, 'Ready')?.lastTransitionTime).toBe('2026-01-01T12:01:00Z');
  });

  it.each([{ reason: 'Other' }, { message: 'other' }, { observedGeneration: 2 }, { status: 'True' }] as const)(
    'gives the very same list back if nothing changes, and another one for %o',
    (change) => {
      const conditions = setCondition(undefined, ready, new FakeClock());
      expect(setCondition(conditions, { ...ready }, new FakeClock(1e9))).toBe(conditions);
      expect(setCondition(conditions, { ...ready, ...change }, new FakeClock())).not.toBe(conditions);
    },
  );

  it('leaves the other conditions and their order alone, and does not write into what it was given', () => {
    const other = (type: string): Condition => ({ ...ready, type, lastTransitionTime: '2025-01-01T00:00:00Z' });
    const given = Object.freeze([other('A'), Object.freeze(other('Ready')), other('B')]);
    const result = setCondition(given, { ...ready, status: 'True' }, new FakeClock());
    expect(result.map(({ type, status }) => `${type} ${status}`)).toEqual(['A False', 'Ready True', 'B False']);
    expect(result[0]).toBe(given[0]);
  });
});
