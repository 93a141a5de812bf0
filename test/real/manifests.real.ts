import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { foreignProgram } from '../foreign/program.ts';

const kubectl = foreignProgram('kubectl');
const kubeconfig = process.env.CONFORMANCE_KUBECONFIG;
const run = promisify(execFile);

describe('the manifests, on a real API server', () => {
  test.each([
    ['deploy/sidecar', 'shop'],
    ['deploy/standalone', 'kube-informer-watcher'],
  ])('S003-07: %s is accepted, field by field', async (folder, name) => {
    if (kubeconfig === undefined) {
      throw new Error('this needs a cluster: npm run test:real');
    }
    const args = [
      '--kubeconfig',
      kubeconfig,
      'apply',
      '-k',
      folder,
      '--dry-run=server',
      '--validate=strict',
      '-o',
      'name',
    ];
    const { stdout } = await run(kubectl, args);
    const names = stdout.trim().split('\n');
    expect(names).toContain(`deployment.apps/${name}`);
    expect(names.filter((each) => each.startsWith('configmap/'))).toHaveLength(1);
    const roles = JSON.parse(await readFile(`${folder}/roles.json`, 'utf8')) as { items: { kind: string }[] };
    expect(names.filter((each) => each.includes('.rbac.authorization.k8s.io/'))).toHaveLength(roles.items.length);
  });
});
