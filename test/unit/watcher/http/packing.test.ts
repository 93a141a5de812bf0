import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { gzipped } from '../../../../src/watcher/http/compress.ts';

const megabyte = 1_048_576;

test('however many ask for a large list at once, few copies of it are packed at a time', async () => {
  const body = [Buffer.alloc(4 * megabyte, 'abc'), Buffer.alloc(4 * megabyte, 'def')];
  const before = process.memoryUsage().arrayBuffers;
  const packed = Array.from({ length: 30 }, () => gzipped(body, () => true));
  // Thirty copies are 240 MB.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50 * megabyte);
  const [first, ...others] = await Promise.all(packed);
  expect(gunzipSync(first!).equals(Buffer.concat(body))).toBe(true);
  for (const other of others) expect(other!.equals(first!)).toBe(true);
});

test('what nobody waits for any more is not packed', async () => {
  expect(await gzipped([Buffer.from('a')], () => false)).toBeUndefined();
});
