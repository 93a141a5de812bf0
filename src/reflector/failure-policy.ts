import { ApiStatusError, type StatusClass } from '../kubernetes/index.ts';
import type { KubeInformerError } from '../runtime/index.ts';

/**
 * What a failure means to a reflector: the classes of the API's own errors, and those of everything around it.
 *
 * - `connection`: no connection, or it broke. The state of the server is what it was.
 * - `closedEarly`: the watch was accepted and closed within seconds, or before the initial events were complete.
 * - `stalled`: the watch was silent for longer than any healthy server is.
 * - `unreadable`: the server cannot read an object from its own storage; its removal by force may never become an event.
 * - `undecodable`: the stream holds something that is no watch event.
 * - `noMark`: a streaming list never came to its end mark.
 * - `unexpectedKind`: the answer is something else than what was asked for.
 * - `fatal`: no repetition can help (configuration, limits).
 */
export type FailureClass =
  | StatusClass
  | 'connection'
  | 'closedEarly'
  | 'stalled'
  | 'unreadable'
  | 'undecodable'
  | 'noMark'
  | 'unexpectedKind'
  | 'fatal';

/** What the reflector was doing: streaming the initial events, listing, or following changes. */
export type Activity = 'stream' | 'list' | 'watch';

/**
 * What to do about a failure. The state that it leaves behind is the same in every case: nothing cached is lost, and the
 * resource version reached so far is kept. "The sync" is a stream where streams work, and a list else or after three streams that came
 * to nothing.
 *
 * - `again`: wait one backoff delay, then start the sync over.
 * - `fresh`: the server no longer has the version asked for: ask for its most recent state, the first time at once, then after a delay.
 * - `list`: list instead, at once, this time.
 * - `listForAWhile`: list instead, at once, and do not try to stream for an hour.
 * - `resume`: wait one backoff delay, then watch on from the last version. Without a version, like `again`.
 * - `resumeOrRelist`: like `resume`, but when that fails repeatedly without any progress, like `again`.
 * - `slowly`: wait one long delay, then start the sync over. Somebody has to mend something first.
 * - `fail`: give up for good.
 */
export type Action = 'again' | 'fresh' | 'list' | 'listForAWhile' | 'resume' | 'resumeOrRelist' | 'slowly' | 'fail';

/** The whole error policy: class of failure × activity → action. */
export const failurePolicy: Readonly<Record<FailureClass, Readonly<Record<Activity, Action>>>> = {
  expired: { stream: 'fresh', list: 'fresh', watch: 'again' },
  throttled: { stream: 'again', list: 'again', watch: 'resume' },
  unauthorized: { stream: 'again', list: 'again', watch: 'resume' },
  forbidden: { stream: 'list', list: 'slowly', watch: 'slowly' },
  notFound: { stream: 'list', list: 'slowly', watch: 'slowly' },
  notWatchable: { stream: 'list', list: 'slowly', watch: 'slowly' },
  invalid: { stream: 'listForAWhile', list: 'slowly', watch: 'slowly' },
  timeout: { stream: 'list', list: 'again', watch: 'resumeOrRelist' },
  internal: { stream: 'list', list: 'again', watch: 'resumeOrRelist' },
  other: { stream: 'list', list: 'again', watch: 'resumeOrRelist' },
  connection: { stream: 'again', list: 'again', watch: 'resume' },
  closedEarly: { stream: 'again', list: 'again', watch: 'resume' },
  stalled: { stream: 'again', list: 'again', watch: 'resume' },
  unreadable: { stream: 'list', list: 'again', watch: 'again' },
  undecodable: { stream: 'list', list: 'again', watch: 'resumeOrRelist' },
  noMark: { stream: 'listForAWhile', list: 'again', watch: 'again' },
  unexpectedKind: { stream: 'list', list: 'slowly', watch: 'slowly' },
  fatal: { stream: 'fail', list: 'fail', watch: 'fail' },
};

/** Decides the class of anything that a lister-watcher or a stream can fail with. */
export function classifyFailure(error: KubeInformerError): FailureClass {
  if (error instanceof ApiStatusError) return error.status.reason === 'StorageReadError' ? 'unreadable' : error.class;
  switch (error.code) {
    case 'StreamClosedEarly':
      return 'closedEarly';
    case 'StreamStalled':
      return 'stalled';
    case 'DecodeFailed':
      return 'undecodable';
    case 'InitialEventsTimeout':
      return 'noMark';
    case 'UnexpectedKind':
      return 'unexpectedKind';
    case 'InvalidKubeConfig':
    case 'InvalidOption':
    case 'InvalidResource':
    case 'InvalidSelector':
    case 'MissingPackage':
    case 'NotInCluster':
    case 'CacheLimitExceeded':
    case 'AlreadyStopped':
      return 'fatal';
    case 'AuthenticationFailed':
      return 'unauthorized';
    case 'ConnectionFailed':
      return 'connection';
    default:
      return 'other';
  }
}
