import { execFile } from 'node:child_process';
import { glob, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { draw, picture, readGraph } from '../../tools/module-graph.ts';

const readme = await readFile('README.md', 'utf8');
const manifest = JSON.parse(await readFile('package.json', 'utf8')) as {
  engines: { node: string };
  scripts: Record<string, string>;
};

async function pages(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const path of glob(['*.md', 'docs/**/*.md'])) {
    if (!path.startsWith('docs/api/')) found.set(path, await readFile(path, 'utf8'));
  }
  return found;
}

describe('the documentation', () => {
  it('S000-27: names the Node and Kubernetes versions and the rights it needs, as they are tested', async () => {
    const oldest = manifest.engines.node.replace('>=', '');
    expect(readme).toContain(`Node ${oldest} or newer`);
    // The oldest major version is one of those with which the packed package is used.
    expect(await readFile('tools/package-test.ts', 'utf8')).toContain(`@^${oldest}`);
    const [, tested] = /k8s\.io\/apiserver v0\.(\d+)\./.exec(await readFile('tools/apiserver/go.mod', 'utf8')) ?? [];
    expect(readme).toMatch(new RegExp(`Kubernetes 1\\.${tested}`));
    expect(readme).toMatch(/^## Permissions$/m);
    expect(readme).toMatch(/`list` and `watch`/);
  });

  it('S000-28: has usage whose code compiles and runs', async () => {
    const { stdout } = await promisify(execFile)('node', ['--conditions=source', 'tools/docs-code.ts', 'README.md']);
    expect(stdout).toMatch(/^[1-9]\d* passed, 0 failed$/m);
  }, 180_000);

  it('S000-29: names commands for development, and CI runs each of them in a fresh clone', async () => {
    const guide = await readFile('CONTRIBUTING.md', 'utf8');
    const ci = await readFile('tools/ci.ts', 'utf8');
    const elsewhere = new Map([
      ['ci', '.ci/run begins with it'],
      ['docs', 'a server for writing; docs:build is what it serves'],
      ['example', 'examples runs all of them'],
      ['bench:peers', 'needs half an hour of quiet'],
      ['bench:real', 'needs half an hour of quiet'],
      ['bench:all', 'needs half an hour of quiet'],
      ['apiserver', 'waits for Ctrl-C; test:real starts the same'],
    ]);
    const found = `${readme}\n${guide}`.matchAll(/npm (?:run )?(test\b|(?<=run )[a-z][a-z:]*)/g);
    const commands = new Set(Array.from(found, ([, name]) => name!));
    expect(await readFile('.ci/run', 'utf8')).toContain('npm ci');
    for (const command of ['test', 'accept', 'bench', 'check', 'demo']) expect(commands).toContain(command);
    for (const command of commands) {
      if (elsewhere.has(command)) continue;
      expect(Object.keys(manifest.scripts)).toContain(command);
      const program = manifest.scripts[command]!.match(/[\w/]+\.ts/)?.[0];
      const isRun = new RegExp(
        `'${command}'|${program === undefined ? 'vitest' : program.replaceAll(/[./]/g, '\\$&')}`,
      ).test(ci);
      expect(isRun, `npm run ${command} in CI`).toBe(true);
    }
  });

  it('S000-30: has symptom, cause and remedy for each code that an error can carry', async () => {
    const codes = Array.from(
      (await readFile('src/runtime/errors.ts', 'utf8')).matchAll(/^ {2}\| '(\w+)'/gm),
      ([, code]) => code!,
    );
    const page = await readFile('docs/troubleshooting.md', 'utf8');
    expect(codes.length).toBeGreaterThan(25);
    expect(Array.from(page.matchAll(/^## (.*)$/gm), ([, title]) => title).sort()).toEqual([...codes].sort());
    for (const code of codes) {
      expect(page).toMatch(
        new RegExp(
          `^## ${code}\\n\\n- \\*\\*Symptom\\*\\*: .+\\n- \\*\\*Cause\\*\\*: [^]+?\\n- \\*\\*Remedy\\*\\*: `,
          'm',
        ),
      );
    }
  });

  it('S000-32: has no placeholder left in it', async () => {
    for (const [path, text] of await pages()) {
      const prose = text.replaceAll(/`[^`\n]*`/g, '');
      expect(prose, path).not.toMatch(
        /\b(TODO|TBD|FIXME|XXX|lorem ipsum|coming soon|your text here|under construction)\b|\{\{.*\}\}|<your-/i,
      );
    }
  });

  it('S003-12: has a README in two languages that say the same: headings, code, figures', async () => {
    const chinese = await readFile('README.zh-CN.md', 'utf8');
    const shape = (text: string) => {
      const code = text.match(/^```.*?^```$/gms) ?? [];
      const prose = text.replaceAll(/^```.*?^```$/gms, '');
      return {
        code,
        headings: Array.from(prose.matchAll(/^(#+) /gm), ([, level]) => level),
        figures: Array.from(prose.matchAll(/^\|.*\d.*$/gm), ([row]) => row.match(/[\d.,]*\d/g)),
        links: Array.from(prose.matchAll(/\]\(([^)]+)\)/g), ([, link]) => link).filter(
          (link) => !link!.startsWith('README'),
        ),
      };
    };
    expect(shape(chinese)).toEqual(shape(readme));
    expect(chinese.match(/\p{Script=Han}/gu)?.length).toBeGreaterThan(800);
    expect(readme).toContain('](README.zh-CN.md)');
    expect(chinese).toContain('](README.md)');
  });

  it('S001-35: has a picture of the modules which is their import graph', async () => {
    expect(await readFile('docs/architecture.md', 'utf8')).toContain('](module-graph.svg)');
    expect(await readFile(picture, 'utf8')).toBe(draw(await readGraph()));
  });
});
