import { describe, expect, it } from 'vitest';
import { classifyStatus, type StatusClass } from '../../../src/kubernetes/index.ts';

describe('the class of a status', () => {
  const rows: [reason: string, code: number, StatusClass][] = [
    ['Expired', 500, 'expired'],
    ['Gone', 404, 'expired'],
    ['Forbidden', 500, 'forbidden'],
    ['Timeout', 500, 'timeout'],
    ['Conflict', 500, 'other'],
    ['StorageReadError', 500, 'other'],
    ['InternalError', 404, 'internal'],
    ['NotFound', 0, 'notFound'],
  ];
  it.each(rows)('is that of a well-known reason, whatever the code: %s, %s is %s', (reason, code, expected) => {
    expect(classifyStatus({ reason, code })).toBe(expected);
  });

  it.each(['NotFound', 'InternalError', ''])('is throttled for 429, whatever the reason: %s', (reason) => {
    expect(classifyStatus({ reason, code: 429 })).toBe('throttled');
  });

  const byCode: [number, StatusClass][] = [
    [410, 'expired'],
    [504, 'timeout'],
    [500, 'internal'],
    [503, 'internal'],
    [404, 'notFound'],
    [418, 'other'],
  ];
  it.each(byCode)('is that of the code, if the reason is unknown or absent: %i is %s', (code, expected) => {
    expect([classifyStatus({ code }), classifyStatus({ reason: 'Unheard', code })]).toEqual([expected, expected]);
  });

  it('is expired for a version that is too large, in each way to say so, and for a time-out only', () => {
    const message = 'Too large resource version: 9, current: 5';
    const causes = [{ message: 'Too large resource version' }];
    expect(classifyStatus({ code: 400, details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } })).toBe('expired');
    for (const timeout of [{ reason: 'Timeout' }, { code: 504 }]) {
      expect(classifyStatus({ ...timeout, message })).toBe('expired');
      expect(classifyStatus({ ...timeout, details: { causes } })).toBe('expired');
    }
    expect(classifyStatus({ code: 500, message, details: { causes } })).toBe('internal');
  });
});
