import type { IncomingMessage } from 'node:http';
import type { Clock, KubeClient } from '../../index.ts';
import { refusal } from '../cache/index.ts';
import type { AuthConfig } from '../config/index.ts';
import { certificateAccess } from './certificate-access.ts';
import { reviewAccess } from './review-access.ts';
import { tokenAccess } from './token-access.ts';

/** Who sends a request. */
export interface Caller {
  readonly name: string;
  readonly uid?: string | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** What a request wants to do with objects of the cluster, or with resources of the service. */
export interface Action {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource?: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** Says who a caller is and what they may do. What can be said at once is no promise: most requests do not wait. */
export interface Access {
  /** @throws ApiStatusError 401 */
  authenticate(request: IncomingMessage): Caller | Promise<Caller>;
  /** @throws ApiStatusError 403 */
  authorize(caller: Caller, action: Action): Promise<void> | undefined;
  /** Whether they may `get` what is no resource, such as `/metrics`. @throws ApiStatusError 403 */
  authorizePath(caller: Caller, path: string): Promise<void> | undefined;
}

/** Access whose rules may be replaced while requests come in. */
export class ChangingAccess implements Access {
  #rules: Access;

  constructor(rules: Access) {
    this.#rules = rules;
  }

  /** From the next request on these hold. */
  replace(rules: Access): void {
    this.#rules = rules;
  }

  authenticate(request: IncomingMessage): Caller | Promise<Caller> {
    return this.#rules.authenticate(request);
  }

  authorize(caller: Caller, action: Action): Promise<void> | undefined {
    return this.#rules.authorize(caller, action);
  }

  authorizePath(caller: Caller, path: string): Promise<void> | undefined {
    return this.#rules.authorizePath(caller, path);
  }
}

/**
 * Everybody who can connect is let in, under a name of this machine: a page whose own name was made to lead here reads in the browser of somebody who can
 * connect, and gives itself away by that name.
 */
function openAccess(): Access {
  const anybody: Caller = { name: 'anonymous' };
  return {
    authenticate: ({ headers: { host } }) => {
      if (host === undefined || isOfThisMachine(host)) return anybody;
      throw refusal(403, 'Forbidden', `without server.auth, requests are answered for localhost only, not for ${host}`);
    },
    authorize: () => undefined,
    authorizePath: () => undefined,
  };
}

function isOfThisMachine(host: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host);
}

export function accessOf(
  config: AuthConfig,
  { client, clock }: { readonly client: KubeClient; readonly clock: Clock },
): Access {
  switch (config.type) {
    case 'none':
      return openAccess();
    case 'token':
      return tokenAccess(config.tokens);
    case 'mtls':
      return certificateAccess(config.users);
    case 'tokenReview':
      return reviewAccess({ client, clock, audiences: config.audiences, keep: config.cacheSeconds * 1_000 });
  }
}

/** The bearer token of a request. @throws ApiStatusError 401 if there is none */
export function bearerToken({ headers }: IncomingMessage): string {
  const token = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (token === undefined) throw unauthorized();
  return token;
}

export function unauthorized(): Error {
  return refusal(401, 'Unauthorized', 'Unauthorized');
}
