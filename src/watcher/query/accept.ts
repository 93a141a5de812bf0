import { refusal } from '../cache/index.ts';

/** In which form an answer is wanted. */
export type FormName = 'whole' | 'metadata' | 'table';

const forms: Readonly<Record<string, FormName>> = {
  Table: 'table',
  PartialObjectMetadata: 'metadata',
  PartialObjectMetadataList: 'metadata',
};

/** The header that was read last: clients send the same one again and again. */
let last: { readonly header: string; readonly form: FormName } | undefined;

/**
 * The first form in an `Accept` header that is served; a header that is not there accepts everything.
 *
 * @throws ApiStatusError 406 if there is none
 */
export function formOf(header: string | undefined): FormName {
  if (header === undefined || header === '*/*' || header === 'application/json') return 'whole';
  if (last?.header === header) return last.form;
  for (const clause of header.split(',')) {
    const form = formOfClause(clause);
    if (form === undefined) continue;
    last = { header, form };
    return form;
  }
  throw refusal(
    406,
    'NotAcceptable',
    'only JSON is served: application/json, as=Table or as=PartialObjectMetadata of v1',
  );
}

function formOfClause(clause: string): FormName | undefined {
  const [type, ...rest] = clause.split(';').map((part) => part.trim());
  if (type !== 'application/json' && type !== 'application/*' && type !== '*/*') return undefined;
  const parameters = new Map(rest.map((text) => text.split('=', 2) as [string, string]));
  const as = parameters.get('as');
  if (as === undefined) return 'whole';
  if (parameters.get('g') !== 'meta.k8s.io' || parameters.get('v') !== 'v1') return undefined;
  return Object.hasOwn(forms, as) ? forms[as] : undefined;
}
