import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiServer } from 'kube-informer/testing';
import { describe, expect, test } from 'vitest';
import { pod } from './s002-rig.ts';
import { root, run, typeCheck, withFiles } from './s002-type-check.ts';

/** The first block of TypeScript under the heading. */
async function quickStart(): Promise<string> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const section = readme.split(/^## /m).find((text) => text.startsWith('Quick start\n'));
  const block = /```ts\n([\s\S]*?)```/.exec(section ?? '')?.[1];
  if (!block) throw new Error('README.md has no TypeScript under the heading "Quick start"');
  return block;
}

describe('the quick start of the README', () => {
  test('S004-10 takes at most 15 lines for its four steps: client, informer, handlers, start', async () => {
    const block = await quickStart();
    expect(block.trim().split('\n').length).toBeLessThanOrEqual(15);
    const steps = ['loadKubeConfig', 'factory.core.v1.pods()', 'addEventHandler', 'factory.start('].map((step) =>
      block.lastIndexOf(step),
    );
    expect(steps).not.toContain(-1);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
  });

  test('S004-10 compiles under strict settings', async () => {
    const block = await quickStart();
    const found = await typeCheck(block, block.replace('factory.start(', 'factory.begin('));
    expect(found.program).toBe('');
    expect(found.broken).toContain('begin');
  }, 60_000);

  test('S004-10 runs: it prints what is there and ends by itself', async () => {
    await using server = await ApiServer.start();
    server.seed([pod('a'), pod('b')]);
    const files = { 'quick-start.ts': await quickStart(), kubeconfig: server.kubeConfigYaml() };
    const { code, output } = await withFiles(files, (folder) => {
      const env = { ...process.env, KUBECONFIG: join(folder, 'kubeconfig') };
      return run(process.execPath, ['--conditions=source', join(folder, 'quick-start.ts')], env);
    });
    expect(output).toContain('add default/a Pending');
    expect(output).toContain('add default/b Pending');
    expect(output).toMatch(/^2 /m);
    expect(output).not.toMatch(/unhandled|error/i);
    expect(code).toBe(0);
  });
});
