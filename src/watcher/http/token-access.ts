import { createHash } from 'node:crypto';
import { type Access, bearerToken, type Caller, unauthorized } from './access.ts';

/** Tokens that are known beforehand. They are kept as digests, which are also what is compared: how long that takes says nothing about a token. */
export function tokenAccess(tokens: readonly { readonly name: string; readonly token: string }[]): Access {
  const callers = new Map<string, Caller>(tokens.map(({ name, token }) => [digest(token), { name }]));
  return {
    authenticate: (request) => {
      const caller = callers.get(digest(bearerToken(request)));
      if (!caller) throw unauthorized();
      return caller;
    },
    authorize: () => undefined,
    authorizePath: () => undefined,
  };
}

/** A text that stands for a token and does not give it away. */
export function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
