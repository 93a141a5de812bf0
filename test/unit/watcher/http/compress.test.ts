import { expect, test, vi } from 'vitest';
import { pod, rig, watchPods } from '../../../acceptance/s003-rig.ts';

vi.mock('node:zlib', async (original) => ({
  ...(await original<typeof import('node:zlib')>()),
  gzip: (_bytes: unknown, _options: unknown, done: (error: Error) => void) => done(new RangeError('no memory')),
}));

test('a list that can not be packed is an error to who asked, and to nobody else', async () => {
  const note = 'x'.repeat(200_000);
  await using world = await rig({
    config: { watches: [watchPods] },
    seed: (server) => void server.seed([pod('a', { spec: { note } })]),
  });
  const packed = await fetch(`${world.watcher.url}/cache/api/v1/pods`, { headers: { 'accept-encoding': 'gzip' } });
  expect([packed.status, await packed.json()]).toMatchObject([500, { kind: 'Status', code: 500 }]);
  const plain = await fetch(`${world.watcher.url}/cache/api/v1/pods`, { headers: { 'accept-encoding': 'identity' } });
  expect(plain.status).toBe(200);
});
