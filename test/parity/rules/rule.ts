/** What became of one rule of our description of client-go: the tests that would fail if it were broken, how we differ, or why it has no place here. */
export type Rule =
  | { readonly is: 'proved'; readonly label: string; readonly tests: readonly string[] }
  | { readonly is: 'differs'; readonly label: string; readonly see: string; readonly tests: readonly string[] }
  | { readonly is: 'notApplicable'; readonly label: string; readonly why: string };

/** By the id of the rule. */
export type Rules = Readonly<Record<string, Rule>>;

/** Tests are given as `unit/informer/handlers: part of the title`: a file under `test/`, and text of one title in it. */
export function proved(label: string, ...tests: readonly [string, ...string[]]): Rule {
  return { is: 'proved', label, tests };
}

/** `see` is the anchor of a section of docs/differences.md that names the rule. */
export function differs(label: string, see: string, ...tests: readonly [string, ...string[]]): Rule {
  return { is: 'differs', label, see, tests };
}

export function notApplicable(label: string, why: string): Rule {
  return { is: 'notApplicable', label, why };
}
