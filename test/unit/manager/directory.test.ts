import { expect, test } from 'vitest';
import { Directory } from '../../../src/manager/index.ts';

test('of several who enter a key the latest is seen, and when it leaves the one before', () => {
  const directory = new Directory<string, number>();
  directory.add('a', 1);
  directory.add('a', 2);
  directory.add('b', 3);
  expect([...directory.entries()]).toEqual([
    ['a', 2],
    ['b', 3],
  ]);
  expect([directory.remove('a'), directory.remove('a'), directory.size, directory.has('a')]).toEqual([
    true,
    false,
    1,
    false,
  ]);
});
