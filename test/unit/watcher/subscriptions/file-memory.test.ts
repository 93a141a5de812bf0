import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KubeInformerError } from '../../../../src/index.ts';
import { FakeClock } from '../../../../src/testing/index.ts';
import type { SinkSpec } from '../../../../src/watcher/config/index.ts';
import { fileStore, memoryNames } from '../../../../src/watcher/subscriptions/memory/index.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'memory-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const clock = new FakeClock();
const told = (version?: string) => ({ namespace: 'web', name: 'a', version });

async function open(name = 'pods of somebody', fsync: 'always' | 'never' = 'never') {
  const errors: KubeInformerError[] = [];
  const store = fileStore({ dir, fsync, clock });
  const memory = await store.open(name, (error) => errors.push(error));
  return { memory, errors };
}

async function path(end = '.memory'): Promise<string> {
  return join(dir, (await readdir(dir)).find((file) => file.endsWith(end))!);
}

describe('a memory in a file', () => {
  test.each(['always', 'never'] as const)('has what was there, with fsync %s', async (fsync) => {
    const { memory } = await open('pods', fsync);
    memory.set('u1', told('5'));
    memory.set('u2', told());
    memory.set('u3', told('6'));
    memory.delete('u3');
    await memory.flush();
    // Not closed: the process is gone.
    const { memory: next, errors } = await open('pods', fsync);
    expect([...next.objects]).toEqual([
      ['u1', told('5')],
      ['u2', told()],
    ]);
    expect([next.isLost, errors.length]).toEqual([false, 0]);
    await next.close();
    await memory.close();
    expect(clock.pendingTimers).toBe(0);
  });

  test('writes what nobody waits for by and by, and when it is closed', async () => {
    const { memory } = await open();
    memory.set('u1', told('5'));
    expect(await readFile(await path(), 'utf8')).not.toContain('u1');
    await clock.advance(1_000);
    await memory.flush();
    expect(await readFile(await path(), 'utf8')).toContain('u1');
    memory.set('u2', told('6'));
    await memory.close();
    expect(await readFile(await path(), 'utf8')).toContain('u2');
    expect(clock.pendingTimers).toBe(0);
  });

  test('stays as long as a few lines for each object, however much changes', async () => {
    const { memory } = await open();
    for (let version = 0; version < 20_000; version++) {
      memory.set(`u${version % 10}`, told(String(version)));
      if (version % 500 === 0) await memory.flush();
    }
    await memory.flush();
    expect((await stat(await path())).size).toBeLessThan(250_000);
    const { memory: next } = await open();
    expect(next.objects.get('u9')).toEqual(told('19999'));
    expect(next.objects.size).toBe(10);
    await Promise.all([memory.close(), next.close()]);
  });

  test('that is cut off anywhere has what was there at some moment', async () => {
    const { memory } = await open();
    for (const version of ['1', '2', '3']) memory.set('u1', told(version));
    memory.delete('u1');
    await memory.close();
    const file = await path();
    const whole = await readFile(file);
    const seen = new Set<string>();
    for (let length = whole.indexOf('\n') + 1; length <= whole.length; length++) {
      await writeFile(file, whole.subarray(0, length));
      const { memory: cut, errors } = await open();
      const version = cut.objects.get('u1')?.version;
      seen.add(version ?? 'none');
      expect(cut.isLost).toBe(false);
      for (const { code } of errors) expect(code).toBe('PersistFailed');
      // It can be written on.
      cut.set('u9', told('9'));
      await cut.close();
      const { memory: next, errors: none } = await open();
      expect([next.objects.get('u1')?.version, next.objects.get('u9')?.version, none]).toEqual([version, '9', []]);
      await next.close();
    }
    expect([...seen].sort()).toEqual(['1', '2', '3', 'none']);
  });

  test('that was damaged is set aside; that it is lost is known until the receiver was told', async () => {
    const { memory } = await open();
    memory.set('u1', told('5'));
    memory.set('u2', told('6'));
    await memory.close();
    const file = await path();
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('"5"', '"4"'));
    const { memory: first, errors } = await open();
    expect([first.isLost, first.objects.size, errors.map(({ code }) => code)]).toEqual([true, 0, ['PersistFailed']]);
    first.set('u3', told('7'));
    await first.close();
    const { memory: second, errors: none } = await open();
    expect([second.isLost, [...second.objects.keys()], none]).toEqual([true, ['u3'], []]);
    await second.acknowledge();
    await second.close();
    const { memory: third } = await open();
    expect([third.isLost, (await readdir(dir)).length]).toEqual([false, 1]);
    await third.close();
  });

  test.each(['', '0f', 'something else\n', '{"format":"kube-informer.dev/memory","version":2}\n'])(
    'that never was one is set aside: %j',
    async (text) => {
      const { memory } = await open();
      await memory.close();
      await writeFile(await path(), text);
      const { memory: next } = await open();
      expect([next.isLost, next.objects.size]).toEqual([true, 0]);
      await next.close();
    },
  );

  test('of another name is another', async () => {
    const [one, other] = [await open('pods http://a/x'), await open('pods http://a_x')];
    one.memory.set('u1', told('5'));
    await Promise.all([one.memory.close(), other.memory.close()]);
    const { memory } = await open('pods http://a_x');
    expect(memory.objects.size).toBe(0);
    await memory.close();
    expect((await readdir(dir)).every((file) => /^pods\.[0-9a-f]{16}\.memory$/.test(file))).toBe(true);
  });

  test('is that of a subscription, a resource and an address, in whatever credentials and order', () => {
    const resource = { group: 'apps', resource: 'deployments' };
    const hook = (url: string, headers = {}): SinkSpec => ({ type: 'webhook', url, method: 'POST', headers });
    const names = (...sinks: SinkSpec[]) => memoryNames('shop', resource, sinks);
    const [a, b] = [hook('https://a.example'), hook('https://b.example')];
    expect(names(b, a)).toEqual(names(a, b).reverse());
    expect(names(hook('https://a.example', { authorization: 'x' }))).toEqual(names(a));
    expect(names(hook('https://me:secret@a.example'))).toEqual(names(a));
    expect(names(hook('https://a.example?to=me'))).not.toEqual(names(a));
    expect(new Set(names(a, b, a)).size).toBe(3);
    expect(memoryNames('shop', { ...resource, group: '' }, [a])).not.toEqual(names(a));
  });

  test('that can not be written says so, and goes on when it can be', async () => {
    const { memory } = await open();
    const file = await path();
    const fill = Array.from({ length: 3_000 }, (_, at) => `u${at % 2}`);
    // In the way of the file that is to take the place of the old one.
    await mkdir(`${file}.new`);
    for (const [at, uid] of fill.entries()) memory.set(uid, told(String(at)));
    await expect(memory.flush()).rejects.toMatchObject({ code: 'PersistFailed' });
    await expect(memory.flush()).rejects.toMatchObject({ code: 'PersistFailed' });
    await rm(`${file}.new`, { recursive: true });
    await memory.flush();
    const { memory: next } = await open();
    expect(next.objects.get('u1')).toEqual(told('2999'));
    await Promise.all([memory.close(), next.close()]);
  });

  test('has a place that can be used, or is refused', async () => {
    await writeFile(join(dir, 'file'), '');
    await expect(
      fileStore({ dir: join(dir, 'file'), fsync: 'always', clock }).open('x', () => {}),
    ).rejects.toMatchObject({
      code: 'PersistFailed',
    });
    const { memory } = await open();
    await memory.close();
    expect((await stat(await path())).mode & 0o077).toBe(0);
  });
});
