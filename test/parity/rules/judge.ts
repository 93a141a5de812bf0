import type { Titled } from '../outcome.ts';
import type { Rules } from './rule.ts';

/** A section of docs/differences.md. */
export interface Difference {
  readonly anchor: string;
  readonly rules: readonly string[];
}

/** The sections of docs/differences.md that name rules. */
export function differencesOf(text: string): readonly Difference[] {
  return text
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [, named = ''] = /^Rules: ([^.]+)\./m.exec(section) ?? [];
      return { anchor: anchorOf(section.slice(0, section.indexOf('\n'))), rules: named.split(', ') };
    });
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .trim()
    .replaceAll(' ', '-');
}

/** Whether a test is there; `reference` as in `unit/informer/handlers: part of a title`. */
function isThere(reference: string, ours: readonly Titled[]): boolean {
  const colon = reference.indexOf(': ');
  const file = `test/${reference.slice(0, colon)}.test.ts`;
  const part = reference.slice(colon + 2);
  return ours.some((test) => test.file === file && test.title.includes(part));
}

/** What is wrong with the table but for its tests: ids that are missing or unknown, and where it and docs/differences.md disagree. */
export function faultsOfTable(ids: readonly string[], rules: Rules, differences: readonly Difference[]): string[] {
  const faults: string[] = [];
  for (const id of ids) if (!rules[id]) faults.push(`${id} is missing`);
  for (const [id, rule] of Object.entries(rules)) {
    if (!ids.includes(id)) faults.push(`${id} is no rule`);
    if (rule.is !== 'differs') continue;
    const section = differences.find(({ anchor }) => anchor === rule.see);
    if (!section) faults.push(`${id}: docs/differences.md has no section #${rule.see}`);
    else if (!section.rules.includes(id)) faults.push(`${id}: the section #${rule.see} does not name it`);
  }
  for (const { anchor, rules: named } of differences) {
    for (const id of named) {
      // `G` are the guarantees that docs/contract.md has in its own words.
      if (!/^G\d+$/.test(id) && rules[id]?.is !== 'differs')
        faults.push(`${id}: #${anchor} names it, the table does not`);
    }
  }
  return faults;
}

/** Tests that rows of a table name and that are not there. */
export function missingTests(rows: Readonly<Record<string, object>>, ours: readonly Titled[]): string[] {
  return Object.entries(rows).flatMap(([id, row]) =>
    testsOf(row)
      .filter((reference) => !isThere(reference, ours))
      .map((reference) => `${id}: there is no test ${reference}`),
  );
}

export function testsOf(row: { readonly tests?: readonly string[] } | object): readonly string[] {
  return 'tests' in row ? row.tests : [];
}
