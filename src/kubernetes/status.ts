import { isBranded, KubeInformerError } from '../runtime/index.ts';
import type { Status } from './objects.ts';

/**
 * What an error of the server means for somebody who lists and watches. One class each, decided once, here.
 *
 * - `expired`: the resource version is no longer (or not yet) to be had; start over from a fresh state.
 * - `throttled`: the server is busy; come back later, nothing is lost.
 * - `unauthorized`: 401. Credentials may be stale.
 * - `forbidden`: 403.
 * - `notFound`: 404. The resource is not served (a definition was removed, say).
 * - `notWatchable`: 405. The resource can be listed and not watched.
 * - `invalid`: 400, 406, 415 or 422. The server refuses the very request.
 * - `timeout`: 408 or 504.
 * - `internal`: 500 and the other 5xx.
 * - `other`: everything else.
 */
export type StatusClass =
  | 'expired'
  | 'throttled'
  | 'unauthorized'
  | 'forbidden'
  | 'notFound'
  | 'notWatchable'
  | 'invalid'
  | 'timeout'
  | 'internal'
  | 'other';

const classByReason: Readonly<Record<string, StatusClass>> = {
  Expired: 'expired',
  Gone: 'expired',
  TooManyRequests: 'throttled',
  Unauthorized: 'unauthorized',
  Forbidden: 'forbidden',
  NotFound: 'notFound',
  MethodNotAllowed: 'notWatchable',
  BadRequest: 'invalid',
  NotAcceptable: 'invalid',
  UnsupportedMediaType: 'invalid',
  Invalid: 'invalid',
  Timeout: 'timeout',
  ServerTimeout: 'timeout',
  InternalError: 'internal',
  ServiceUnavailable: 'internal',
  AlreadyExists: 'other',
  Conflict: 'other',
  StorageReadError: 'other',
  RequestEntityTooLarge: 'other',
};

const classByCode: Readonly<Record<number, StatusClass>> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'notFound',
  405: 'notWatchable',
  406: 'invalid',
  408: 'timeout',
  410: 'expired',
  415: 'invalid',
  422: 'invalid',
  504: 'timeout',
};

const hintByClass: Readonly<Record<StatusClass, string>> = {
  expired:
    'The state asked for is gone from the server; a new list brings a fresh one. The informer does this by itself.',
  throttled: 'The server asks to come back later; the informer waits and tries again.',
  unauthorized: 'Check the credentials of the kubeconfig: the token may be expired or revoked.',
  forbidden:
    'Grant the verbs list and watch on the resource to this user (Role or ClusterRole), or narrow the namespaces.',
  notFound: 'Check group, version and plural of the resource; a custom resource needs its definition installed.',
  notWatchable:
    'The server does not offer this verb for the resource; choose a resource whose discovery entry lists watch.',
  invalid: 'The server refuses the request itself; check selectors and options against the message.',
  timeout: 'The server did not answer in its time; the informer tries again.',
  internal: 'The server failed; its own log tells more. The informer tries again.',
  other: 'See the message of the server.',
};

/** The text with which servers say that a resource version lies in their future, beside the cause that newer ones send. */
const tooLargeResourceVersion = 'Too large resource version';

/** Decides the class of an error status. A well-known reason wins over the code, but for 429, which always throttles. */
export function classifyStatus(status: Pick<Status, 'reason' | 'code' | 'details' | 'message'>): StatusClass {
  if (isTooLargeResourceVersion(status)) return 'expired';
  if (status.code === 429) return 'throttled';
  const byReason = classByReason[status.reason ?? ''];
  if (byReason) return byReason;
  const code = status.code ?? 0;
  return classByCode[code] ?? (code >= 500 ? 'internal' : 'other');
}

function isTooLargeResourceVersion(status: Pick<Status, 'reason' | 'code' | 'details' | 'message'>): boolean {
  const causes = status.details?.causes ?? [];
  if (causes.some((cause) => cause.reason === 'ResourceVersionTooLarge')) return true;
  // Servers before 1.18.6 only say it in words.
  if (status.reason !== 'Timeout' && status.code !== 504) return false;
  return (
    causes.some((cause) => cause.message === tooLargeResourceVersion) ||
    (status.message?.includes(tooLargeResourceVersion) ?? false)
  );
}

const brand = Symbol.for('kube-informer.error.api-status');

/** The server answered with an error, before a stream or inside it. `instanceof` works across copies of the package in one process. */
export class ApiStatusError extends KubeInformerError {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(ApiStatusError, brand, this, value);
  }

  readonly [brand] = true;
  /** The `Status` as the server sent it, or one made from the HTTP answer if the body was no `Status`. */
  readonly status: Status;
  readonly class: StatusClass;
  /** Milliseconds that the server asks to wait, from `Retry-After` or the status; `undefined` if it does not say. */
  readonly retryAfter: number | undefined;

  constructor(status: Status, options: { readonly request: string; readonly retryAfter?: number | undefined }) {
    const statusClass = classifyStatus(status);
    const what = [status.code, status.reason].filter((part) => part !== undefined && part !== '').join(' ');
    super('ApiStatus', `${options.request}: ${what}: ${status.message ?? 'no message'}`, {
      hint: hintByClass[statusClass],
    });
    this.name = 'ApiStatusError';
    this.status = status;
    this.class = statusClass;
    const seconds = status.details?.retryAfterSeconds;
    this.retryAfter = options.retryAfter ?? (seconds === undefined ? undefined : seconds * 1000);
  }
}

/** A `Status` for an HTTP error whose body is none (a proxy's page, a plain text). */
export function statusOfHttp(code: number, body: string): Status {
  const text = body.trim().slice(0, 200);
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    code,
    message: text === '' ? `HTTP ${code}` : text,
  };
}
