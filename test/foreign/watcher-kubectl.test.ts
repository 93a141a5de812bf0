import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiServer } from '../../src/testing/index.ts';
import { createWatcher, type Watcher } from '../../src/watcher/index.ts';
import { customDefinition } from '../support/custom-definition.ts';
import { foreignProgram, outputOf } from './program.ts';

const kubectl = foreignProgram('kubectl');

const pod = (name: string, namespace: string, app: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels: { app } },
});

const widgets = customDefinition({
  columns: [
    { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
});

describe('the watcher under kubectl', () => {
  let server: ApiServer;
  let watcher: Watcher;
  let folder: string;

  const args = (rest: readonly string[]) => [
    `--server=${watcher.url}/cache`,
    '--kubeconfig=/dev/null',
    `--cache-dir=${folder}`,
    ...rest,
  ];
  const run = (...rest: string[]) => outputOf(kubectl, args(rest));

  beforeAll(async () => {
    server = await ApiServer.start();
    for (const name of ['web', 'ops']) server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    server.create(widgets);
    server.create({
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'w', namespace: 'web' },
      spec: { size: 3 },
    });
    server.seed([pod('a', 'web', 'web'), pod('b', 'web', 'db'), pod('c', 'ops', 'web')]);
    watcher = await createWatcher({ server: { port: 0 } }, { cluster: server.kubeConfig() });
    await watcher.ready();
    folder = await mkdtemp(join(tmpdir(), 'kube-informer-kubectl-'));
  });

  afterAll(async () => {
    await watcher.stop();
    await server.close();
    await rm(folder, { recursive: true });
  });

  it('api-resources lists what can be read', async () => {
    const lines = (await run('api-resources', '--api-group=apps')).split('\n').map((line) => line.split(/\s+/));
    expect(lines).toContainEqual(['deployments', 'deploy', 'apps/v1', 'true', 'Deployment']);
  });

  it('get finds objects by name, label and field, in pages', async () => {
    expect((await run('get', 'po', '-A', '-l', 'app=web', '-o', 'name')).trim().split('\n')).toEqual([
      'pod/c',
      'pod/a',
    ]);
    expect((await run('get', 'pods', '-n', 'web', '--chunk-size=1', '-o', 'name')).trim().split('\n')).toEqual([
      'pod/a',
      'pod/b',
    ]);
    expect(await run('get', 'pod', 'b', '-n', 'web', '-o', 'jsonpath={.metadata.labels.app}')).toBe('db');
    expect((await run('get', 'pods', '-A', '--field-selector', 'metadata.name=b', '-o', 'name')).trim()).toBe('pod/b');
    await expect(run('get', 'pod', 'nobody', '-n', 'web')).rejects.toThrow(
      'Error from server (NotFound): pods "nobody" not found',
    );
    expect(await run('get', 'pods', '-n', 'web')).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE\na +0\/0 +Unknown +0 /);
    expect(await run('get', 'pods', '-n', 'web', '-o', 'wide')).toMatch(/^NAME .* IP +NODE\n/);
  });

  it('get prints the columns that the definition of a custom resource has', async () => {
    expect(await run('get', 'widgets', '-n', 'web')).toMatch(/^NAME +SIZE +AGE\nw +3 +\d+s\n$/);
    expect(await run('get', 'namespaces')).toMatch(/^NAME +STATUS +AGE\n/);
    expect(await run('get', 'widgets', '-n', 'web', '-o', 'custom-columns=N:.metadata.name,S:.spec.size')).toBe(
      'N     S\nw     3\n',
    );
    expect(await run('get', 'widgets', '-A', '--sort-by=.spec.size', '-o', 'name')).toBe('widget.example.com/w\n');
  });

  it('get --watch prints a row for each change, under one head', async () => {
    const child = spawn(kubectl, args(['get', 'widgets', '-n', 'web', '--watch']), {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines: string[] = [];
    const seen = Promise.withResolvers<void>();
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line);
      if (lines.length === 2) server.patchObject('widgets', 'web', 'w', { spec: { size: 4 } });
      if (lines.length === 3) seen.resolve();
    });
    await seen.promise;
    child.kill();
    expect(lines.map((line) => line.split(/\s+/).slice(0, 2))).toEqual([
      ['NAME', 'SIZE'],
      ['w', '3'],
      ['w', '4'],
    ]);
  });

  it('get --watch follows what changes', async () => {
    const child = spawn(kubectl, args(['get', 'pods', '-A', '-l', 'app=web', '--watch', '-o', 'name']), {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines: string[] = [];
    const seen = Promise.withResolvers<void>();
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line);
      if (lines.length === 2) server.create(pod('d', 'ops', 'web'));
      if (lines.length === 3) seen.resolve();
    });
    await seen.promise;
    child.kill();
    expect(lines).toEqual(['pod/c', 'pod/a', 'pod/d']);
  });

  it('is refused politely when it wants to write', async () => {
    await expect(run('delete', 'pod', 'a', '-n', 'web', '--wait=false')).rejects.toThrow('this is a cache');
  });
});
