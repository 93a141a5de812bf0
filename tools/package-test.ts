import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

/**
 * npm run test:package: packs the package, installs it into an empty project as anybody would, and uses it there: types with three
 * compilers, ESM and `require` with three Nodes. And the size of each entry point, which has a limit.
 *
 * It needs the package registry, for the compilers and Nodes.
 */
const compilers = { typescript59: 'typescript@~5.9', typescript6: 'typescript@^6', typescript7: 'typescript@^7' };
const platform = `node-${process.platform}-${process.arch}`;
const nodes = { node22: `${platform}@^22.19`, node24: `${platform}@^24`, node26: `${platform}@^26` };

/** Kilobytes of JavaScript that an import loads, before compression. Raise one only with a reason in the commit. */
const sizeLimits: Readonly<Record<string, number>> = {
  'kube-informer': 525,
  'kube-informer/testing': 700,
  'kube-informer/prometheus': 40,
  'kube-informer/watcher': 925,
  'kube-informer/receiver': 25,
};

/** What users of the service install beside the package. */
const peersOfService = ['hono', '@hono/node-server', 'zod', 'prom-client'];

/** What the embedded server needs for TLS. */
const peersOfTls = ['selfsigned'];

/** What the programs print. */
const consumed = JSON.stringify({ seen: ['shop/blue n true'], found: ['shop/blue'], wrong: 'function' });
const rested = JSON.stringify({ objects: 300, rested: true });
const served = JSON.stringify({ status: 200, files: [200], some: true });

const run = promisify(execFile);
const results: boolean[] = [];
const project = await mkdtemp(join(tmpdir(), 'package-'));
try {
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', project]);
  await install(join(project, stdout.trim().split('\n').at(-1)!));
  for (const name of Object.keys(compilers)) await attempt(`types, with ${await versionOf(name)}`, () => compile(name));
  const [compiler] = Object.keys(compilers);
  await run(process.execPath, [compilerOf(compiler!), '-p', '.', '--noEmit', 'false'], { cwd: project });
  for (const name of Object.keys(nodes)) {
    const program = join(project, 'node_modules', name, 'bin/node');
    await attempt(`import, on ${await versionOf(name)}`, () => use(program, ['consumer.mjs'], consumed));
    await attempt(`require, on ${await versionOf(name)}`, () => use(program, ['consumer.cjs'], consumed));
  }
  // Not before the others were tried: they need none of these.
  await installPeers();
  for (const name of Object.keys(nodes)) {
    const program = join(project, 'node_modules', name, 'bin/node');
    await attempt(`service, on ${await versionOf(name)}`, () => use(program, ['service.mjs'], served));
    await attempt(`large state, on ${await versionOf(name)}`, () => use(program, ['large-state.mjs'], rested));
  }
  for (const [name, limit] of Object.entries(sizeLimits)) await attempt(`size of ${name}`, () => size(name, limit));
} finally {
  await rm(project, { recursive: true, force: true });
}
const passed = results.filter(Boolean).length;
console.log(`${passed} passed, ${results.length - passed} failed`);
process.exitCode = passed === results.length ? 0 : 1;

async function devDependencies(): Promise<Readonly<Record<string, string>>> {
  return JSON.parse(await readFile('package.json', 'utf8')).devDependencies;
}

async function installPeers(): Promise<void> {
  const versions = await devDependencies();
  const peers = [...peersOfService, ...peersOfTls].map((name) => `${name}@${versions[name]}`);
  await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...peers], { cwd: project });
  for (const program of ['service.mjs', 'large-state.mjs']) await cp(`test/package/${program}`, join(project, program));
}

async function install(tarball: string): Promise<void> {
  const versions = await devDependencies();
  const aliases = Object.entries({ ...compilers, ...nodes }).map(([name, of]) => [name, `npm:${of}`]);
  await writeFile(
    join(project, 'package.json'),
    JSON.stringify({
      private: true,
      dependencies: {
        'kube-informer': `file:${tarball}`,
        '@kubernetes/client-node': versions['@kubernetes/client-node'],
        '@types/node': versions['@types/node'],
        // Declarations of client-node need it, and do not bring it.
        '@types/ws': '*',
        ...Object.fromEntries(aliases),
      },
    }),
  );
  await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: project });
  await cp('test/package/consumer.mts', join(project, 'consumer.mts'));
  // The same program, as CommonJS: `import` becomes `require`, and what it awaits is within a function.
  const text = await readFile('test/package/consumer.mts', 'utf8');
  await writeFile(join(project, 'consumer.cjs'), asCommonJs(text));
  await writeFile(
    join(project, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { module: 'nodenext', target: 'es2023', strict: true, noEmit: true, types: ['node'] },
      files: ['consumer.mts'],
    }),
  );
}

function asCommonJs(text: string): string {
  const javascript = text
    .replaceAll(/^import \{(.*)\} from ('.*');$/gm, (_, names: string, from: string) => {
      const values = names.split(',').filter((name) => !name.trim().startsWith('type '));
      return `const {${values.join(',')}} = require(${from});`;
    })
    .replace(/^export type .*$/m, '')
    .replaceAll(': string[]', '')
    .replaceAll(': string | undefined', '');
  return `(async () => {\n${javascript}\n})();\n`;
}

async function compile(name: string): Promise<string> {
  const { stdout } = await run(process.execPath, [compilerOf(name), '-p', '.'], { cwd: project });
  return stdout.trim();
}

function compilerOf(name: string): string {
  return join(project, 'node_modules', name, 'bin/tsc');
}

async function use(program: string, args: readonly string[], expected: string): Promise<string> {
  const { stdout, stderr } = await run(program, [...args], { cwd: project, timeout: 30_000 });
  if (stdout.trim() !== expected) throw new Error(`printed ${stdout}`);
  if (stderr !== '') throw new Error(`complained: ${stderr}`);
  return '';
}

/** The JavaScript that an import of `name` loads of this package: its entry and all that it imports without being asked. */
async function size(name: string, limit: number): Promise<string> {
  const root = join(project, 'node_modules/kube-informer');
  const { exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, { default: string }>;
  };
  const queue = [join(root, exports[name.replace('kube-informer', '.')]!.default)];
  const texts = new Map<string, string>();
  for (const path of queue) {
    if (texts.has(path)) continue;
    const text = await readFile(path, 'utf8');
    texts.set(path, text);
    for (const [, from] of text.matchAll(/^(?:import|export)[^;]*?["'](\.[^"']+)["'];/gm)) {
      queue.push(resolve(dirname(path), from!));
    }
  }
  const all = [...texts.values()].join('');
  const kilobytes = Math.round(all.length / 1000);
  const text = `${kilobytes} KB of at most ${limit}, ${Math.round(gzipSync(all).length / 1000)} KB compressed, ${texts.size} files`;
  if (kilobytes > limit) throw new Error(text);
  return text;
}

async function versionOf(name: string): Promise<string> {
  const text = await readFile(join(project, 'node_modules', name, 'package.json'), 'utf8');
  const { name: of, version } = JSON.parse(text) as { name: string; version: string };
  return `${of} ${version}`;
}

async function attempt(what: string, check: () => Promise<string>): Promise<void> {
  try {
    const remark = await check();
    results.push(true);
    console.log(`ok      ${what}${remark && `: ${remark}`}`);
  } catch (thrown) {
    results.push(false);
    const { message, stdout } = thrown as Error & { stdout?: string };
    console.log(`FAILED  ${what}: ${stdout || message}`);
  }
}
