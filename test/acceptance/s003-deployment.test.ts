import { readdir, readFile } from 'node:fs/promises';
import { loadAllYaml, type V1Container, type V1Deployment, type V1PodSpec } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/index.ts';
import { run } from '../../src/watcher/cli/run.ts';
import { loadConfig } from '../../src/watcher/index.ts';

const env = { POD_NAMESPACE: 'kube-informer' };

/** Every manifest of a folder, as the models of the API have it: they drop what they do not know. */
async function manifests(folder: string): Promise<{ file: string; text: string; objects: object[] }[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml');
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(`${folder}/${file}`, 'utf8');
      return { file, text, objects: loadAllYaml(text) as object[] };
    }),
  );
}

async function podOf(folder: string): Promise<V1PodSpec> {
  const [deployment] = loadAllYaml(await readFile(`${folder}/deployment.yaml`, 'utf8')) as [V1Deployment];
  return deployment.spec!.template.spec!;
}

function mebibytes(quantity: string | undefined): number {
  return Number(/^(\d+)Mi$/.exec(quantity ?? '')?.[1]);
}

function expectModest(pod: V1PodSpec, { resources, env: variables, securityContext, volumeMounts }: V1Container): void {
  expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
  expect(securityContext).toMatchObject({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  for (const { readOnly, subPath } of volumeMounts ?? []) expect([readOnly, subPath]).toEqual([true, undefined]);
  // The heap is what is requested, and leaves a quarter of the limit, or more, to everything else.
  const heap = variables?.find(({ name }) => name === 'HEAP_MIB')?.valueFrom?.resourceFieldRef;
  expect(heap).toMatchObject({ resource: 'requests.memory', divisor: '1Mi' });
  expect(variables?.find(({ name }) => name === 'NODE_OPTIONS')?.value).toContain('--max-old-space-size=$(HEAP_MIB)');
  expect(mebibytes(resources?.requests?.memory) / mebibytes(resources?.limits?.memory)).toBeLessThanOrEqual(0.75);
}

describe.each(['deploy/sidecar', 'deploy/standalone'])('the manifests of %s', (folder) => {
  test('S003-07: say nothing that the API does not know', async () => {
    for (const { file, text, objects } of await manifests(folder)) {
      // The models write what is a word of the language with a line before it.
      const known = JSON.stringify(objects).replaceAll('"_', '"');
      const names = text.replaceAll(/#.*$/gm, '').matchAll(/(?<=^|[\s{,-])([A-Za-z][\w./-]*):(?=\s|$)/gm);
      for (const [, name] of names) expect(known, `${file} says ${name}`).toContain(`"${name}":`);
    }
  });

  test('S003-07: are all put together, with the configuration beside them', async () => {
    const kustomization = await readFile(`${folder}/kustomization.yaml`, 'utf8');
    for (const { file } of await manifests(folder)) expect(kustomization).toContain(`- ${file}\n`);
    expect(kustomization).toContain('files: [config.json]');
    expect(kustomization).toContain('- roles.json\n');
  });

  test('S003-08: have the roles that their configuration needs', async () => {
    let printed = '';
    const names = folder.endsWith('sidecar')
      ? ['--name', 'shop', '--namespace', 'shop']
      : ['--namespace', env.POD_NAMESPACE];
    const out = (text: string) => {
      printed += text;
    };
    const code = await run(['rbac', '--config', `${folder}/config.json`, ...names], {
      out,
      err: out,
      env,
      directory: process.cwd(),
      clock: systemClock,
    });
    expect(code).toBe(0);
    expect(JSON.parse(printed)).toEqual(JSON.parse(await readFile(`${folder}/roles.json`, 'utf8')));
  });
});

describe('the sidecar', () => {
  test('S003-07: is a native one, on loopback, and the application starts after it is ready', async () => {
    const pod = await podOf('deploy/sidecar');
    const [watcher] = pod.initContainers as [V1Container];
    expect(watcher.restartPolicy).toBe('Always');
    const { config } = loadConfig({ path: 'deploy/sidecar/config.json', env });
    expect(config.server).toMatchObject({ host: '127.0.0.1', port: 8080, auth: { type: 'none' } });
    // The kubelet can't reach loopback.
    const url = (path: string) => expect.arrayContaining([`http://127.0.0.1:8080${path}`]);
    expect(watcher.startupProbe?.exec?.command).toEqual(url('/readyz'));
    expect(watcher.readinessProbe?.exec?.command).toEqual(url('/readyz'));
    expect(watcher.livenessProbe?.exec?.command).toEqual(url('/livez'));
    expect(watcher.ports).toBeUndefined();
    expectModest(pod, watcher);
  });
});

describe('the Deployment', () => {
  test('S003-07: has two instances and a Lease, authenticates, and answers probes', async () => {
    const [deployment] = loadAllYaml(await readFile('deploy/standalone/deployment.yaml', 'utf8')) as [V1Deployment];
    expect(deployment.spec?.replicas).toBe(2);
    const { config } = loadConfig({ path: 'deploy/standalone/config.json', env });
    expect(config.leaderElection).toMatchObject({ namespace: 'kube-informer', name: 'kube-informer-watcher' });
    expect(config.server.auth.type).toBe('tokenReview');
    const pod = await podOf('deploy/standalone');
    const [watcher] = pod.containers as [V1Container];
    const port = watcher.ports?.find(({ name }) => name === watcher.readinessProbe?.httpGet?.port);
    expect(port?.containerPort).toBe(config.server.port);
    for (const file of [config.server.tls!.certFile, config.server.tls!.keyFile]) {
      expect(watcher.volumeMounts?.some(({ mountPath }) => file.startsWith(`${mountPath}/`))).toBe(true);
    }
    expectModest(pod, watcher);
  });
});
