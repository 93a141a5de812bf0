import { expect, test } from 'vitest';
import { type ApiResource, findBuiltInResource } from '../../../../src/index.ts';
import { settle } from '../../../../src/testing/index.ts';
import { watchDiscovery } from '../../../../src/watcher/http/discovery.ts';

const served = (resource: string, group = '') =>
  findBuiltInResource({ group, version: 'v1', resource }) as unknown as ApiResource;

test('what changes while a reader of discovery is slow is told as one difference, and its end leaves no listener', async () => {
  const listeners = new Set<() => void>();
  let resources = [served('pods')];
  const catalogue = {
    get resources() {
      return resources;
    },
    definitions: undefined,
    onChange: (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const serve = async (...names: ApiResource[]) => {
    resources = names;
    for (const listener of listeners) listener();
    await settle();
  };
  const ending = new AbortController();
  const told: string[][] = [];
  let room = Promise.withResolvers<void>();
  const done = watchDiscovery(catalogue, {
    signal: ending.signal,
    write: (bytes) => {
      const lines = bytes.toString().trimEnd().split('\n');
      told.push(lines.map((line) => JSON.parse(line)).map(({ type, object }) => `${type} ${object.plural}`));
      return false;
    },
    drained: () => room.promise,
  });
  await serve(served('pods'), served('services'));
  await serve(served('services'), served('jobs', 'batch'));
  expect(told).toEqual([['ADDED pods']]);
  const next = Promise.withResolvers<void>();
  room.resolve();
  room = next;
  await settle();
  expect(told.slice(1)).toEqual([['DELETED pods', 'ADDED services', 'ADDED jobs']]);
  next.resolve();
  await serve(served('services'), served('jobs', 'batch'));
  expect(told).toHaveLength(2);
  ending.abort();
  await done;
  expect(listeners.size).toBe(0);
});
