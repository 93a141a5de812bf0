import { refusal, valueAt } from '../cache/index.ts';
import { comparison, condition, type FieldCondition, literalOf, plainPath } from './field-conditions.ts';

const path = String.raw`[^\s=!<>(),"]+`;
const exists = new RegExp(`^(!?)\\s*(${path})$`);
const oneOf = new RegExp(`^(${path})\\s+(in|notin)\\s*\\((.*)\\)$`, 's');
const compared = new RegExp(`^(${path})\\s*(==|=|!=|<=|>=|<|>)\\s*(.*)$`, 's');

/**
 * Reads what field selectors can't say: `spec.replicas>3,status.phase in (Failed,Unknown),spec.nodeName,!spec.paused`. Terms are those of field
 * selectors, and `<`, `<=`, `>`, `>=`, `in (...)`, `notin (...)`, a path that must be there, and one (`!path`) that must not.
 *
 * @throws ApiStatusError 400 with the term that is none
 */
export function parseWhere(text: string): FieldCondition[] {
  return split(text).map((term) => {
    const [, not, there] = exists.exec(term) ?? [];
    if (there !== undefined) return presence(there, not === '');
    const [, set, operator, list] = oneOf.exec(term) ?? [];
    if (set !== undefined) {
      const values = new Set(split(list!).map((value) => literalOf(set, value)));
      return condition(set, undefined, (found) => values.has(found) === (operator === 'in'));
    }
    const [, field, sign, value] = compared.exec(term) ?? [];
    if (field === undefined) throw noTerm(term);
    return comparison(field, sign === '==' ? '=' : (sign as '='), literalOf(field, value!));
  });
}

/** Whatever is there counts, objects and lists too; `null` does not. */
function presence(path: string, wanted: boolean): FieldCondition {
  const read = valueAt(plainPath(path));
  return {
    path: plainPath(path),
    equals: undefined,
    matches: (object) => ((read(object) ?? undefined) !== undefined) === wanted,
  };
}

/** Splits at commas that stand neither in brackets nor in quotes. */
export function split(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  parts.push(text.slice(start).trim());
  return parts;
}

function noTerm(term: string): Error {
  const message = `x-where: ${JSON.stringify(term)} is no condition: path, !path, path=1, path!=1, path<1, path in (a,b), path notin (a,b)`;
  return refusal(400, 'BadRequest', message, { causes: [{ reason: 'FieldValueInvalid', message, field: 'x-where' }] });
}
