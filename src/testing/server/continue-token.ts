import { isObject } from './json.ts';
import { badRequest } from './status.ts';

/** Where a paged list goes on. */
export interface ContinueToken {
  /** `-1`: go on in whatever state the server is in now. */
  readonly revision: number;
  /** The first key of the next page, relative to the collection that is listed. */
  readonly start: string;
}

export function printContinue(token: { readonly revision: number; readonly start: string }): string {
  const text = JSON.stringify({ v: 'meta.k8s.io/v1', rv: token.revision, start: token.start });
  return Buffer.from(text).toString('base64url');
}

/** The token that goes on after the object of `key`, which is relative to the collection. */
export function continueAfter(key: string, revision: number): string {
  return printContinue({ revision, start: `/${key}\u0000` });
}

export function parseContinue(text: string): ContinueToken {
  const bad = /[^A-Za-z0-9_-]/.exec(text);
  if (bad) throw invalidToken(`illegal base64 data at input byte ${bad.index}`);
  const json = Buffer.from(text, 'base64url').toString();
  let token: unknown;
  try {
    token = JSON.parse(json);
  } catch {
    throw invalidToken(`invalid character '${json[0] ?? ''}' looking for beginning of value`);
  }
  if (!isObject(token) || token.v !== 'meta.k8s.io/v1') {
    throw invalidToken('server does not recognize this encoded version ""');
  }
  const start = String(token.start ?? '');
  if (`/${start}/`.includes('/../')) throw invalidToken(start);
  return { revision: Number(token.rv), start: start.replace(/^\//, '') };
}

function invalidToken(detail: string) {
  return badRequest(`invalid continue token: continue key is not valid: ${detail}`);
}
