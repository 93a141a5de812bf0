import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { outcomes } from './outcome.ts';
import { upstreamTests } from './upstream.ts';

const text = await readFile('docs/differences.md', 'utf8');
const differences = text
  .split(/^### /m)
  .slice(1)
  .map((section) => ({ title: section.slice(0, section.indexOf('\n')), section }));
const proofs = Array.from(text.matchAll(/^- `(test\/[^`]+)`: (.+)$/gm), ([, file, title]) => ({
  file: file!,
  title: title!,
}));

describe('docs/differences.md', () => {
  it.each(differences)('names the rules it breaks and a test that shows it: $title', ({ section }) => {
    expect(section).toMatch(/^Rules: (?:[A-Z]+-?\d+(?:, )?)+\. \S/m);
    expect(section).toMatch(/^- `test\//m);
  });

  it.each(proofs)('names a test that exists: $file: $title', async ({ file, title }) => {
    const source = await readFile(file, 'utf8');
    const inTitles = source.split('\n').some((line) => line.includes(title) && !/^\s*(\/\/|\*)/.test(line));
    expect(inTitles).toBe(true);
  });
});

describe('the list of upstream tests', () => {
  it('has every test once', () => {
    const names = upstreamTests.map((test) => `${test.package}.${test.name}`);
    expect(names).toHaveLength(264);
    expect(new Set(names).size).toBe(264);
    expect(upstreamTests.every(({ verdict, note }) => ['yes', 'adapt', 'n/a'].includes(verdict) && note !== '')).toBe(
      true,
    );
  });

  const cases = upstreamTests.find(({ name }) => name === 'TestRetryInternalError')!;
  const judged = (...titles: string[]) =>
    outcomes(
      upstreamTests,
      titles.map((title) => ({ title, file: 'test/x.test.ts' })),
    );
  const stateOf = (name: string, titles: string[], of = 'tools/cache') =>
    judged(...titles).find(({ test }) => test.name === name && test.package === of)?.state;

  it('takes a test for ported when a title has its name, and all letters of its cases', () => {
    expect(cases.cases).toEqual(['a', 'b', 'c']);
    expect(stateOf('TestRunUntil', [])).toBe('missing');
    expect(stateOf('TestRunUntil', ['an abort (TestRunUntil)'])).toBe('ported');
    expect(stateOf('TestRunUntil', ['TestRunUntilTheEnd'])).toBe('missing');
    expect(stateOf('TestRunUntil', ['TestRunUntil: otherwise (adapted: so)'])).toBe('adapted');
    expect(stateOf('TestHeap_Add', [])).toBe('not applicable');
    expect(stateOf(cases.name, ['TestRetryInternalError (a)', 'TestRetryInternalError (b)'])).toBe('missing');
    expect(stateOf(cases.name, ['TestRetryInternalError (a), (b): x', 'TestRetryInternalError (c): y'])).toBe('ported');
  });

  it('tells apart what several packages call the same', () => {
    const alone = ['TestResetWatch: x'];
    expect([stateOf('TestResetWatch', alone), stateOf('TestResetWatch', alone, 'tools/cache/testing')]).toEqual([
      'ported',
      'missing',
    ]);
    expect(stateOf('TestResetWatch', ['testing.TestResetWatch: x'])).toBe('missing');
    expect(stateOf('TestResetWatch', ['testing.TestResetWatch: x'], 'tools/cache/testing')).toBe('ported');
  });
});
