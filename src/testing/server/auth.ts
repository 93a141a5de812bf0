import type { TLSSocket } from 'node:tls';
import type { ApiStatusError } from '../../kubernetes/index.ts';
import type { Request } from './answer.ts';
import type { ResourceRequest } from './request-info.ts';
import { forbidden, unauthorized } from './status.ts';

/** Who sends a request. */
export interface User {
  readonly name: string;
  readonly groups?: readonly string[];
}

/** What an authorization policy is asked. */
export interface AccessReview extends ResourceRequest {
  readonly user: User;
}

export interface AuthOptions {
  /** The users of bearer tokens. With this given, an unknown token is refused. */
  readonly tokens?: Readonly<Record<string, string | User>>;
  /** Whether requests without credentials are taken for `system:anonymous`. Default: `true`. */
  readonly anonymous?: boolean;
  /** Whether a request for a resource is allowed. Default: everything is. */
  readonly authorize?: (review: AccessReview) => boolean;
}

const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** The user of a request. Throws a failure (401) if the credentials are none. */
export function authenticate(options: AuthOptions, request: Request): User {
  const certified = userOfCertificate(request);
  if (certified) return certified;
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token !== undefined && options.tokens) {
    const known = Object.hasOwn(options.tokens, token) ? options.tokens[token] : undefined;
    if (known === undefined) throw unauthorized();
    return typeof known === 'string' ? { name: known } : known;
  }
  if (options.anonymous === false) throw unauthorized();
  return anonymous;
}

/**
 * Who a request is to be judged as: the user that its headers name, if whoever sends it may act for others. Users of the group
 * `system:masters` may, and everybody where there is no policy.
 */
export function actingUser(
  options: AuthOptions,
  user: User,
  request: Request,
  info: ResourceRequest | undefined,
): User {
  const name = request.headers['impersonate-user'];
  if (typeof name !== 'string' || name === '') return user;
  const groups = [request.headers['impersonate-group'] ?? []].flat();
  if (!options.authorize || user.groups?.includes('system:masters')) return { name, groups };
  throw cannot(user, `impersonate-on:user-info:${info?.verb ?? 'get'}`, info);
}

/** The common name of a client certificate is the user, its organizations are the groups. */
function userOfCertificate(request: Request): User | undefined {
  const socket = ('stream' in request ? request.stream.session?.socket : request.socket) as
    | Partial<TLSSocket>
    | undefined;
  if (!socket?.authorized || !socket.getPeerCertificate) return undefined;
  const { subject } = socket.getPeerCertificate();
  if (!subject?.CN) return undefined;
  const organizations = subject.O === undefined ? [] : [subject.O].flat();
  return { name: String(subject.CN), groups: organizations };
}

/** Throws a failure (403) if the policy does not allow the request. */
export function authorize(options: AuthOptions, user: User, info: ResourceRequest): void {
  if (!options.authorize || options.authorize({ ...info, user })) return;
  throw cannot(user, info.verb, info);
}

function cannot(user: User, verb: string, info: ResourceRequest | undefined): ApiStatusError {
  const { group = '', resource = 'users', subresource = '', namespace = '', name = '' } = info ?? {};
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const message = `User "${user.name}" cannot ${verb} resource "${what}" in API group "${group}" ${where}`;
  return forbidden({ group, resource }, name, message);
}
