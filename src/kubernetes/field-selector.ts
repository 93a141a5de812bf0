import { KubeInformerError } from '../runtime/index.ts';

/** One term of a field selector. `=` and `==` are the same. */
export interface FieldRequirement {
  /** A dotted path: `metadata.name`, `spec.nodeName`. */
  readonly path: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** A field selector, parsed. All its terms must hold. Made by `parseFieldSelector` and `toFieldSelector`. */
export interface FieldSelector {
  /** In canonical order, without duplicates. */
  readonly requirements: readonly FieldRequirement[];
  /** `true` if it selects everything. */
  readonly isEmpty: boolean;
  /** @param read the text of a field of the object in question; an absent field is the same as an empty one. */
  matches(read: (path: string) => string | undefined): boolean;
  /** The canonical text: selectors that differ only in order or in `==` for `=` print the same. */
  toString(): string;
}

const hint =
  "Terms are separated by commas: path=value, path==value, path!=value; in a value write '\\,' for ',', '\\=' for '=' and '\\\\' for '\\'.";

/**
 * Reads a field selector in the syntax of the API: `spec.nodeName=node-1,status.phase!=Running`. Which fields can be
 * selected is the server's business.
 *
 * @throws KubeInformerError `InvalidSelector`, with the position of the fault.
 * @example parseFieldSelector('status.phase!=Running,metadata.name==a').toString() // 'metadata.name=a,status.phase!=Running'
 */
export function parseFieldSelector(text: string): FieldSelector {
  const requirements: FieldRequirement[] = [];
  let start = 0;
  for (const term of termsOf(text)) {
    // A term without field and value says nothing: the server skips it, too.
    if (!/^(!=|==?)?$/.test(term)) requirements.push(parseTerm(text, term, start));
    start += term.length + 1;
  }
  return compile(requirements);
}

/**
 * A field selector from any of its forms: text, a record of paths and the values they must have, or a selector itself.
 *
 * @throws KubeInformerError `InvalidSelector`
 * @example toFieldSelector({ 'spec.nodeName': 'node-1' }).toString() // 'spec.nodeName=node-1'
 */
export function toFieldSelector(input: string | Readonly<Record<string, string>> | FieldSelector): FieldSelector {
  if (typeof input === 'string') return parseFieldSelector(input);
  if (isFieldSelector(input)) return input;
  return compile(
    Object.entries(input).map(([path, value]) => {
      checkPath(path, path, 0);
      return { path, operator: '=', value };
    }),
  );
}

function isFieldSelector(input: Readonly<Record<string, string>> | FieldSelector): input is FieldSelector {
  return typeof input.matches === 'function';
}

function fail(text: string, problem: string, at: number): never {
  throw new KubeInformerError(
    'InvalidSelector',
    `field selector ${JSON.stringify(text)}: ${problem} at position ${at}`,
    {
      hint,
    },
  );
}

/** Splits at commas that no backslash precedes. */
function termsOf(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === ',') {
      terms.push(text.slice(start, at));
      start = at + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function parseTerm(text: string, term: string, start: number): FieldRequirement {
  const match = /!=|==|=/.exec(term);
  if (!match) fail(text, `'${term}' has no operator`, start);
  const path = term.slice(0, match.index);
  checkPath(text, path, start);
  const valueAt = match.index + match[0].length;
  return {
    path,
    operator: match[0] === '!=' ? '!=' : '=',
    value: unescaped(text, term.slice(valueAt), start + valueAt),
  };
}

function checkPath(text: string, path: string, at: number): void {
  if (path === '') fail(text, 'no field before the operator', at);
  if (/[\s\\,=!]/.test(path)) fail(text, `field '${path}' has a character that no field has`, at);
}

function unescaped(text: string, escaped: string, start: number): string {
  let value = '';
  for (let at = 0; at < escaped.length; at++) {
    let char = escaped[at] as string;
    if (char === '\\') {
      char = escaped[++at] ?? '';
      if (char !== '\\' && char !== ',' && char !== '=') fail(text, `'\\${char}' is no escape`, start + at - 1);
    } else if (char === '=') {
      fail(text, "'=' in a value must be escaped", start + at);
    }
    value += char;
  }
  return value;
}

function textOf({ path, operator, value }: FieldRequirement): string {
  return `${path}${operator}${value.replace(/[\\,=]/g, '\\$&')}`;
}

function compile(requirements: readonly FieldRequirement[]): FieldSelector {
  const sorted = [...new Map(requirements.map((requirement) => [textOf(requirement), requirement]))].sort(([a], [b]) =>
    a < b ? -1 : a > b ? 1 : 0,
  );
  return new CompiledFieldSelector(
    sorted.map(([, requirement]) => requirement),
    sorted.map(([text]) => text).join(','),
  );
}

class CompiledFieldSelector implements FieldSelector {
  readonly requirements: readonly FieldRequirement[];
  readonly isEmpty: boolean;
  readonly #text: string;

  constructor(requirements: readonly FieldRequirement[], text: string) {
    this.requirements = requirements;
    this.isEmpty = requirements.length === 0;
    this.#text = text;
  }

  matches(read: (path: string) => string | undefined): boolean {
    for (const { path, operator, value } of this.requirements) {
      if (((read(path) ?? '') === value) !== (operator === '=')) return false;
    }
    return true;
  }

  toString(): string {
    return this.#text;
  }
}
