import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { FakeClock, settle } from '../../../../src/testing/index.ts';
import { loadConfig } from '../../../../src/watcher/config/index.ts';
import { followConfig } from '../../../../src/watcher/reload/index.ts';

vi.mock('node:fs', async (original) => ({
  ...(await original<typeof import('node:fs')>()),
  watch: () => {
    throw new Error('no space for a watch');
  },
}));

test('a directory that can not be watched is told of once and is no bad configuration; its files are read all the same', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'follow-'));
  const path = join(directory, 'config.json');
  await writeFile(path, '{}');
  const clock = new FakeClock();
  const source = { path, env: {}, directory };
  const [errors, unwatched]: [string[], string[]] = [[], []];
  const levels: string[] = [];
  const following = followConfig({
    source,
    loaded: loadConfig(source),
    clock,
    onChange: async ({ config }) => void levels.push(config.logging.level),
    onError: async ({ message }) => void errors.push(message),
    onUnwatched: ({ message }) => void unwatched.push(message),
  });
  try {
    for (const level of ['debug', 'debug', 'error']) {
      await writeFile(path, JSON.stringify({ logging: { level } }));
      await clock.advance(10_000);
      await settle(10);
    }
    expect(levels).toEqual(['debug', 'error']);
    expect(errors).toEqual([]);
    expect(unwatched).toEqual([expect.stringContaining("can't be watched: no space for a watch")]);
  } finally {
    await following.close();
    await rm(directory, { recursive: true });
  }
});
