import { differs, notApplicable, proved, type Rules } from './rule.ts';

const mark = 'a-streaming-list-must-come-to-its-mark';
const remembered = 'what-a-streaming-list-could-not-do-is-remembered';
const resync = 'each-handler-has-its-own-resync';
const pages = 'pages-of-a-version-are-those-of-that-version-or-a-later-one';
const lost = 'the-list-after-a-lost-version-comes-in-pages';

/** The reflector: construction, rounds, lists, streams. */
export const lists: Rules = {
  'REF-1': proved(
    'made of a lister-watcher, a store and options',
    'acceptance/s000-cache: S000-16 the parts of an informer > its reflector keeps any store equal to the server',
  ),
  'REF-2': proved(
    'the store is a narrow interface with optional parts',
    'acceptance/s004-requests: S004-05 a reflector alone keeps a store',
    'parity/untested-rules: need know nothing of bookmarks, and need not be able to hold anybody back',
    'unit/reflector/versions: moves with bookmarks alone, and the store hears of them',
  ),
  'REF-3': proved('it has a name that says what it reflects', 'parity/reflector: TestGetTypeDescriptionFromObject'),
  'REF-4': differs(
    'objects of another type are dropped',
    'no-kind-is-expected-only-a-name',
    'parity/reflector: TestGetExpectedGVKFromObject',
  ),
  'REF-5': differs(
    'watches live 5 to 10 minutes, at random',
    'short-watches-can-be-had',
    'unit/reflector/life: the time of a watch > with watchTimeout undefined and chance 0 is 300 s',
    'unit/reflector/life: the time of a watch > is drawn anew for each',
  ),
  'REF-6': differs(
    'whether to stream is decided once',
    remembered,
    'unit/reflector/versions: streams if the option is false and the lister-watcher says true',
    'parity/reflector: TestToListWatcherWithWatchListSemantics',
  ),
  'REF-7': proved(
    'nothing happens before it runs',
    'parity/untested-rules: asks for nothing and sets no timer before it runs',
  ),
  'REF-8': differs(
    'a round, a delay, a round, until it is cancelled',
    'what-somebody-has-to-mend-first-is-tried-slowly',
    'unit/reflector/failures: delays > double from 0.8 s to 30 s',
    'parity/untested: it is polled, ever more slowly',
  ),
  'REF-9': differs(
    '0.8 s doubling to 30 s, and as much again at random',
    'what-somebody-has-to-mend-first-is-tried-slowly',
    'unit/reflector/failures: delays > double from 0.8 s to 30 s',
    'parity/reflector-models: backoff > doubles to its limit',
    'unit/runtime/time: Backoff > adds a random part that does not grow into the next delay',
  ),
  'REF-10': differs(
    'delays start over after a while',
    'backoff-starts-over-after-quiet-not-after-time',
    'parity/untested-reflector: backoff > does not start over in an outage',
    'parity/untested-reflector: backoff > starts over after two quiet minutes',
  ),
  'REF-11': proved(
    'one backoff for everything',
    'unit/reflector/failures: delays > are shared by listing and watching',
  ),
  'REF-12': proved(
    'a backoff of your own',
    'unit/reflector/failures: delays > follow a backoff of your own (TestNewReflectorWithCustomBackoff)',
  ),
  'REF-13': differs(
    'a panic in the loop ends the process',
    'what-a-callback-throws-ends-one-reflector',
    'unit/reflector/objects: ends with an error that a callback throws, loudly',
  ),
  'REF-14': differs(
    'a cancellation ends a wait, silently',
    'nothing-is-asked-for-after-an-abort',
    'unit/reflector/life: an abort > during a delay ends it and leaves nothing',
    'unit/reflector/life: an abort > before the start: no request at all',
  ),
  'REF-15': differs(
    'each round tries to stream, and lists if that fails',
    remembered,
    'unit/reflector/objects: is tried again with the next state, unless the server does not know it: 500',
    'unit/reflector/objects: is tried again an hour after the server showed that it does not know it',
  ),
  'REF-16': differs(
    'a list that fails ends the round',
    'what-somebody-has-to-mend-first-is-tried-slowly',
    'unit/reflector/failures: 500 > when listing',
    'unit/reflector/failures: 403 > when listing',
  ),
  'REF-17': differs(
    'the resync timer runs beside the watch, and ends with it',
    resync,
    'parity/informer: TestReflectorResyncChan',
    'unit/informer/handlers: resync > no timer runs before the start',
  ),
  'REF-18': proved(
    'every stream is closed by somebody',
    'unit/reflector/life: an abort > closes a watch that the server grants too late',
    'parity/watch-list: whose state the store refuses closes its watch',
  ),
  'REF-19': differs(
    'lists ask for any version, then for the last one, or for the newest',
    pages,
    'parity/reflector-models: requests > ask for the version, and in the page size, that the rules demand',
    'parity/untested-reflector: is asked for as a lower limit where there are pages, too',
  ),
  'REF-20': differs(
    'what servers make of versions and limits',
    pages,
    'unit/testing/lists: 4: ignores the limit with resourceVersion=0, and honours it with any other',
    'unit/testing/lists: 4: answers an exact version with that state, and a minimum version with the newest',
    'parity/untested-reflector: is asked for as a lower limit where there are pages, too',
  ),
  'REF-21': differs(
    'when a list has a page size',
    pages,
    'unit/reflector/versions: always with the page size of the options',
    'unit/reflector/versions: after 410 in list mode: the last one without a page size',
    'unit/reflector/versions: with pages, if the first list came in pages',
  ),
  'REF-22': proved(
    'a cancelled list is not waited for',
    'unit/reflector/life: an abort > ends it although neither list nor watch listens to the signal',
    'parity/untested: an end > during a list: no request follows and the store is left alone',
  ),
  'REF-23': differs(
    'a lost version: at once for the newest state, once',
    lost,
    'unit/reflector/versions: after 410 in list mode',
    'unit/reflector/failures: version too large, by cause > when listing',
    'unit/reflector/failures: version too large, by message > when listing',
  ),
  'REF-24': differs(
    'if that fails too, the version stays lost',
    lost,
    'unit/reflector/versions: of a version that stays lost: the most recent one, with delays, until it is had',
  ),
  'REF-25': differs(
    'a first list in pages makes all later ones paged',
    pages,
    'unit/reflector/versions: with pages, if the first list came in pages',
    'parity/reflector-models: requests > ask for the version',
  ),
  'REF-26': proved(
    'a table is no list',
    'parity/reflector: TestIsUnsupportedTableObject: a list that is a meta.k8s.io/v1 Table ends in UnexpectedKind',
    'parity/reflector: TestIsUnsupportedTableObject: a list that is a meta.k8s.io/v1beta1 Table ends in UnexpectedKind',
  ),
  'REF-27': proved(
    'the version counts only when the store has taken the state',
    'parity/untested-rules: that the store refuses does not count: it is asked for again',
  ),
  'REF-28': proved(
    'items keep the order of the server',
    'unit/informer/contract: after a relist deletions come first, then what changed, in the order of the list',
    'unit/reflector/versions: pages > carry the token alone',
  ),
  'REF-29': notApplicable('slow lists are traced in a log', 'no log; diagnostics channels tell of each request'),
  'PAG-1': differs(
    'pages are followed to the last token',
    'a-page-that-repeats-its-token-ends-the-list',
    'unit/reflector/versions: pages > carry the token alone',
    'unit/reflector/versions: pages > end when the server hands out the same token for ever',
  ),
  'PAG-2': proved('later pages carry no version', 'unit/reflector/versions: pages > carry the token alone'),
  'PAG-3': proved(
    'one page is no paged list',
    'unit/reflector/versions: after 410 in list mode: the last one without a page size',
  ),
  'PAG-4': proved('the version is that of the first page', 'unit/reflector/versions: pages > carry the token alone'),
  'PAG-5': proved(
    'an expired token: one full list, and that is final',
    'unit/reflector/versions: pages > give way to one full list when a token expires',
    'unit/reflector/versions: pages > give way once: what comes of the full list is final',
    'unit/reflector/versions: pages > do not give way for any other reason',
  ),
  'PAG-6': differs(
    'a cancellation is looked at before each page',
    'nothing-is-asked-for-after-an-abort',
    'unit/reflector/versions: pages > are not asked for after an abort',
  ),
  'PAG-7': notApplicable(
    'a pager that hands out objects one by one',
    'reflectors do not use it, and nobody else pages here',
  ),
  'REF-30': proved(
    'how a stream is asked for',
    'unit/reflector/versions: the first round > streams, and goes on with the same watch',
    'unit/reflector/versions: after 410 inside a watch: the last state again, streamed',
  ),
  'REF-31': proved(
    'initial events are gathered apart; changes before the mark count',
    'unit/reflector/objects: goes by what is true at the mark',
    'parity/reflector-models: the hand-over from initial events to changes',
    'unit/reflector/objects: objects that cannot be used > are transformed once each',
  ),
  'REF-32': proved(
    'the mark is an annotation that says true; the same stream goes on',
    'unit/reflector/versions: the first round > streams, and goes on with the same watch',
    'unit/reflector/objects: lists for an hour when the mark is missing: a mark that says false',
    'unit/reflector/objects: loses nothing that comes in the same batch as the mark',
  ),
  'REF-33': differs(
    'trouble before the mark',
    remembered,
    'parity/watch-list: TestWatchList (c)',
    'parity/watch-list: TestWatchList (g)',
    'parity/watch-list: of a version that is expired asks for the newest state, at once the first time (REF-33)',
    'parity/watch-list: of a version that is too large asks for the newest state, at once the first time (REF-33)',
    'parity/watch-list: waits interruptibly',
    'parity/watch-list: that ends cleanly again and again makes no hot loop',
    'parity/watch-list: without mark gives way to lists within 30 s',
  ),
  'REF-34': proved(
    'each attempt starts from nothing',
    'unit/reflector/objects: shows nothing before the mark, and starts over when it is cut off',
  ),
  'REF-35': differs(
    'a store that refuses the state',
    'a-store-that-refuses-a-state-leaves-no-watch-open',
    'parity/watch-list: whose state the store refuses closes its watch, and is fetched again (REF-35)',
  ),
  'REF-36': differs(
    'silence before the mark is warned of',
    mark,
    'parity/reflector: TestInitialEventsEndBookmarkTicker',
  ),
  'REF-37': differs(
    'streamed objects are transformed twice',
    'a-transform-is-applied-once',
    'unit/reflector/objects: objects that cannot be used > are transformed once each',
    'parity/informer: TestTransformingInformerRace',
  ),
  'REF-38': differs(
    'a transform that fails: dropped silently, or the list fails',
    'a-transform-that-fails-costs-one-object',
    'parity/untested: a transform > that fails for one object of a list',
    'parity/untested: a transform > that fails for one object of a stream',
  ),
  'REF-39': differs(
    'what is missing: a deadline, backoff, a switch',
    mark,
    'parity/watch-list: without mark gives way to lists within 30 s, and that is remembered (REF-39)',
    'parity/watch-list: TestWatchList (b)',
    'unit/reflector/objects: is tried again an hour after the server showed that it sends no mark',
  ),
};
