import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { KubeClient, type KubeConfigLike } from '../../../src/transport/index.ts';
import { configFor, reply, serve } from './server.ts';

const refusal = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  reason: 'Unauthorized',
  code: 401,
};

describe('credentials', () => {
  test('after a 401 they are obtained anew, and the request is sent once more', async () => {
    await using server = await serve((request, response) =>
      request.headers.authorization === 'Bearer new' ? reply(response, { ok: true }) : reply(response, refusal, 401),
    );
    let token = 'old';
    const config: KubeConfigLike = {
      ...configFor(server.url),
      async applyToHTTPSOptions(options) {
        options.headers = { Authorization: `Bearer ${token}` };
      },
      invalidateCredentials() {
        token = 'new';
      },
    };
    await using client = new KubeClient(config);
    expect(await client.json({ path: '/version' })).toEqual({ ok: true });
    expect(server.headers.map(({ authorization }) => authorization)).toEqual(['Bearer old', 'Bearer new']);
  });

  test('a 401 with nothing new to try is reported, without another request', async () => {
    await using server = await serve((_request, response) => reply(response, refusal, 401));
    await using client = new KubeClient(configFor(server.url));
    await expect(client.json({ path: '/version' })).rejects.toMatchObject({ code: 'ApiStatus', class: 'unauthorized' });
    expect(server.requests).toHaveLength(1);
  });

  test('many requests at once ask for them once', async () => {
    await using server = await serve((_request, response) => reply(response, {}));
    let calls = 0;
    const config: KubeConfigLike = {
      ...configFor(server.url),
      async applyToHTTPSOptions() {
        calls++;
        await new Promise((resolve) => setImmediate(resolve));
      },
    };
    await using client = new KubeClient(config);
    await Promise.all(Array.from({ length: 20 }, () => client.json({ path: '/version' })));
    expect(calls).toBe(1);
    await client.json({ path: '/version' });
    expect(calls).toBe(2);
  });

  test('the exec plugin of a client-node KubeConfig runs once for many requests, and plain http is not refused', async () => {
    await using server = await serve((_request, response) => reply(response, {}));
    const folder = await mkdtemp(join(tmpdir(), 'kube-informer-'));
    const plugin = join(folder, 'plugin');
    const log = join(folder, 'log');
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'from-exec', expirationTimestamp: '2020-01-01T00:00:00Z' },
    };
    await writeFile(plugin, `#!/bin/sh\necho run >> '${log}'\necho '${JSON.stringify(credential)}'\n`);
    await chmod(plugin, 0o755);
    const config = new KubeConfig();
    config.loadFromOptions({
      clusters: [{ name: 'c', server: server.url, skipTLSVerify: false }],
      users: [
        {
          name: 'u',
          exec: { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, interactiveMode: 'Never' },
        },
      ],
      contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
      currentContext: 'x',
    });
    await using client = new KubeClient(config, { userAgent: 'shop' });
    await Promise.all(Array.from({ length: 10 }, () => client.json({ path: '/version' })));
    expect(server.headers.map(({ authorization }) => authorization)).toEqual(Array(10).fill('Bearer from-exec'));
    expect(server.headers[0]!['user-agent']).toMatch(/^kube-informer\/\S+ \(shop\)$/);
    expect(await readFile(log, 'utf8')).toBe('run\n');
    await rm(folder, { recursive: true });
  });

  test('a plugin that fails is a failed authentication', async () => {
    const config: KubeConfigLike = {
      ...configFor('http://127.0.0.1:1'),
      applyToHTTPSOptions: () => Promise.reject(new Error('no such plugin')),
    };
    await using client = new KubeClient(config);
    await expect(client.json({ path: '/version' })).rejects.toMatchObject({
      code: 'AuthenticationFailed',
      message: expect.stringContaining('no such plugin'),
    });
  });

  test('name and password become basic authentication', async () => {
    await using server = await serve((_request, response) => reply(response, {}));
    const config: KubeConfigLike = {
      ...configFor(server.url),
      async applyToHTTPSOptions(options) {
        options.auth = 'me:pass';
      },
    };
    await using client = new KubeClient(config);
    await client.json({ path: '/version' });
    expect(server.headers[0]!.authorization).toBe(`Basic ${Buffer.from('me:pass').toString('base64')}`);
  });
});
