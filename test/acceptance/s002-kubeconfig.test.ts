import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { KubeClient, type KubeConfigLike, type KubeObject, loadKubeConfig } from 'kube-informer';
import { ApiServer, type ApiServerOptions } from 'kube-informer/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pod } from './s002-rig.ts';

const podRef = { group: '', version: 'v1', resource: 'pods' };

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content, { mode: 0o600 });
  return path;
}

/** A kubeconfig with one context, as YAML's subset JSON. */
function fixture(name: string, cluster: object, user: object = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: `${name}-namespace` } }],
    'current-context': name,
  });
}

const named = (name: string) => fixture(name, { server: `https://${name}.example.com` });
const serverOf = (config: KubeConfigLike) => config.getCurrentCluster()?.server;

describe('S002-04 a kubeconfig is found', () => {
  test('S002-04 at an explicit path before anywhere else', async () => {
    const env = { KUBECONFIG: await file('variable', named('variable')), HOME: folder };
    const path = await file('explicit', named('explicit'));
    expect(serverOf(await loadKubeConfig({ path, env }))).toBe('https://explicit.example.com');
  });

  test('S002-04 in the files of KUBECONFIG, merged: the first that names a thing wins', async () => {
    const one = await file('one', named('one'));
    const rival = fixture('one', { server: 'https://rival.example.com' });
    const two = await file('two', rival);
    const three = await file('three', named('three'));
    const env = { KUBECONFIG: [one, join(folder, 'absent'), two, three].join(delimiter), HOME: folder };
    const config = await loadKubeConfig({ env });
    expect(serverOf(config)).toBe('https://one.example.com');
    expect(config.getContextObject?.('one')?.namespace).toBe('one-namespace');
    expect(serverOf(await loadKubeConfig({ env, context: 'three' }))).toBe('https://three.example.com');
  });

  test('S002-04 in the pod before the home directory, and at home when there is no pod', async () => {
    await file('.kube/config', named('home'));
    await file('account/token', 'a-token');
    await file('account/ca.crt', 'an authority');
    const env = { HOME: folder, KUBERNETES_SERVICE_HOST: '10.1.2.3', KUBERNETES_SERVICE_PORT: '6443' };
    const serviceAccountDirectory = join(folder, 'account');
    expect(serverOf(await loadKubeConfig({ env, serviceAccountDirectory }))).toBe('https://10.1.2.3:6443');
    expect(serverOf(await loadKubeConfig({ env: { HOME: folder }, serviceAccountDirectory }))).toBe(
      'https://home.example.com',
    );
  });

  test('S002-04 with the context that was asked for, or else its current one', async () => {
    const both = {
      ...JSON.parse(named('a')),
      clusters: ['a', 'b'].map((name) => ({ name, cluster: { server: `https://${name}.example.com` } })),
      contexts: ['a', 'b'].map((name) => ({ name, context: { cluster: name, user: 'a' } })),
    };
    const path = await file('both', JSON.stringify(both));
    expect(serverOf(await loadKubeConfig({ path }))).toBe('https://a.example.com');
    expect(serverOf(await loadKubeConfig({ path, context: 'b' }))).toBe('https://b.example.com');
    await expect(loadKubeConfig({ path, context: 'c' })).rejects.toMatchObject({
      code: 'InvalidKubeConfig',
      message: expect.stringContaining('c'),
      hint: expect.stringContaining('a, b'),
    });
  });
});

interface Parts {
  readonly server: string;
  readonly 'certificate-authority-data': string;
}

/** The cluster and the user of a server's own kubeconfig, to make others of. */
function partsOf(server: ApiServer): { cluster: Parts; user: Record<string, string> } {
  const { clusters, users } = JSON.parse(server.kubeConfigYaml());
  return { cluster: clusters[0].cluster, user: users[0].user };
}

const decoded = (data: string | undefined) => Buffer.from(data ?? '', 'base64').toString();

describe('S002-04 a kubeconfig says who asks whom', () => {
  const secure: ApiServerOptions = { tls: true, anonymous: false };
  const byToken: ApiServerOptions = { tls: true, anonymous: false, tokens: { first: 'ann', second: 'bob' } };

  /** Lists the pods with a kubeconfig that is made of what the server itself would give. */
  async function list(
    options: ApiServerOptions,
    make: (parts: ReturnType<typeof partsOf>) => Promise<[object, object]>,
  ) {
    await using server = await ApiServer.start(options);
    server.create(pod('a'));
    const path = await file('config', fixture('test', ...(await make(partsOf(server)))));
    await using client = new KubeClient(await loadKubeConfig({ path }));
    const { items } = await client.resource<KubeObject>(podRef).list({}, new AbortController().signal);
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['a']);
    return server.requests.last({ resource: 'pods', verb: 'list' })?.user;
  }

  test.each<[string, ApiServerOptions, string, (parts: ReturnType<typeof partsOf>) => Promise<[object, object]>]>([
    [
      'authority and client certificate as data',
      secure,
      'kubernetes-admin',
      async ({ cluster, user }) => [cluster, user],
    ],
    [
      'authority and client certificate as files',
      secure,
      'kubernetes-admin',
      async ({ cluster, user }) => [
        {
          server: cluster.server,
          'certificate-authority': await file('ca.crt', decoded(cluster['certificate-authority-data'])),
        },
        {
          'client-certificate': await file('client.crt', decoded(user['client-certificate-data'])),
          'client-key': await file('client.key', decoded(user['client-key-data'])),
        },
      ],
    ],
    ['a token', byToken, 'bob', async ({ cluster }) => [cluster, { token: 'second' }]],
    [
      'a token file, which wins over a token',
      byToken,
      'ann',
      async ({ cluster }) => [cluster, { tokenFile: await file('token', 'first\n'), token: 'second' }],
    ],
    [
      'no verification of the server',
      byToken,
      'ann',
      async ({ cluster }) => [{ server: cluster.server, 'insecure-skip-tls-verify': true }, { token: 'first' }],
    ],
    [
      'another name of the server',
      byToken,
      'ann',
      async ({ cluster }) => [{ ...cluster, 'tls-server-name': 'localhost' }, { token: 'first' }],
    ],
  ])('S002-04 by %s', async (_name, options, user, make) => {
    expect(await list(options, make)).toBe(user);
  });

  test('S002-04 by a token file beside it, which is read again when it changes', async () => {
    await using server = await ApiServer.start(byToken);
    await file('tokens/mine', 'first');
    const path = await file('config', fixture('test', partsOf(server).cluster, { tokenFile: 'tokens/mine' }));
    await using client = new KubeClient(await loadKubeConfig({ path }));
    await client.json({ path: '/api/v1/pods' });
    await file('tokens/mine', 'second');
    await client.json({ path: '/api/v1/pods' });
    expect(server.requests.all({ resource: 'pods' }).map(({ user }) => user)).toEqual(['ann', 'bob']);
  });

  test('S002-04 and a server that is not who it should be is not talked to', async () => {
    const failure = { code: 'ConnectionFailed' };
    // Neither an unknown authority,
    await expect(
      list(byToken, async ({ cluster }) => [{ server: cluster.server }, { token: 'first' }]),
    ).rejects.toMatchObject(failure);
    // nor a wrong name.
    await expect(
      list(byToken, async ({ cluster }) => [
        { ...cluster, 'tls-server-name': 'elsewhere.example.com' },
        { token: 'first' },
      ]),
    ).rejects.toMatchObject(failure);
  });

  test('S002-04 through the proxy that it names', async () => {
    const tunnels: string[] = [];
    const sockets = new Set<Socket>();
    const proxy = createServer().on('connect', (request, near) => {
      tunnels.push(String(request.url));
      const [host, port] = String(request.url).split(':');
      const far = connect(Number(port), host, () => {
        near.write('HTTP/1.1 200 Connection established\r\n\r\n');
        near.pipe(far).pipe(near);
      });
      for (const socket of [near as Socket, far]) sockets.add(socket.on('error', () => socket.destroy()));
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      let target = '';
      const user = await list(byToken, async ({ cluster }) => {
        target = new URL(cluster.server).host;
        return [{ ...cluster, 'proxy-url': url }, { token: 'first' }];
      });
      expect(user).toBe('ann');
      expect(tunnels).toEqual([target]);
    } finally {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    }
  });

  test.each([
    ['is kept until its token expires', 3_600_000, 1, 'user-1'],
    ['is run again when its token has expired', -1_000, 3, 'user-3'],
  ])('S002-04 an exec plugin %s', async (_name, validFor, calls, lastUser) => {
    const log = join(folder, 'calls');
    const plugin = await file(
      'plugin.mjs',
      `import { appendFileSync, readFileSync } from 'node:fs';
       appendFileSync(${JSON.stringify(log)}, process.env.FLAVOUR + '\\n');
       const count = readFileSync(${JSON.stringify(log)}, 'utf8').trim().split('\\n').length;
       const expirationTimestamp = new Date(Date.now() + ${validFor}).toISOString();
       const status = { token: 'token-' + count, expirationTimestamp };
       console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status }));`,
    );
    await chmod(plugin, 0o700);
    const tokens = Object.fromEntries([1, 2, 3, 4].map((count) => [`token-${count}`, `user-${count}`]));
    await using server = await ApiServer.start({ tls: true, anonymous: false, tokens });
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: [plugin],
      env: [{ name: 'FLAVOUR', value: 'vanilla' }],
      interactiveMode: 'Never',
    };
    const path = await file('config', fixture('test', partsOf(server).cluster, { exec }));
    await using client = new KubeClient(await loadKubeConfig({ path }));
    for (let count = 0; count < 3; count++) await client.json({ path: '/api/v1/pods' });
    expect((await readFile(log, 'utf8')).trim().split('\n')).toEqual(Array(calls).fill('vanilla'));
    expect(server.requests.last({ resource: 'pods' })?.user).toBe(lastUser);
  });
});
