import { parseFieldSelector } from '../../index.ts';
import { type CachedObject, isScalar, refusal, type Scalar, valueAt } from '../cache/index.ts';

/** Always texts, also when they look like numbers: the names of Kubernetes. */
const textual = new Set(['metadata.name', 'metadata.namespace', 'metadata.uid', 'metadata.resourceVersion']);

/** One condition on the value at a path. */
export interface FieldCondition {
  /** Without a dot at its beginning. */
  readonly path: string;
  /** The value that must be there, if it is a condition of that kind; an index can then be used. `''` is also what is absent. */
  readonly equals: Scalar | undefined;
  /** @throws ApiStatusError 400 if there is an object or a list at the path, and a value is needed. */
  matches(object: CachedObject): boolean;
}

/**
 * Reads a field selector. Any path may be used, with or without a dot at its beginning; what is compared is typed: `3` is the number, `"3"` the text,
 * `true` the boolean, anything else a text.
 *
 * @throws KubeInformerError `InvalidSelector`
 */
export function parseFieldConditions(text: string): FieldCondition[] {
  return parseFieldSelector(text).requirements.map(({ path, operator, value }) =>
    comparison(path, operator, literalOf(path, value)),
  );
}

/** `path operator literal`. What is absent equals the empty text, and is neither less nor more than anything. */
export function comparison(
  path: string,
  operator: '=' | '!=' | '<' | '<=' | '>' | '>=',
  literal: Scalar,
): FieldCondition {
  const test = tests[operator];
  return condition(path, operator === '=' ? literal : undefined, (found) => test(found, literal));
}

/** A condition on the value at a path, whatever it is; `''` if it is absent. */
export function condition(path: string, equals: Scalar | undefined, test: (found: Scalar) => boolean): FieldCondition {
  const plain = plainPath(path);
  const read = valueAt(plain);
  return {
    path: plain,
    equals,
    matches: (object) => {
      const found = read(object) ?? '';
      if (!isScalar(found)) throw noScalar('field selector', plain, found);
      return test(found);
    },
  };
}

export function plainPath(path: string): string {
  return path.replace(/^\./, '');
}

type Test = (found: Scalar, literal: Scalar) => boolean;

/** Numbers have an order, and texts have one; there is none between the two. */
const ordered =
  (test: (order: number) => boolean): Test =>
  (found, literal) =>
    typeof found === typeof literal && found !== '' && test(found < literal ? -1 : found > literal ? 1 : 0);

const tests: Readonly<Record<'=' | '!=' | '<' | '<=' | '>' | '>=', Test>> = {
  '=': (found, literal) => found === literal,
  '!=': (found, literal) => found !== literal,
  '<': ordered((order) => order < 0),
  '<=': ordered((order) => order <= 0),
  '>': ordered((order) => order > 0),
  '>=': ordered((order) => order >= 0),
};

/** The value that a text stands for, at this path. */
export function literalOf(path: string, text: string): Scalar {
  if (textual.has(plainPath(path))) return text;
  if (text === 'true' || text === 'false') return text === 'true';
  if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return Number(text);
  const quoted = /^"(.*)"$/s.exec(text);
  return quoted ? quoted[1]! : text;
}

/** @param parameter what the path stands in. */
export function noScalar(parameter: string, path: string, found: unknown): Error {
  const what = Array.isArray(found) ? 'a list' : 'an object';
  const message = `there is ${what} at ${path}: only texts, numbers and booleans can be compared`;
  return refusal(400, 'BadRequest', `${parameter}: ${message}`, {
    causes: [{ reason: 'FieldValueNotSupported', message, field: path }],
  });
}
