import { describe, expect, test } from 'vitest';
import { configMap, owner, pass, recording, rig, until, watchesOf } from './rig.ts';

describe('sources are shared', () => {
  test('watches of many owners of one object hear one source, which ends some time after the last of them', async () => {
    await using r = await rig();
    r.server.create(configMap('a'));
    const lines: string[][] = [[], [], []];
    const handles = await Promise.all(
      lines.map((to, index) => r.manager.add({ owner: owner(`app-${index}`), ...recording('a', to) })),
    );
    await until(() => lines.every(({ length }) => length === 1));
    r.server.update(configMap('a', '2'));
    await until(() => lines.every(({ length }) => length === 2));
    expect(lines).toEqual(Array(3).fill(['add a 1', 'update a 1>2']));
    expect(watchesOf(r.server)).toEqual(['metadata.name=a']);
    for (const handle of handles) await handle.stop();
    expect(r.manager.sources()).toMatchObject([{ watches: 0, verdict: 'healthy' }]);
    await pass(r.clock, 29_000);
    expect(r.server.watches).toBe(1);
    await pass(r.clock, 2_000);
    expect(r.manager.sources()).toEqual([]);
    await until(() => r.server.watches === 0);
  });

  test('a source that lingers is taken up again without a request', async () => {
    await using r = await rig();
    r.server.create(configMap('a'));
    const first = await r.manager.add({ owner: owner('x'), ...recording('a', []) });
    await first.stop();
    await pass(r.clock, 20_000);
    const lines: string[] = [];
    await r.manager.add({ owner: owner('y'), ...recording('a', lines) });
    await until(() => lines.length === 1);
    await pass(r.clock, 60_000);
    expect(watchesOf(r.server)).toHaveLength(1);
    expect(r.manager.sources()).toHaveLength(1);
  });
});

describe('coalescing', () => {
  test('the switch there and back loses nothing and repeats nothing', async () => {
    await using r = await rig({ coalesceAbove: 4, linger: 0 });
    const names = Array.from({ length: 8 }, (_, index) => `c-${index}`);
    for (const name of names) r.server.create(configMap(name));
    const lines = new Map(names.map((name): [string, string[]] => [name, []]));
    const add = (name: string) => r.manager.add({ owner: owner(name), ...recording(name, lines.get(name)!) });
    for (const name of names.slice(0, 4)) await add(name);
    expect(r.manager.sources()).toHaveLength(4);
    for (const name of names.slice(4)) await add(name);
    r.server.update(configMap('c-0', '2'));
    await until(() => lines.get('c-0')!.length === 2 && lines.get('c-7')!.length === 1);
    expect(r.manager.sources()).toMatchObject([{ fieldSelector: '' }]);
    // Five are left: more than half of four, so they stay together.
    for (const name of names.slice(5)) await r.manager.stopForOwner(owner(name));
    for (const name of names.slice(3, 5)) await r.manager.stopForOwner(owner(name));
    expect(r.manager.sources()).toMatchObject([{ fieldSelector: '' }]);
    await r.manager.stopForOwner(owner('c-2'));
    await until(() => r.manager.sources().every(({ fieldSelector }) => fieldSelector !== ''));
    expect(r.manager.sources().map(({ fieldSelector }) => fieldSelector)).toEqual([
      'metadata.name=c-0',
      'metadata.name=c-1',
    ]);
    r.server.update(configMap('c-0', '3'));
    r.server.delete({ group: '', version: 'v1', resource: 'configmaps' }, 'shop', 'c-1');
    await until(() => lines.get('c-0')!.length === 3 && lines.get('c-1')!.length === 2);
    expect(lines.get('c-0')).toEqual(['add c-0 1', 'update c-0 1>2', 'update c-0 2>3']);
    expect(lines.get('c-1')).toEqual(['add c-1 1', 'delete c-1 1']);
  });

  test('whoever may not read the whole collection keeps the sources of the names', async () => {
    await using r = await rig({ coalesceAbove: 2 });
    r.server.faults.add({
      match: ({ resource, query }) => resource === 'configmaps' && !query.get('fieldSelector'),
      action: { kind: 'status', code: 403, reason: 'Forbidden', message: 'not all of them' },
    });
    const names = ['a', 'b', 'c', 'd'];
    for (const name of names) r.server.create(configMap(name));
    const lines: string[] = [];
    await Promise.all(names.map((name) => r.manager.add({ owner: owner(name), ...recording(name, lines) })));
    await until(() => lines.length === 4);
    expect(r.manager.sources().filter(({ fieldSelector }) => fieldSelector !== '')).toHaveLength(4);
  });
});
