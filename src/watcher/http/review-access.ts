import { type Clock, type KubeClient, messageOf } from '../../index.ts';
import { refusal } from '../cache/index.ts';
import { type Access, type Action, bearerToken, type Caller, unauthorized } from './access.ts';
import { ShortMemory } from './short-memory.ts';

export interface ReviewOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly audiences: readonly string[];
  /** Milliseconds that an answer of the API server holds. */
  readonly keep: number;
}

interface TokenReview {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly user?: {
      readonly username?: string;
      readonly uid?: string;
      readonly groups?: string[];
      readonly extra?: Record<string, string[]>;
    };
  };
}

interface SubjectAccessReview {
  readonly status?: { readonly allowed?: boolean; readonly reason?: string };
}

/** What somebody wants to do, as a review names it. */
type Attributes =
  | { readonly resourceAttributes: Action }
  | { readonly nonResourceAttributes: { readonly verb: string; readonly path: string } };

/**
 * Asks the API server who a token belongs to and what they may do, so that a cache shows nobody more than the server would. Neither tokens nor answers about
 * them are kept for longer than `keep`, and tokens only as digests.
 */
export function reviewAccess({ client, clock, audiences, keep }: ReviewOptions): Access {
  const callers = new ShortMemory<Caller | undefined>(clock, keep);
  const verdicts = new ShortMemory<boolean>(clock, keep);

  const whoIs = async (token: string): Promise<Caller | undefined> => {
    const { status } = await review<TokenReview>(client, 'authentication.k8s.io', 'tokenreviews', {
      kind: 'TokenReview',
      spec: { token, ...(audiences.length > 0 && { audiences }) },
    });
    const user = status?.user;
    if (!status?.authenticated || !user?.username) return undefined;
    return { name: user.username, uid: user.uid, groups: user.groups, extra: user.extra };
  };

  const mayDo = async ({ name, uid, groups, extra }: Caller, what: Attributes): Promise<boolean> => {
    const { status } = await review<SubjectAccessReview>(client, 'authorization.k8s.io', 'subjectaccessreviews', {
      kind: 'SubjectAccessReview',
      spec: { user: name, uid, groups, extra, ...what },
    });
    return status?.allowed === true;
  };

  return {
    authenticate: async (request) => {
      const token = bearerToken(request);
      const caller = await callers.get(token, () => whoIs(token));
      if (!caller) throw unauthorized();
      return caller;
    },
    authorize: async (caller, action) => {
      const { verb, group, resource, subresource, namespace, name } = action;
      const question = JSON.stringify([caller, verb, group, resource, subresource, namespace, name]);
      if (await verdicts.get(question, () => mayDo(caller, { resourceAttributes: action }))) return;
      const what = group === '' ? resource : `${resource}.${group}`;
      const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
      throw refusal(
        403,
        'Forbidden',
        `${what} is forbidden: User "${caller.name}" cannot ${verb} resource "${[resource, subresource].filter(Boolean).join('/')}" ${where}`,
        {
          group: group || undefined,
          kind: resource,
          name,
        },
      );
    },
    authorizePath: async (caller, path) => {
      const nonResourceAttributes = { verb: 'get', path };
      const question = JSON.stringify([caller, path]);
      if (await verdicts.get(question, () => mayDo(caller, { nonResourceAttributes }))) return;
      throw refusal(403, 'Forbidden', `forbidden: User "${caller.name}" cannot get path "${path}"`);
    },
  };
}

async function review<T>(client: KubeClient, group: string, resource: string, body: object): Promise<T> {
  try {
    return await client.json<T>({
      method: 'POST',
      path: `/apis/${group}/v1/${resource}`,
      body: { apiVersion: `${group}/v1`, ...body },
    });
  } catch (thrown) {
    // Nobody is let in because nobody could be asked.
    throw refusal(503, 'ServiceUnavailable', `the API server could not be asked who you are: ${messageOf(thrown)}`, {
      retryAfterSeconds: 1,
    });
  }
}
