import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiServer, FakeClock, settle } from '../../src/testing/index.ts';
import { run } from '../../src/watcher/cli/run.ts';
import type { WatcherConfigInput } from '../../src/watcher/index.ts';
import { until } from './s000-world.ts';
import { pod, rig, upstream, watchPods } from './s003-rig.ts';

let directory: string;
const closing: (() => unknown)[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kube-informer-'));
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await rm(directory, { recursive: true });
});

/** A receiver: what it was told at which path, with the header `authorization` behind it. */
async function receiver(): Promise<{ url: string; told: string[] }> {
  const told: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { data } = JSON.parse(body);
    // Also told are things of the service itself: that a snapshot is complete.
    if (data?.object)
      told.push(
        `${request.url} ${data.type} ${data.object.metadata.name} ${request.headers.authorization ?? ''}`.trim(),
      );
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, told };
}

const target = { version: 'v1', kind: 'Pod' };

function subscription(name: string, url: string, more: object = {}) {
  return { name, match: { target }, sinks: [{ type: 'webhook' as const, url, ...more }] };
}

const egress = { allow: ['127.0.0.1'] };

/** A volume as the kubelet makes it: files are links into `..data`, which is a link itself and is swapped. */
async function volume() {
  let version = 0;
  const mount = join(directory, 'volume');
  await mkdir(mount);
  const write = async (files: Readonly<Record<string, unknown>>) => {
    const name = `..${version++}`;
    await mkdir(join(mount, name));
    for (const [file, content] of Object.entries(files)) {
      await writeFile(join(mount, name, file), typeof content === 'string' ? content : JSON.stringify(content));
      if (version === 1) await symlink(join('..data', file), join(mount, file));
    }
    await symlink(name, join(mount, '..new'));
    await rename(join(mount, '..new'), join(mount, '..data'));
  };
  return { write, config: join(mount, 'config.json') };
}

/** The command on an embedded server, by a clock that stands still: only the file system, a signal, or `advance` can make it read. */
async function command(config: string) {
  const server = await ApiServer.start();
  server.seed([pod('a')]);
  const clock = new FakeClock();
  const stopping = new AbortController();
  const hangup = new Set<() => void>();
  let printed = '';
  const code = run(['watcher', '--config', config], {
    out: () => undefined,
    err: (text) => {
      printed += text;
    },
    env: {},
    directory,
    clock,
    cluster: server.kubeConfig(),
    signal: stopping.signal,
    onHangup: (listener) => {
      hangup.add(listener);
      return () => void hangup.delete(listener);
    },
  });
  closing.push(async () => {
    stopping.abort();
    expect(await code).toBe(0);
    expect(hangup.size).toBe(0);
    await server.close();
  });
  const lines = () =>
    printed
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  await until(() => printed.includes('"ready"'));
  const url: string = lines()[0].url;
  return {
    server,
    clock,
    url,
    lines,
    messages: () => lines().map(({ message }) => message as string),
    printed: () => printed,
    hangup: () => {
      for (const listener of hangup) listener();
    },
    /** Lets the file system speak; then the short while passes after which it is listened to. */
    heard: async (condition: () => boolean) => {
      await until(() => {
        if (condition()) return true;
        void clock.advance(100);
        return false;
      });
    },
    reloads: async () => {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Object.fromEntries(
        Array.from(
          text.matchAll(/^informer_config_reloads_total\{outcome="(\w+)"\} (\d+)$/gm),
          ([, outcome, count]) => [outcome, Number(count)],
        ),
      );
    },
  };
}

describe('a configuration that changes', () => {
  test('S003-55: by the swap of a volume replaces one subscription; nothing else is touched', async () => {
    const hook = await receiver();
    const files = await volume();
    const config = (path: string): WatcherConfigInput => ({
      server: { port: 0 },
      egress,
      watches: [watchPods],
      subscriptions: [subscription('kept', `${hook.url}/kept`), subscription('other', `${hook.url}/${path}`)],
    });
    await files.write({ 'config.json': config('one') });
    const world = await command(files.config);
    await until(() => hook.told.length === 2);
    const watched = await fetch(
      `${world.url}/cache/api/v1/pods?watch=1&resourceVersion=${world.server.resourceVersion}`,
    );
    const requests = upstream(world.server, 'pods').length;
    await files.write({ 'config.json': config('two') });
    await world.heard(() => world.messages().includes('configuration applied'));
    await until(() => hook.told.length === 3);
    expect(hook.told.toSorted()).toEqual(['/kept ADDED a', '/one ADDED a', '/two ADDED a']);
    world.server.touch('pods', 'web', 'a');
    await until(() => hook.told.length === 5);
    expect(hook.told.slice(3).toSorted()).toEqual(['/kept MODIFIED a', '/two MODIFIED a']);
    expect(upstream(world.server, 'pods')).toHaveLength(requests);
    const { value } = await watched.body!.getReader().read();
    expect(JSON.parse(new TextDecoder().decode(value)).type).toBe('MODIFIED');
    expect(world.lines().at(-1)).toMatchObject({
      watches: { unchanged: ['pods'] },
      subscriptions: { replaced: ['other'], unchanged: ['kept'], added: [], removed: [] },
    });
    expect(await world.reloads()).toMatchObject({ applied: 1, refused: 0 });
  });

  test('S003-55: that is bad is reported once and counted; the old one stays, and the next good one is taken', async () => {
    const files = await volume();
    const config = { server: { port: 0 }, watches: [watchPods] };
    await files.write({ 'config.json': config });
    const world = await command(files.config);
    await files.write({ 'config.json': { ...config, watches: [{ ...watchPods, nmae: 'x' }] } });
    await world.heard(() => world.printed().includes('did you mean name?'));
    await world.clock.advance(60_000);
    await settle();
    expect(world.messages().filter((message) => message.includes('nmae'))).toHaveLength(1);
    expect(await world.reloads()).toMatchObject({ applied: 0, refused: 1 });
    expect((await fetch(`${world.url}/cache/api/v1/namespaces/web/pods/a`)).status).toBe(200);
    await files.write({ 'config.json': { ...config, server: { port: 1 } } });
    await world.heard(() => world.printed().includes("server.port can't change while the service runs"));
    const maps = { name: 'maps', target: { version: 'v1', kind: 'ConfigMap' } };
    await files.write({ 'config.json': { ...config, watches: [watchPods, maps] } });
    await world.heard(() => world.messages().includes('configuration applied'));
    expect(await world.reloads()).toMatchObject({ applied: 1, refused: 1, restart: 1 });
    await until(() => upstream(world.server, 'configmaps').length === 1);
  });

  test('S003-55: in a file that is written over is taken up on SIGHUP, or when it is next looked for', async () => {
    const file = join(directory, 'config.json');
    const write = (maxKinds: number) =>
      writeFile(file, JSON.stringify({ server: { port: 0 }, onDemandWatch: { maxKinds } }));
    await write(1);
    const world = await command(file);
    const ask = async (plural: string) => (await fetch(`${world.url}/cache/api/v1/${plural}?x-maxWait=0ms`)).status;
    expect(await ask('pods')).not.toBe(429);
    expect(await ask('configmaps')).toBe(429);
    await write(2);
    world.hangup();
    await until(() => world.messages().includes('configuration applied'));
    expect(await ask('configmaps')).not.toBe(429);
    expect(await ask('services')).toBe(429);
    await write(3);
    await world.clock.advance(10_000);
    await until(() => world.messages().filter((message) => message === 'configuration applied').length === 2);
    expect(await ask('services')).not.toBe(429);
  });

  test('S003-55: a secret in a file of its own is picked up when it changes, and is in no log', async () => {
    const hook = await receiver();
    const files = await volume();
    const secret = (name: string) => ({ authorization: { $file: name } });
    const config = {
      server: { port: 0, auth: { type: 'token', tokens: [{ name: 'me', token: { $file: 'token' } }] } },
      egress,
      subscriptions: [subscription('pods', hook.url, { headers: secret('header') })],
    };
    const all = (header: string, token: string) => ({ 'config.json': config, header, token });
    await files.write(all('secret-header-one', 'secret-token-one-0'));
    const world = await command(files.config);
    await until(() => hook.told.length === 1);
    await files.write(all('secret-header-two', 'secret-token-two-0'));
    await world.heard(() => hook.told.length === 2);
    expect(hook.told.map((line) => line.split(' ').at(-1))).toEqual(['secret-header-one', 'secret-header-two']);
    const ask = async (token: string) => {
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(`${world.url}/openapi.json`, { headers })).status;
    };
    expect([await ask('secret-token-one-0'), await ask('secret-token-two-0')]).toEqual([401, 200]);
    await files.write({ ...all('secret-header-two', 'short') });
    await world.heard(() => world.printed().includes('at least 16 characters'));
    expect(world.printed()).not.toContain('secret-');
  });

  test('S003-62: another level and another format hold from then on', async () => {
    const file = join(directory, 'config.json');
    const write = (logging: object, maxKinds: number) =>
      writeFile(file, JSON.stringify({ server: { port: 0 }, logging, onDemandWatch: { maxKinds } }));
    await write({}, 1);
    const world = await command(file);
    const bytes = () => world.printed().length;
    const change = async (logging: object, maxKinds: number) => {
      const before = bytes();
      await write(logging, maxKinds);
      world.hangup();
      await settle(50);
      return world.printed().slice(before);
    };
    expect(await change({ level: 'warn' }, 2)).toBe('');
    expect(await change({ level: 'warn' }, 3)).toBe('');
    expect(await change({ level: 'info', format: 'pretty' }, 4)).toMatch(/Z INFO {2}configuration applied watches=/);
    const line = await change({ level: 'info', format: 'json' }, 4);
    expect(JSON.parse(line)).toMatchObject({ level: 'info', message: 'configuration applied', settings: ['logging'] });
  });
});

describe('watcher.reload', () => {
  test('S003-55: starts what is new, ends what is gone, and stays ready throughout', async () => {
    await using world = await rig({ config: { watches: [watchPods] }, seed: (server) => void server.seed([pod('a')]) });
    const maps = { name: 'maps', target: { version: 'v1', kind: 'ConfigMap' } };
    const server = { port: 0 };
    const report = await world.watcher.reload({ server, watches: [maps] });
    expect(report).toMatchObject({ outcome: 'applied', watches: { added: ['maps'], removed: ['pods'] } });
    expect((await world.get('/readyz')).status).toBe(200);
    await until(() => world.watcher.kinds().every(({ phase }) => phase === 'live'));
    expect(world.watcher.kinds().map(({ key }) => key)).toEqual(['v1/configmaps']);
    expect(world.watcher.config.watches.map(({ name }) => name)).toEqual(['maps']);
    expect(await world.watcher.reload({ server, watches: [maps] })).toMatchObject({ outcome: 'unchanged' });
  });

  test('S003-55: takes a configuration as a whole or not at all', async () => {
    await using world = await rig({ config: { watches: [watchPods] } });
    const maps = { name: 'maps', target: { version: 'v1', kind: 'ConfigMap' } };
    const bad: [WatcherConfigInput, string][] = [
      [{ server: { port: 0 }, watches: [maps], query: { maxWaitMs: 1 } }, 'RestartNeeded'],
      [
        { server: { port: 0 }, watches: [maps], subscriptions: [subscription('a', 'http://10.0.0.1/')] },
        'InvalidOption',
      ],
      [{ server: { port: 0 }, watches: [maps, maps] }, 'InvalidConfig'],
    ];
    for (const [config, code] of bad) {
      await expect(world.watcher.reload(config), code).rejects.toMatchObject({ code });
      expect(world.watcher.kinds().map(({ key }) => key)).toEqual(['v1/pods']);
      expect(world.watcher.config.watches.map(({ name }) => name)).toEqual(['pods']);
    }
    const made = await fetch(`${world.watcher.url}/apis/watcher.kube-informer.dev/v1alpha1/watches`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        apiVersion: 'watcher.kube-informer.dev/v1alpha1',
        kind: 'Watch',
        metadata: { name: 'maps' },
        spec: { target: maps.target },
      }),
    });
    expect(made.status).toBe(201);
    await expect(world.watcher.reload({ server: { port: 0 }, watches: [maps] })).rejects.toThrow(
      'the name maps is taken by one that was made at run time',
    );
  });
});
