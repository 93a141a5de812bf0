/** Values that stand at a path; several, where it goes through lists. */
export type JsonPath = (object: unknown) => readonly unknown[];

type Step = (value: unknown) => readonly unknown[];

const scalar = String.raw`"[^"]*"|'[^']*'|-?\d+(?:\.\d+)?|true|false`;
/** `.name`, `..` is none; `['name']`, `[0]`, `[*]`, `[?(@.type=="Ready")]`. */
const step = new RegExp(
  String.raw`\.(?<name>(?:\\.|[^.[\]\\])+)|\[(?:(?<quoted>'[^']*'|"[^"]*")|(?<at>-?\d+)|(?<all>\*)|\?\(\s*@\.(?<path>[\w.-]+)\s*(?<sign>==|!=)\s*(?<literal>${scalar})\s*\))\]`,
  'y',
);

/**
 * Reads a JSON path as the columns of definitions have it: keys, positions, `[*]`, and a comparison of a field within a list. A dot of a key has a backslash
 * before it.
 *
 * @returns `undefined` for any other
 */
export function parseJsonPath(text: string): JsonPath | undefined {
  const path = text
    .trim()
    .replace(/^\{(.*)\}$/s, '$1')
    .replace(/^\$/, '');
  const full = path.startsWith('.') || path.startsWith('[') ? path : `.${path}`;
  const steps: Step[] = [];
  for (let at = 0; at < full.length; ) {
    step.lastIndex = at;
    const groups = step.exec(full)?.groups;
    if (!groups) return undefined;
    steps.push(stepOf(groups));
    at = step.lastIndex;
  }
  return (object) => steps.reduce<readonly unknown[]>((values, next) => values.flatMap(next), [object]);
}

function stepOf({ name, quoted, at, path, sign, literal }: Readonly<Record<string, string | undefined>>): Step {
  if (name === '*') return membersOf;
  if (name !== undefined) return member(name.replace(/\\(.)/g, '$1'));
  if (quoted !== undefined) return member(quoted.slice(1, -1));
  if (at !== undefined) return (value) => (Array.isArray(value) ? present(value.at(Number(at))) : []);
  if (path === undefined) return membersOf;
  const inner = path.split('.').map(member);
  const wanted: unknown = /^['"]/.test(literal!) ? literal!.slice(1, -1) : JSON.parse(literal!);
  return (value) =>
    membersOf(value).filter((each) => {
      const [found] = inner.reduce<readonly unknown[]>((values, next) => values.flatMap(next), [each]);
      return (found === wanted) === (sign === '==');
    });
}

function member(name: string): Step {
  return (value) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return [];
    return present((value as Readonly<Record<string, unknown>>)[name]);
  };
}

function membersOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}

/** A value as a list: one that `flatMap` does not take apart. */
function present(value: unknown): readonly unknown[] {
  return value === undefined || value === null ? [] : [value];
}
