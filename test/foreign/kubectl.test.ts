import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiServer, makePod } from '../../src/testing/index.ts';
import { configMap } from '../unit/testing/http.ts';
import { foreignProgram, outputOf } from './program.ts';

const kubectl = foreignProgram('kubectl');

describe('the embedded API server under kubectl', () => {
  let server: ApiServer;
  let folder: string;

  const args = (rest: readonly string[]) => [
    '--kubeconfig',
    join(folder, 'config'),
    '--cache-dir',
    join(folder, 'cache'),
    ...rest,
  ];
  const run = (...rest: string[]) => outputOf(kubectl, args(rest));

  beforeAll(async () => {
    server = await ApiServer.start({ tls: true });
    folder = await mkdtemp(join(tmpdir(), 'kube-informer-kubectl-'));
    await server.writeKubeConfig(join(folder, 'config'));
    for (let index = 0; index < 7; index++) {
      server.create(configMap(`c${index}`, 'demo', { labels: { odd: String(index % 2) } }));
    }
    server.seed([makePod(1), makePod(2)]);
  });

  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  it('api-resources lists kinds, short names and scopes', async () => {
    const lines = (await run('api-resources', '--api-group=apps')).split('\n').map((line) => line.split(/\s+/));
    expect(lines).toContainEqual(['deployments', 'deploy', 'apps/v1', 'true', 'Deployment']);
  });

  it('get pages and selects', async () => {
    server.requests.clear();
    const names = await run('get', 'cm', '-n', 'demo', '-l', 'odd=1', '--chunk-size=2', '-o', 'name');
    expect(names.trim().split('\n')).toEqual(['configmap/c1', 'configmap/c3', 'configmap/c5']);
    expect(server.requests.count({ resource: 'configmaps', verb: 'list', status: 200 })).toBe(2);
    const pods = await run('get', 'po', '-A', '--field-selector', 'spec.nodeName=node-002', '-o', 'name');
    expect(pods.trim()).toBe('pod/pod-0000002');
    expect(await run('get', 'all', '-A')).toContain('pod/pod-0000001');
  });

  it('apply creates, changes and leaves alone, on the client side and on the server', async () => {
    const file = join(folder, 'applied.json');
    const write = (value: string) => writeFile(file, JSON.stringify({ ...configMap('applied'), data: { a: value } }));
    await write('1');
    expect(await run('apply', '-f', file)).toBe('configmap/applied created\n');
    expect(await run('apply', '-f', file)).toBe('configmap/applied unchanged\n');
    await write('2');
    expect(await run('apply', '-f', file)).toBe('configmap/applied configured\n');
    expect(await run('apply', '--server-side', '-f', file)).toBe('configmap/applied serverside-applied\n');
    expect(server.get('configmaps', 'demo', 'applied')).toMatchObject({ data: { a: '2' } });
    expect(await run('delete', 'cm', 'applied', '-n', 'demo')).toContain('deleted');
    expect(server.get('configmaps', 'demo', 'applied')).toBeUndefined();
  });

  it('a definition and its objects are applied together, listed in columns, and deleted', async () => {
    const file = join(folder, 'widgets.json');
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'widgets', singular: 'widget', kind: 'Widget', shortNames: ['wd'] },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
              },
            },
            additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
          },
        ],
      },
    };
    await writeFile(file, JSON.stringify(definition));
    expect(await run('apply', '-f', file)).toContain('widgets.example.com created');
    expect(await run('wait', '--for=condition=Established', 'crd/widgets.example.com')).toContain('condition met');
    const widget = (size: number) =>
      writeFile(
        file,
        JSON.stringify({
          apiVersion: 'example.com/v1',
          kind: 'Widget',
          metadata: { name: 'w', namespace: 'demo', labels: { a: 'b' } },
          spec: { size },
        }),
      );
    await widget(3);
    expect(await run('apply', '-f', file)).toBe('widget.example.com/w created\n');
    await widget(4);
    expect(await run('apply', '-f', file)).toBe('widget.example.com/w configured\n');
    const lines = (await run('get', 'wd', '-A')).trim().split('\n');
    expect(lines.map((line) => line.split(/ +/))).toEqual([
      ['NAMESPACE', 'NAME', 'SIZE'],
      ['demo', 'w', '4'],
    ]);
    expect(await run('delete', 'wd', '-n', 'demo', '-l', 'a=b')).toContain('deleted');
    expect(server.list('widgets.example.com')).toEqual([]);
    expect(await run('delete', 'crd', 'widgets.example.com')).toContain('deleted');
    expect(server.get('customresourcedefinitions', '', 'widgets.example.com')).toBeUndefined();
  });

  it('get --watch follows changes', async () => {
    const watching = ['get', 'cm', '-n', 'demo', '--watch', '-o', 'name', '--field-selector', 'metadata.name=c0'];
    const child = spawn(kubectl, args(watching));
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    while (server.watches === 0) await new Promise((resolve) => setImmediate(resolve));
    server.touch('configmaps', 'demo', 'c0');
    server.touch('configmaps', 'demo', 'c1');
    server.delete('configmaps', 'demo', 'c0');
    while (output.split('\n').length < 4) await new Promise((resolve) => setImmediate(resolve));
    child.kill();
    await once(child, 'exit');
    expect(output).toBe('configmap/c0\nconfigmap/c0\nconfigmap/c0\n');
  });
});
