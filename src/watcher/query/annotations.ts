import { refusal } from '../cache/index.ts';
import { split } from './where.ts';

/** Whether the annotations of an object are as one condition wants them. */
export type AnnotationTest = (annotations: Readonly<Record<string, string>> | undefined) => boolean;

const key = String.raw`[^\s=!,()"]+`;
const exists = new RegExp(`^(!?)\\s*(${key})$`);
const oneOf = new RegExp(`^(${key})\\s+(in|notin)\\s*\\((.*)\\)$`, 's');
const compared = new RegExp(`^(${key})\\s*(==|=|!=)\\s*(.*)$`, 's');

/**
 * Reads an annotation selector: the grammar of label selectors, with values of any kind; those with commas or blanks at their ends stand in quotes. As with
 * labels, what is absent fulfils `!=` and `notin`.
 *
 * @throws ApiStatusError 400 with the term that is none
 */
export function parseAnnotationSelector(text: string): AnnotationTest[] {
  return split(text).map(parseTerm);
}

function parseTerm(term: string): AnnotationTest {
  const [, not, there] = exists.exec(term) ?? [];
  if (there !== undefined) return (annotations) => (annotationOf(annotations, there) !== undefined) === (not === '');
  const [, member, operator, list] = oneOf.exec(term) ?? [];
  if (member !== undefined) return among(member, split(list!).map(unquoted), operator === 'in');
  const [, name, sign, value] = compared.exec(term) ?? [];
  if (name === undefined) throw noTerm(term);
  return among(name, [unquoted(value!)], sign !== '!=');
}

function among(name: string, values: readonly string[], wanted: boolean): AnnotationTest {
  const set = new Set<string | undefined>(values);
  return (annotations) => set.has(annotationOf(annotations, name)) === wanted;
}

/** An annotation may be called `constructor`; what an object inherits is no annotation. */
function annotationOf(annotations: Readonly<Record<string, string>> | undefined, name: string): string | undefined {
  return annotations && Object.hasOwn(annotations, name) ? annotations[name] : undefined;
}

function unquoted(text: string): string {
  return /^"(.*)"$/s.exec(text)?.[1] ?? text;
}

function noTerm(term: string): Error {
  const message = `x-annotationSelector: ${JSON.stringify(term)} is no condition: key, !key, key=value, key!=value, key in (a,b), key notin (a,b)`;
  return refusal(400, 'BadRequest', message, {
    causes: [{ reason: 'FieldValueInvalid', message, field: 'x-annotationSelector' }],
  });
}
