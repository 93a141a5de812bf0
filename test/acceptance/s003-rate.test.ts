import { connect } from 'node:net';
import { expect, test, vi } from 'vitest';
import { makePod } from '../../src/testing/index.ts';
import { rig, watchPods } from './s003-rig.ts';

const namespaces = Array.from({ length: 10 }, (_, at) => `ns-${at}`);
const names = Array.from({ length: 100 }, (_, at) => `pod-${at}`);

/** Asks for each path in turn over one connection, many at a time, and counts the answers. The client is in the same process: it does as little as can be. */
async function ask(url: string, paths: readonly string[]): Promise<{ answers: number; bytes: number }> {
  const { hostname, port, host } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  const counts = { answers: 0, bytes: 0 };
  const status = 'HTTP/1.1 200 OK\r\n';
  let sent = 0;
  const send = () => {
    const next = paths.slice(sent, sent + 20);
    sent += next.length;
    socket.write(next.map((path) => `GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`).join(''));
  };
  await new Promise<void>((resolve, reject) => {
    let rest = '';
    socket.on('error', reject);
    socket.on('connect', send);
    socket.on('data', (chunk) => {
      counts.bytes += chunk.length;
      const text = rest + chunk.toString('latin1');
      let at = text.indexOf(status);
      for (; at >= 0; at = text.indexOf(status, at + 1)) counts.answers++;
      // A part of a status line may be left over, a whole one is not.
      rest = text.slice(-(status.length - 1));
      if (counts.answers === paths.length) resolve();
      else if (counts.answers === sent) send();
    });
    socket.on('end', () => reject(new Error(`ended after ${counts.answers} answers`)));
  });
  socket.destroy();
  return counts;
}

test('S003-10: ten thousand gets and two hundred lists of a hundred pods take no more than a second of two processors has, client included', async () => {
  await using world = await rig({
    config: { watches: [watchPods] },
    seed: (server) => {
      for (const namespace of namespaces) {
        server.seed(
          names.map((name, at) => {
            const pod = makePod(at);
            const annotations = { ...pod.metadata.annotations, 'example.com/configuration': 'x'.repeat(600) };
            return { ...pod, metadata: { ...pod.metadata, annotations, name, namespace } };
          }),
        );
      }
    },
  });
  const { url } = world.watcher;
  const lists = namespaces.map((namespace) => `/cache/api/v1/namespaces/${namespace}/pods`);
  const gets = lists.flatMap((list) => names.map((name) => `${list}/${name}`));
  const tenfold = Array.from({ length: 10 }, () => gets).flat();
  const twentyfold = Array.from({ length: 20 }, () => lists).flat();
  // As a service that has been running: its code is compiled, its answers are kept.
  await ask(url, [...gets, ...lists]);
  const upstream = world.server.requests.length;

  const before = process.cpuUsage();
  const one = await ask(url, tenfold);
  const all = await ask(url, twentyfold);
  const { user, system } = process.cpuUsage(before);

  expect([one.answers, all.answers]).toEqual([10_000, 200]);
  // Not only answers: whole pods, of 4 KB at least.
  expect(one.bytes / 10_000).toBeGreaterThan(4_000);
  expect(all.bytes / 200).toBeGreaterThan(400_000);
  expect(world.server.requests.length).toBe(upstream);
  expect((user + system) / 1_000_000).toBeLessThan(2);

  // Bytes are made once for each object; lists are put together from them.
  const stringify = vi.spyOn(JSON, 'stringify');
  try {
    await ask(url, [...gets, ...lists]);
    const pods = stringify.mock.calls.filter(([value]) => value?.kind === 'Pod' || Array.isArray(value?.items));
    expect(pods).toEqual([]);
  } finally {
    stringify.mockRestore();
  }
}, 30_000);
