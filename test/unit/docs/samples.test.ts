import { describe, expect, it } from 'vitest';
import { samplesOfPage, samplesOfSource } from '../../../tools/docs-code/extract.ts';
import { moduleOf, type Scope } from '../../../tools/docs-code/modules.ts';

const scope: Scope = {
  packages: [{ name: 'kube-informer', values: new Set(['keyOf', 'watch']), types: new Set(['KubeObject']) }],
  stage: new Set(['pods', 'signal']),
};

describe('samples in the documentation', () => {
  it('are the ts blocks of a page, a continued one with the one before it', () => {
    const page =
      'Text\n\n```ts\nconst a = 1;\n```\n\n```sh\nls\n```\n\n```ts continued\na + 1;\n```\n\n```ts\nlet b;\n```\n';
    expect(samplesOfPage('p.md', page)).toEqual([
      { where: 'p.md:3', kind: 'program', code: 'const a = 1;\n\na + 1;\n' },
      { where: 'p.md:15', kind: 'program', code: 'let b;\n' },
    ]);
  });

  it('are the examples of a source, up to the next tag or the end of the comment', () => {
    const source = [
      '/**',
      ' * Text.',
      ' *',
      ' * @example',
      ' * one();',
      ' *   two();',
      ' * @returns 1',
      ' */',
      '/** @example three() // 3',
      ' */',
    ];
    expect(samplesOfSource('s.ts', source.join('\n'))).toEqual([
      { where: 's.ts:4', kind: 'fragment', code: 'one();\n  two();' },
    ]);
    expect(samplesOfSource('s.ts', '/**\n * @example three() // 3\n */')[0]?.code).toBe('three() // 3');
  });

  it('get what they use and do not declare', () => {
    const code = 'const signal = 1;\nfor (const pod of pods.watch) keyOf(pod as KubeObject);';
    const text = moduleOf({ where: '', kind: 'fragment', code }, scope, './stage.ts');
    expect(text).toContain("import { keyOf, type KubeObject } from 'kube-informer';");
    expect(text).toContain('async function ({ pods }: Stage)');
  });

  it('hold what a remark says', () => {
    const text = moduleOf(
      { where: '', kind: 'fragment', code: "keyOf(x) // 'a/b'\nkeyOf(y); // why not" },
      scope,
      './stage.ts',
    );
    expect(text).toContain("assert.deepEqual(keyOf(x), 'a/b');\nkeyOf(y); // why not");
  });
});
