import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inClusterConfig, KubeClient, type KubeConfigLike, loadKubeConfig, SharedInformerFactory } from 'kube-informer';
import { ApiServer } from 'kube-informer/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pod } from './s002-rig.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'in-cluster-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

const authorityOf = (server: ApiServer) =>
  Buffer.from(server.kubeConfig().getCurrentCluster().caData ?? '', 'base64').toString();

describe('inside a cluster', () => {
  test('S004-11 the service account says who asks, where, and from which namespace; a rotated token is used at once', async () => {
    const tokens = { one: 'system:serviceaccount:shop:robot', two: 'system:serviceaccount:shop:robot-2' };
    await using server = await ApiServer.start({ tls: true, anonymous: false, tokens });
    server.create(pod('a'));
    // As the kubelet does it: the files are links into a folder that is swapped.
    const publish = async (version: string, token: string) => {
      await file(`${version}/token`, `${token}\n`);
      await file(`${version}/ca.crt`, authorityOf(server));
      await file(`${version}/namespace`, 'shop');
      await symlink(version, join(folder, '..data-new'));
      await rename(join(folder, '..data-new'), join(folder, '..data'));
    };
    await publish('v1', 'one');
    for (const name of ['token', 'ca.crt', 'namespace']) await symlink(join('..data', name), join(folder, name));
    const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(server.port) };
    const config = await inClusterConfig({ env, directory: folder });
    expect(config.getContextObject?.(config.getCurrentContext?.() ?? '')?.namespace).toBe('shop');
    await using client = new KubeClient(config);
    await client.json({ path: '/api/v1/pods' });
    await publish('v2', 'two');
    await client.json({ path: '/api/v1/pods' });
    expect(server.requests.all({ resource: 'pods' }).map(({ user, status }) => [user, status])).toEqual([
      [tokens.one, 200],
      [tokens.two, 200],
    ]);
  });

  test('S004-11 a new certificate authority is believed without a restart', async () => {
    const tokens = { one: 'robot' };
    const old = await ApiServer.start({ tls: true, anonymous: false, tokens });
    const { port } = old;
    await file('token', 'one');
    await file('ca.crt', authorityOf(old));
    const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(port) };
    await using client = new KubeClient(await inClusterConfig({ env, directory: folder }));
    await client.json({ path: '/api/v1/pods' });
    await old.close();
    // The same address, another authority.
    await using renewed = await ApiServer.start({ tls: true, anonymous: false, tokens, port });
    await expect(client.json({ path: '/api/v1/pods' })).rejects.toMatchObject({ code: 'ConnectionFailed' });
    await file('ca.crt', authorityOf(renewed));
    await client.json({ path: '/api/v1/pods' });
    expect(renewed.requests.count({ resource: 'pods', user: 'robot', status: 200 })).toBe(1);
  });

  test.each<[string, Record<string, string>, readonly string[], readonly RegExp[]]>([
    ['no variables', {}, ['token', 'ca.crt'], [/KUBERNETES_SERVICE_HOST/, /KUBERNETES_SERVICE_PORT/]],
    ['no port', { KUBERNETES_SERVICE_HOST: 'h' }, ['token', 'ca.crt'], [/KUBERNETES_SERVICE_PORT/]],
    ['no token', { KUBERNETES_SERVICE_HOST: 'h', KUBERNETES_SERVICE_PORT: '1' }, ['ca.crt'], [/token/]],
    ['no authority', { KUBERNETES_SERVICE_HOST: 'h', KUBERNETES_SERVICE_PORT: '1' }, ['token'], [/ca\.crt/]],
  ])('S004-11 with %s it says precisely what is missing', async (_name, env, files, messages) => {
    for (const name of files) await file(name, 'content');
    const failure = await inClusterConfig({ env, directory: folder }).catch((error) => error);
    expect(failure).toMatchObject({ code: 'NotInCluster', hint: expect.any(String) });
    for (const message of messages) expect(failure.message).toMatch(message);
    for (const name of files) expect(failure.message).not.toContain(join(folder, name));
  });
});

describe('a configuration that is wrong', () => {
  const good = {
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'u', user: { token: 's3cret-token' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };

  test.each<[string, string, RegExp]>([
    ['is no YAML', '{ clusters: [', /kubeconfig.*can't be used/],
    ['is empty', '', /kubeconfig.*can't be used/],
    ['is something else', '42', /no current context/],
    ['has no context', JSON.stringify({ ...good, 'current-context': undefined }), /no current context/],
    ['names an unknown context', JSON.stringify({ ...good, 'current-context': 'y' }), /no context y/],
    ['names an unknown cluster', JSON.stringify({ ...good, clusters: [] }), /unknown cluster c/],
    ['names an unknown user', JSON.stringify({ ...good, users: [] }), /unknown user u/],
    ['has a cluster without a server', JSON.stringify({ ...good, clusters: [{ name: 'c', cluster: {} }] }), /server/],
  ])('S004-12 that %s is refused with what is wrong', async (_name, content, message) => {
    const path = await file('kubeconfig', content);
    const failure = await loadKubeConfig({ path }).catch((error) => error);
    expect(failure).toMatchObject({
      code: 'InvalidKubeConfig',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/\.$/),
    });
    expect(failure.message).toContain(path);
    expect(`${failure.message} ${failure.hint} ${failure.cause}`).not.toContain('s3cret');
  });

  test('S004-12 that is not there is refused with its path', async () => {
    const path = join(folder, 'absent');
    await expect(loadKubeConfig({ path })).rejects.toMatchObject({
      code: 'InvalidKubeConfig',
      message: expect.stringContaining(path),
    });
    const nowhere = { env: { HOME: folder }, serviceAccountDirectory: folder };
    await expect(loadKubeConfig(nowhere)).rejects.toMatchObject({
      code: 'InvalidKubeConfig',
      message: expect.stringMatching(/KUBECONFIG.*KUBERNETES_SERVICE_HOST.*\.kube/s),
    });
  });

  const anywhere = (server: string, more: Partial<KubeConfigLike> = {}): KubeConfigLike => ({
    getCurrentCluster: () => ({ name: 'c', server }),
    applyToHTTPSOptions: async () => undefined,
    ...more,
  });

  test.each<[string, KubeConfigLike, object]>([
    ['an unusable URL', anywhere('not a url'), { code: 'InvalidKubeConfig', message: expect.stringContaining('URL') }],
    ['no cluster', anywhere('', { getCurrentCluster: () => null }), { code: 'InvalidKubeConfig' }],
    [
      'credentials that can not be had',
      anywhere('https://127.0.0.1:1', { applyToHTTPSOptions: () => Promise.reject(new Error('the plugin is gone')) }),
      { code: 'AuthenticationFailed', message: expect.stringContaining('the plugin is gone') },
    ],
    ['a server that is not there', anywhere('http://127.0.0.1:1'), { code: 'ConnectionFailed' }],
  ])('S004-12 %s rejects the request; the process goes on', async (_name, config, failure) => {
    await using client = new KubeClient(config);
    await expect(client.json({ path: '/version' })).rejects.toMatchObject({ ...failure, hint: expect.any(String) });
  });

  test('S004-12 impossible options are refused when the factory or the informer is made', async () => {
    const config = anywhere('https://127.0.0.1:1');
    const refused = (code: string) => expect.objectContaining({ code, hint: expect.any(String) });
    expect(() => new SharedInformerFactory(config, { labelSelector: 'a in b' })).toThrowError(
      refused('InvalidSelector'),
    );
    expect(() => new SharedInformerFactory(config, { concurrentLists: 0 })).toThrowError(refused('InvalidOption'));
    await using factory = new SharedInformerFactory(config);
    expect(() => factory.forResource({ group: '', version: 'v1', resource: 'Pods/x' })).toThrowError(
      refused('InvalidResource'),
    );
    expect(() => factory.core.v1.pods({ pageSize: 0 })).toThrowError(refused('InvalidOption'));
  });
});
