import { compareResourceVersions } from '../../index.ts';
import { type CachedObject, isScalar, refusal, type Scalar, valueAt } from '../cache/index.ts';
import { noScalar } from './field-conditions.ts';

export type Order = (a: CachedObject, b: CachedObject) => number;

/** A client writes them, and each may be looked at with every comparison. */
const mostTerms = 16;

const term = /^\.?([^\s,:]+)(?::(asc|desc))?$/;

/**
 * Reads an order: `metadata.creationTimestamp:desc,metadata.name`. Numbers come before texts, texts before booleans, and what has no value last, in both
 * directions. A tie keeps the order of the API.
 *
 * @throws ApiStatusError 400 with the term that is none, or for more than 16; the order itself, if there is an object or a list at a path
 */
export function parseOrder(text: string): Order {
  const terms = text.split(',');
  if (terms.length > mostTerms) throw wrong(`x-orderBy: ${terms.length} paths are more than ${mostTerms}`);
  const orders = terms.map((part) => {
    const [, path, direction] = term.exec(part.trim()) ?? [];
    if (path === undefined) throw noTerm(part);
    return orderBy(path, direction === 'desc' ? -1 : 1);
  });
  return (a, b) => {
    for (const order of orders) {
      const result = order(a, b);
      if (result !== 0) return result;
    }
    return 0;
  };
}

function orderBy(path: string, direction: 1 | -1): Order {
  const read = valueAt(path);
  const compare = path === 'metadata.resourceVersion' ? compareVersions : compareScalars;
  const scalar = (object: CachedObject): Scalar | undefined => {
    const found = read(object) ?? undefined;
    if (found !== undefined && !isScalar(found)) throw noScalar('x-orderBy', path, found);
    return found;
  };
  return (a, b) => {
    const left = scalar(a);
    const right = scalar(b);
    if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined);
    return direction * compare(left, right);
  };
}

const ranks = { number: 0, string: 1, boolean: 2 };

function compareScalars(a: Scalar, b: Scalar): number {
  if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0;
  return ranks[typeof a as keyof typeof ranks] - ranks[typeof b as keyof typeof ranks];
}

function compareVersions(a: Scalar, b: Scalar): number {
  return compareResourceVersions(String(a), String(b)) ?? compareScalars(a, b);
}

function noTerm(part: string): Error {
  return wrong(`x-orderBy: ${JSON.stringify(part)} is no order: path, path:asc or path:desc`);
}

function wrong(message: string): Error {
  return refusal(400, 'BadRequest', message, {
    causes: [{ reason: 'FieldValueInvalid', message, field: 'x-orderBy' }],
  });
}
