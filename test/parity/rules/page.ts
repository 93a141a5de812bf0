import { testsOf } from './judge.ts';
import type { Rule, Rules } from './rule.ts';

const intro = `# Rule by rule

How client-go behaves, in the rules of our description of it, and what became of each: *proved* by tests that fail when it is broken, *different* on
purpose, or *not applicable*. The tests themselves are named in \`test/parity/rules/\`.
`;

const words = { proved: 'proved', differs: 'different', notApplicable: 'not applicable' } as const;

/** The second part of docs/parity.md. */
export function rulesPage(ids: readonly string[], rules: Rules): string {
  const rows = ids.flatMap((id) => {
    const rule = rules[id];
    return rule ? [`| ${id} | ${rule.label} | ${words[rule.is]} | ${noteOf(rule)} |`] : [];
  });
  return [intro, `${summary(ids, rules)}.`, '', '| rule | | | see |', '|---|---|---|---|', ...rows, ''].join('\n');
}

export function summary(ids: readonly string[], rules: Rules): string {
  const count = (is: Rule['is']) => ids.filter((id) => rules[id]?.is === is).length;
  return `${ids.length} rules: ${count('proved')} proved, ${count('differs')} different, ${count('notApplicable')} not applicable`;
}

function noteOf(rule: Rule): string {
  if (rule.is === 'notApplicable') return rule.why;
  const files = Array.from(new Set(testsOf(rule).map((test) => `\`${test.slice(0, test.indexOf(':'))}\``))).join(', ');
  return rule.is === 'differs' ? `[why](differences.md#${rule.see}); ${files}` : files;
}
