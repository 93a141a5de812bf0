import { differs, notApplicable, proved, type Rules } from './rule.ts';

const resumed = 'a-watch-that-failed-is-resumed-not-followed-by-a-list';
const early = 'a-watch-that-is-closed-within-seconds-counts-as-a-failure';
const resync = 'each-handler-has-its-own-resync';
const told = 'every-failure-is-told';

/** The reflector: watches, their events and versions, resyncs, errors. */
export const watches: Rules = {
  'REF-40': proved(
    'cancelled is success',
    'unit/reflector/life: an abort > during a silent watch (TestReflectorWatchStoppedAfter',
    'unit/reflector/life: an abort > before the start: no request at all',
  ),
  'REF-41': proved(
    'what a watch is asked with',
    'unit/reflector/versions: the first round > lists at any version and watches from that of the list',
  ),
  'REF-42': proved(
    'a watch from nowhere replays: its versions do not count',
    'parity/untested-reflector: is not that of replayed objects, but that of the first change',
  ),
  'REF-43': differs(
    'a watch that is refused or throttled is asked for again, any other failure lists',
    resumed,
    'unit/reflector/failures: 429 > when a watch is opened',
    'unit/reflector/failures: no connection > when a watch is opened',
    'unit/reflector/failures: 500 > when a watch is opened',
  ),
  'REF-44': proved(
    'a watch that has ended is closed',
    'unit/reflector/life: is resumed after a delay, closed, and reported',
    'acceptance/s000-protocol: S003-61 over HTTP/2 > nothing is left open after the end',
  ),
  'REF-45': differs(
    'after a clean end the next watch, at once',
    early,
    'unit/reflector/versions: after a clean end: the last one, at once, without a list',
    'unit/reflector/life: a watch that is closed early > is not one that ran for half of its time',
  ),
  'REF-46': proved(
    'cancelled during a watch is success',
    'unit/reflector/life: an abort > while live, after a stream (TestRunUntil) ends it and leaves nothing',
  ),
  'REF-47': differs(
    'a watch under a second without an event is an error',
    early,
    'unit/reflector/life: a watch that is closed early > at once',
    'unit/reflector/life: a watch that is closed early > after 4.9 s',
  ),
  'REF-48': proved(
    'expired inside a watch: the last version is asked for first',
    'unit/reflector/versions: after 410 inside a watch: the last state again, streamed',
    'unit/reflector/versions: after 410 in list mode',
  ),
  'REF-49': differs(
    '429 inside a watch: a delay, no list',
    resumed,
    'unit/reflector/failures: waits by the backoff on each 429 and never relists',
  ),
  'REF-50': differs(
    '500 inside a watch: again while a window is open',
    resumed,
    'parity/reflector: TestRetryInternalError (a)',
    'parity/reflector: TestRetryInternalError (b)',
    'parity/reflector: TestRetryInternalError (c)',
  ),
  'REF-51': differs(
    'any other error inside a watch: a delay, and a list',
    resumed,
    'unit/reflector/failures: errors inside a watch > are resumed from three times, then the state is fetched anew',
    'unit/reflector/failures: 403 > inside a watch',
  ),
  'REF-52': differs(
    'the window for internal errors',
    resumed,
    'parity/reflector: TestRetryWithDeadline (b)',
    'parity/reflector: TestRetryWithDeadline (d)',
  ),
  'REF-53': proved(
    'a cancellation is looked at first',
    'unit/reflector/life: an abort > 3 microtasks after an event lets nothing more through',
    'unit/reflector/life: an abort > inside a call of the store lets no further batch through',
  ),
  'REF-54': proved(
    'an ERROR event is its error, and nothing else',
    'unit/reflector/failures: errors inside a watch > arrive as events of their own as well',
  ),
  'REF-55': differs(
    'what has no name is skipped and moves nothing',
    'no-kind-is-expected-only-a-name',
    'parity/untested-reflector: is passed over, and the next reconnect fetches the state anew (REF-55',
    'acceptance/bad-input: an object without metadata in a watch',
  ),
  'REF-56': differs(
    'what the store refuses is lost',
    'an-event-that-the-store-refused-is-not-lost',
    'unit/reflector/objects: the store > that throws is tried again with the same event, which is not lost',
  ),
  'REF-57': proved(
    'bookmarks reach the store and bring no object',
    'unit/reflector/versions: moves with bookmarks alone, and the store hears of them',
    'parity/untested-reflector: is that of a bookmark, though no object ever came',
  ),
  'REF-58': differs(
    'events of an unknown type count',
    'what-is-no-event-of-a-watch-ends-the-stream',
    'unit/transport/decode: {"type":"RENAMED","object":{"metadata":{"name":"a"}}} is no event of a watch and ends it',
  ),
  'REF-59': proved(
    'each event moves the version',
    'unit/reflector/versions: is that of the last event, whatever numbers came before',
    'unit/reflector/failures: errors inside a watch > count anew after each event that came through',
  ),
  'REF-60': proved(
    'adds and updates are the same to the cache',
    'unit/informer/contract: presence in the cache decides, not the type of the event',
  ),
  'REF-61': proved(
    'when the version of an event counts',
    'parity/untested-reflector: is that of a bookmark, though no object ever came (REF-57, REF-61)',
    'parity/untested-reflector: is not that of replayed objects, but that of the first change (REF-42, REF-61)',
    'unit/reflector/objects: shows nothing before the mark',
  ),
  'REF-62': proved(
    'the store hears of versions that no object brings',
    'unit/reflector/versions: moves with bookmarks alone, and the store hears of them (TestReflectorResourceVersionUpdate)',
    'unit/informer/upstream: TestStoreResourceVersion',
  ),
  'REF-63': proved(
    'handed over is one thing, visible another',
    'parity/untested: shows its version when its objects can be read, neither earlier nor later',
  ),
  'REF-64': proved(
    'a lost version is lost until a state is had',
    'unit/reflector/versions: of a version that stays lost: the most recent one, with delays, until it is had',
    'parity/reflector-models: requests > ask for the version',
  ),
  'REF-65': differs(
    'no period, no resync',
    resync,
    'unit/informer/handlers: TestListenerResyncPeriods: each handler has its own period; 0 is never',
  ),
  'REF-66': differs(
    'a relist puts the resync off',
    resync,
    'parity/informer: TestReflectorResyncChan',
    'parity/untested-informer: is due at its time, a relist before it or not',
  ),
  'REF-67': differs(
    'a resync that fails ends the round',
    resync,
    'unit/informer/handlers: resync > S002-07, S004-16: 90 s at 30 s are three replays of everything, and no request',
  ),
  'REF-68': proved(
    'a resync asks the server for nothing',
    'acceptance/s004-requests: S004-16 thirty seconds are the period of the replay, not of a query',
  ),
  'REF-69': differs(
    'the error handler hears of lists and openings only',
    told,
    'parity/untested: what is reported > includes an error 410 inside a watch',
    'parity/untested: what is reported > includes an error 500 inside a watch',
  ),
  'REF-70': proved(
    'listeners of errors cannot influence the loop',
    'unit/informer/handlers: a listener of a signal that throws keeps no other from hearing it, and becomes a warning',
  ),
  'REF-71': differs(
    'what is logged of which error',
    told,
    'unit/reflector/failures: keeps the store through every failure (TestReflectorListAndWatchWithErrors)',
  ),
  'REF-72': notApplicable(
    'a second list to check a stream by',
    'a tool of its CI; the chaos suite compares cache and server',
  ),
  'REF-73': proved(
    'a watch that does not say what it wants is sent everything, or only what is new',
    'unit/testing/watches: 8: begins with ADDED events in the order of keys without a resourceVersion, and with 0',
    'unit/testing/watches: 8: sends what comes after a resourceVersion',
  ),
  'REF-74': notApplicable('a helper that turns list options into those of a stream', 'its reflector does not use it'),
};
