import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { loadAllYaml, type V1Deployment } from '@kubernetes/client-node';
import { ApiServer, makePod } from '../src/testing/index.ts';

/**
 * npm run bench:sidecar: how much memory the service has with a thousand Pods (6 KB each) in its cache, as built, in a process of its own, with the flags of
 * deploy/sidecar. Goal: 80 MiB of resident memory, the pages of the program itself (which all Node processes of a machine share) included.
 */
const goal = 80;
const objects = 1_000;

const [deployment] = loadAllYaml(await readFile('deploy/sidecar/deployment.yaml', 'utf8')) as [V1Deployment];
const container = deployment.spec!.template.spec!.initContainers![0]!;
const heap = /^(\d+)Mi$/.exec(container.resources!.requests!.memory!)![1]!;
const flags = container.env!.find(({ name }) => name === 'NODE_OPTIONS')!.value!.replace('$(HEAP_MIB)', heap);

await using server = await ApiServer.start();
server.seed(Array.from({ length: objects }, (_, index) => makePod(index)));
const program = fileURLToPath(new URL('sidecar/service.mjs', import.meta.url));
const child = spawn(process.execPath, [program, server.url], {
  stdio: ['pipe', 'pipe', 'inherit'],
  env: { ...process.env, NODE_OPTIONS: flags },
});
let printed = '';
for await (const chunk of child.stdout) {
  printed += chunk;
  if (printed.includes('\n')) break;
}
const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
child.stdin.end();
const mebibytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)![1]) / 1_024;
const resident = mebibytes('VmRSS');
console.log(`${objects} Pods, ${flags}`);
console.log(
  `resident ${resident.toFixed(1)} MiB: ${mebibytes('RssAnon').toFixed(1)} its own, ${mebibytes('RssFile').toFixed(1)} of files`,
);
console.log(resident < goal ? `met: under ${goal} MiB` : `missed: not under ${goal} MiB`);
