import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { inClusterConfig, KubeClient, loadKubeConfig } from '../../../src/transport/index.ts';
import { serveTls } from './tls-server.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kube-informer-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const file = async (name: string, content: string) => {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, content);
  return path;
};

const kubeconfig = (name: string, more = '') => `
apiVersion: v1
kind: Config
current-context: ${name}
clusters: [{ name: ${name}, cluster: { server: 'https://${name}.example.com' } }]
users: [{ name: ${name}, user: { token: s3cret } }]
contexts: [{ name: ${name}, context: { cluster: ${name}, user: ${name}, namespace: shop } }]
${more}`;

describe('the configuration of a pod', () => {
  const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };

  test('names the server, the namespace and the token', async () => {
    await file('token', 'abc\n');
    await file('ca.crt', 'authority');
    await file('namespace', 'shop\n');
    const config = await inClusterConfig({ env: { ...env, KUBERNETES_SERVICE_HOST: 'fd00::1' }, directory: folder });
    expect(config.getCurrentCluster()?.server).toBe('https://[fd00::1]:443');
    expect(config.getContextObject?.(config.getCurrentContext!())?.namespace).toBe('shop');
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    expect(options).toEqual({ ca: 'authority', headers: { Authorization: 'Bearer abc' } });
  });

  test('a rotated token and authority are used for the next request', async () => {
    await using first = await serveTls((request, response) =>
      response.end(JSON.stringify(request.headers.authorization)),
    );
    await file('token', 'one');
    await file('ca.crt', first.authority);
    const config = await inClusterConfig({
      env: { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(first.port) },
      directory: folder,
    });
    await using client = new KubeClient(config);
    expect(await client.json({ path: '/' })).toBe('Bearer one');
    await file('token', 'number two');
    expect(await client.json({ path: '/' })).toBe('Bearer number two');
    expect(first.clients).toHaveLength(1);
    await file('ca.crt', `${first.authority}\n`);
    await client.json({ path: '/' });
    expect(first.clients).toHaveLength(2);
  });

  test('outside of a pod the error names everything that is missing', async () => {
    const failure = await inClusterConfig({ env: {}, directory: join(folder, 'none') }).catch((thrown) => thrown);
    expect(failure).toMatchObject({ code: 'NotInCluster' });
    for (const part of ['KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT', join(folder, 'none/token'), 'ca.crt']) {
      expect(failure.message).toContain(part);
    }
  });
});

describe('finding a kubeconfig', () => {
  const serverOf = async (options: Parameters<typeof loadKubeConfig>[0]) =>
    (await loadKubeConfig(options)).getCurrentCluster()?.server;

  test('a path wins over everything', async () => {
    const path = await file('a', kubeconfig('a'));
    const env = { KUBECONFIG: await file('b', kubeconfig('b')) };
    expect(await serverOf({ path, env })).toBe('https://a.example.com');
  });

  test('the files of KUBECONFIG are merged; the first one wins, missing ones are passed over', async () => {
    const paths = [join(folder, 'none'), await file('a', kubeconfig('a')), await file('b', kubeconfig('b'))];
    const env = { KUBECONFIG: paths.join(':') };
    expect(await serverOf({ env })).toBe('https://a.example.com');
    expect(await serverOf({ env, context: 'b' })).toBe('https://b.example.com');
  });

  test('then comes the pod, then the home directory', async () => {
    await file('.kube/config', kubeconfig('home'));
    await file('token', 'abc');
    await file('ca.crt', 'authority');
    const env = { HOME: folder, KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
    expect(await serverOf({ env, serviceAccountDirectory: folder })).toBe('https://10.0.0.1:443');
    expect(await serverOf({ env, serviceAccountDirectory: join(folder, 'none') })).toBe('https://home.example.com');
    expect(await serverOf({ env, serviceAccountDirectory: folder, context: 'home' })).toBe('https://home.example.com');
  });

  test('if there is none, the error names all that was tried', async () => {
    const failure = await loadKubeConfig({ env: { HOME: folder }, serviceAccountDirectory: folder }).catch(
      (thrown) => thrown,
    );
    expect(failure).toMatchObject({ code: 'InvalidKubeConfig' });
    for (const part of ['KUBECONFIG', 'KUBERNETES_SERVICE_HOST', join(folder, 'token'), join(folder, '.kube/config')]) {
      expect(failure.message).toContain(part);
    }
  });

  test.each([
    ['no current context', kubeconfig('a').replace('current-context: a', ''), 'no current context'],
    ['an unknown context', kubeconfig('a').replace('current-context: a', 'current-context: z'), 'no context z'],
    ['an unknown cluster', kubeconfig('a').replace('cluster: a', 'cluster: z'), 'unknown cluster z'],
    ['an unknown user', kubeconfig('a').replace('user: a', 'user: z'), 'unknown user z'],
    ['bad YAML', kubeconfig('a', 'x: [s3cret'), 'kubeconfig'],
    ['no kubeconfig', '42', 'kubeconfig'],
  ])('%s is said', async (_name, content, message) => {
    const path = await file('kubeconfig', content);
    const failure = await loadKubeConfig({ path }).catch((thrown) => thrown);
    expect(failure).toMatchObject({ code: 'InvalidKubeConfig', message: expect.stringContaining(message) });
    expect(`${failure.message}${failure.cause}`).not.toContain('s3cret');
  });

  test('a file that can not be read is said', async () => {
    await expect(loadKubeConfig({ path: join(folder, 'none') })).rejects.toMatchObject({
      code: 'InvalidKubeConfig',
      message: expect.stringContaining(join(folder, 'none')),
    });
    await expect(loadKubeConfig({ env: { KUBECONFIG: join(folder, 'none') } })).rejects.toMatchObject({
      code: 'InvalidKubeConfig',
    });
  });
});
