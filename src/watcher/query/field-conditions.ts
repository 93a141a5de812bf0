import { type FieldRequirement, parseFieldSelector } from '../../index.ts';
import { type CachedObject, isScalar, refusal, type Scalar, valueAt } from '../cache/index.ts';

/** Always texts, also when they look like numbers: the names of Kubernetes. */
const textual = new Set(['metadata.name', 'metadata.namespace', 'metadata.uid', 'metadata.resourceVersion']);

/** One condition on the value at a path. */
export interface FieldCondition {
  /** Without a dot at its beginning. */
  readonly path: string;
  readonly operator: FieldRequirement['operator'];
  /** What the value is compared with; `''` is also what is absent. */
  readonly literal: Scalar;
  /** @throws ApiStatusError 400 if there is an object or a list at the path. */
  matches(object: CachedObject): boolean;
}

/**
 * Reads a field selector. Any path may be used, with or without a dot at its beginning; what is compared is typed: `3` is the number, `"3"` the text,
 * `true` the boolean, anything else a text.
 *
 * @throws KubeInformerError `InvalidSelector`
 */
export function parseFieldConditions(text: string): FieldCondition[] {
  return parseFieldSelector(text).requirements.map(({ path, operator, value }) => {
    const plain = path.replace(/^\./, '');
    const literal = textual.has(plain) ? value : literalOf(value);
    const read = valueAt(plain);
    const equal = operator === '=';
    return {
      path: plain,
      operator,
      literal,
      matches: (object) => {
        const found = read(object) ?? '';
        if (!isScalar(found)) throw noScalar(plain, found);
        return (found === literal) === equal;
      },
    };
  });
}

function literalOf(text: string): Scalar {
  if (text === 'true' || text === 'false') return text === 'true';
  if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return Number(text);
  const quoted = /^"(.*)"$/s.exec(text);
  return quoted ? quoted[1]! : text;
}

function noScalar(path: string, found: unknown): Error {
  const what = Array.isArray(found) ? 'a list' : 'an object';
  const message = `there is ${what} at ${path}: only texts, numbers and booleans can be compared`;
  return refusal(400, 'BadRequest', `field selector: ${message}`, {
    causes: [{ reason: 'FieldValueNotSupported', message, field: path }],
  });
}
