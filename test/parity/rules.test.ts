import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { peers, peersPage } from './peers.ts';
import { ruleIds, rules, tables } from './rules/index.ts';
import { differencesOf, faultsOfTable, missingTests } from './rules/judge.ts';
import { rulesPage } from './rules/page.ts';
import { differs, notApplicable, proved } from './rules/rule.ts';

const differences = differencesOf(await readFile('docs/differences.md', 'utf8'));
const page = await readFile('docs/parity.md', 'utf8');

describe('the table of rules', () => {
  it('has each of the 325 rules once, and agrees with docs/differences.md', () => {
    expect(ruleIds).toHaveLength(325);
    expect(tables.flatMap((table) => Object.keys(table))).toHaveLength(325);
    expect(faultsOfTable(ruleIds, rules, differences)).toEqual([]);
  });

  it('is in docs/parity.md as it is', () => {
    expect(page).toContain(rulesPage(ruleIds, rules));
  });
});

describe('the table of features of other stacks', () => {
  it('has rows 1 to 65, and is in docs/parity.md as it is', () => {
    expect(Object.keys(peers)).toEqual(Array.from({ length: 65 }, (_, at) => String(at + 1)));
    expect(page).toContain(peersPage());
  });
});

describe('the judgement of a table', () => {
  const section = '### Silence ends a watch\n\nRules: TR-5, TR-6, G6. In client-go it does not.\n';
  const judged = (table: Parameters<typeof faultsOfTable>[1]) =>
    faultsOfTable(['TR-5', 'TR-6'], table, differencesOf(section));
  const silence = differs('pings', 'silence-ends-a-watch', 'unit/x: is silent');

  it('finds what is missing or unknown, and where the document says otherwise', () => {
    expect(judged({ 'TR-5': silence, 'TR-6': silence })).toEqual([]);
    expect(judged({ 'TR-5': silence })).toEqual([
      'TR-6 is missing',
      'TR-6: #silence-ends-a-watch names it, the table does not',
    ]);
    expect(judged({ 'TR-5': silence, 'TR-6': silence, 'TR-7': notApplicable('x', 'y') })).toEqual(['TR-7 is no rule']);
    expect(judged({ 'TR-5': silence, 'TR-6': differs('x', 'noise', 'unit/x: y') })[0]).toBe(
      'TR-6: docs/differences.md has no section #noise',
    );
    expect(judged({ 'TR-5': silence, 'TR-6': proved('x', 'unit/x: y') })).toHaveLength(1);
    expect(faultsOfTable(['TR-1'], { 'TR-1': silence }, differencesOf(section))).toContain(
      'TR-1: the section #silence-ends-a-watch does not name it',
    );
  });

  it('finds tests that are not there: by file and by part of the title', () => {
    const ours = [{ file: 'test/unit/x.test.ts', title: 'silence > is silent: 90 s' }];
    expect(missingTests({ 'TR-5': silence }, ours)).toEqual([]);
    const wrong = proved('x', 'unit/y: is silent', 'unit/x: is loud', 'unit/x: silence > is silent: 90');
    expect(missingTests({ 'TR-5': wrong, 'TR-6': notApplicable('x', 'y') }, ours)).toEqual([
      'TR-5: there is no test unit/y: is silent',
      'TR-5: there is no test unit/x: is loud',
    ]);
  });
});
