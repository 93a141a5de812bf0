import { expect, test } from 'vitest';
import { ReadRequests } from '../../../../src/watcher/http/read-request.ts';

test('paths are remembered, but for long ones: who may not even ask could fill the memory with them', () => {
  const reads = new ReadRequests('/cache');
  const short = '/cache/api/v1/namespaces/web/pods/a';
  const long = `/cache/api/v1/namespaces/web/pods/${'a'.repeat(1_000)}`;
  expect(reads.of(short)).toBe(reads.of(short));
  expect(reads.of(long)).not.toBe(reads.of(long));
  expect(reads.of(long)).toEqual(reads.of(long));
});
