import { differs, notApplicable, proved, type Rules } from './rule.ts';

const queues = 'unit/controller/work-queue';
const delaying = 'unit/controller/delaying-queue';
const limiters = 'unit/controller/rate-limiter';
const watches = 'parity/tools-watch';
const metrics = 'no metrics provider: status, stats and diagnostics channels give the numbers';
const noRegistry = 'no registry of the process; names are unique within a factory';
const noRetryWatcher = 'no watch that reopens itself: an informer, or its events, is that';

/** Factories, names, the mutation detector, work queues, watches, gates and what tests are made with. */
export const around: Rules = {
  'FA-1': differs(
    'one informer for each type',
    'an-informer-that-has-ended-is-replaced',
    'acceptance/s002-factory: S002-02 gives the same informer for the same resource',
    'unit/factory/factory: S002-02, S000-17: one informer for each distinct collection > the same: asked for twice',
  ),
  'FA-2': proved(
    'asking registers, starting starts what is new',
    'unit/factory/factory: S002-11: a second start opens only what is new',
    'acceptance/s002-factory: S002-11 starts on a second call only what was asked for since the first',
  ),
  'FA-3': differs(
    'what was started is never started again',
    'an-informer-that-has-ended-is-replaced',
    'parity/untested: gives a new informer for one that has ended (FA-3',
    'parity/untested: a factory > that is stopped ends what runs by itself, and nothing starts after it',
  ),
  'FA-4': proved(
    'a start governs what it started',
    'unit/factory/factory: S002-10: the signal of a start ends what that start began',
  ),
  'FA-5': differs(
    'waiting covers what was started',
    'waiting-tells-of-everything-that-was-asked-for',
    'parity/untested: a factory > has what was asked for after the start in its map, unsynced',
  ),
  'FA-6': differs(
    'shutting down waits, and cancels nothing',
    'a-factory-that-is-stopped-ends-its-informers',
    'parity/untested: a factory > that is stopped ends what runs by itself',
  ),
  'FA-7': proved(
    'an index by namespace in every informer',
    'unit/store/indexer: indexes > have one by namespace from the start',
  ),
  'FA-8': proved(
    'a namespace is part of the path',
    'parity/untested-rules: say watch=true and no other time than timeoutSeconds; a namespace is part of the path',
    'acceptance/s000-events: S000-02 an informer of two namespaces out of three > needs rights in these only',
    'acceptance/s000-events: S000-02 an informer of two namespaces out of three > watches the whole cluster once',
  ),
  'FA-9': proved(
    'options of a factory, and of one informer over them',
    'unit/factory/factory: scope > selectors of the factory hold unless others are given',
    'acceptance/s002-factory: S002-05 hands its resync period down to every informer',
  ),
  'FA-10': proved(
    'two ways to wait',
    'unit/factory/factory: S002-12, S004-19: waiting says what has synced',
    'parity/store: TestSyncResult',
  ),
  'FA-11': proved(
    'by group, version and resource; unknown ones are refused',
    'unit/factory/factory: scope > malformed resources are refused',
    'acceptance/bad-input: an impossible resource',
  ),
  'FA-12': proved(
    'accessors by group, version and resource',
    'unit/factory/factory: S004-14: the typed and the dynamic door lead to the same informer',
    'acceptance/s002-factory: S002-06 types the objects of an accessor and of a definition',
  ),
  'FA-13': proved('the end gives names back', 'parity/store: TestNewInformerName, TestRelease'),
  'FA-14': proved('informers without a factory', 'acceptance/s000-cache: S000-15 a lister-watcher written by hand'),
  'DY-1': proved(
    'dynamic factories: of all namespaces or filtered',
    'unit/factory/factory: S000-02, TestFilteredDynamicSharedInformerFactory',
    'unit/factory/factory: TestDynamicSharedInformerFactory',
  ),
  'DY-2': proved(
    'a wrong resource shows when it is listed',
    'acceptance/bad-input: an unknown resource: suspended, with the 404 as its reason',
  ),
  'DY-3': proved(
    'any object; streams as the client says',
    'parity/servers: dynamicinformer.TestWatchListSemanticsSimple',
    'acceptance/s000-resources: is watched as an object without a type of its own: Widget',
  ),
  'DY-4': proved('a lister over the same cache', 'unit/factory/factory: S000-13: reading sends nothing'),
  'DY-5': notApplicable(
    'transform and error handler are set before the start',
    'options of the factory, and a signal at any time',
  ),
  'ME-1': proved(
    'metadata factories: metadata only, with a transform',
    'unit/factory/factory: TestMetadataSharedInformerFactory',
    'unit/transport/exchange: metadata-only lists and watches ask for PartialObjectMetadata',
  ),
  'NM-1': notApplicable('names are unique in a process', noRegistry),
  'NM-2': notApplicable('identifiers are reserved', noRegistry),
  'NM-3': notApplicable('no name, no metrics', metrics),
  'NM-4': notApplicable('what a provider creates', metrics),
  'NM-5': notApplicable('the version as a number', metrics),
  'NM-6': notApplicable('names of metrics', metrics),
  'NM-7': notApplicable('metrics of reflectors that nobody reads', metrics),
  'MD-1': differs(
    'an environment variable switches the detector on',
    'objects-that-a-reader-modified-are-reported-not-fatal',
    'unit/informer/lifecycle: off: nothing is looked at',
    'unit/informer/lifecycle: detect: reports the path and the name of the handler, once',
  ),
  'MD-2': differs(
    'added and updated objects are compared to a copy',
    'objects-that-a-reader-modified-are-reported-not-fatal',
    'unit/informer/lifecycle: detect: looks at both objects of an update and at deleted ones',
  ),
  'MD-3': differs(
    'every second; a difference is a panic',
    'objects-that-a-reader-modified-are-reported-not-fatal',
    'unit/informer/lifecycle: detect: reports the path and the name of the handler, once',
  ),
  'MD-4': notApplicable('how long an object is looked at', 'it is looked at after each call'),
  'MD-5': notApplicable('it runs beside the handlers', 'it is part of each call'),
  'WQ-1': proved(
    'a line, what is dirty, what is being processed; items by value',
    `${queues}: whatever the order of calls > it does what the plain model does`,
    `${queues}: items of a work queue > are the same when keyOf says so`,
    `${queues}: items of a work queue > must be strings without keyOf`,
  ),
  'WQ-2': proved(
    'adding: ignored at the end, once if dirty, later if in work',
    `${queues}: TestBasic (shutDown)`,
    `${queues}: TestCollapse: two additions are one item`,
    `${queues}: TestCollapseWhileProcessing`,
  ),
  'WQ-3': proved(
    'getting waits for an item or the end',
    `${queues}: waiting for an item > ends when there is one`,
    `${queues}: waiting for an item > ends with nothing at the shutdown, after all that was queued`,
  ),
  'WQ-4': proved('done puts back what became dirty', `${queues}: TestReinsert`),
  'WQ-5': proved(
    'never two runs of one item; additions collapse',
    `${queues}: TestBasic (shutDown)`,
    `${queues}: TestCollapseWhileProcessing`,
  ),
  'WQ-6': proved('its length is that of the line', `${queues}: TestLen`, `${queues}: whatever the order of calls`),
  'WQ-7': differs(
    'what the two kinds of shutdown wait for',
    'draining-waits-for-what-is-queued-too',
    `${queues}: TestQueueDrainageUsingShutDownWithDrain`,
    `${queues}: TestForceQueueShutdownUsingShutDown`,
    `${queues}: drains also what is only queued, unless told otherwise`,
  ),
  'WQ-8': differs(
    'first in, first out; other storages can be put in',
    'priorities-that-age',
    `${queues}: waiting for an item > ends when there is one; who came first is served first`,
    'unit/controller/ageing-storage: lets a change overtake what was there at the start',
  ),
  'WQ-9': proved('what is done can be collected', `${queues}: TestGarbageCollection`),
  'WQ-10': proved(
    'delays: the earlier time holds, none is at once',
    `${delaying}: TestDeduping`,
    `${delaying}: adds at once what has no delay`,
    `${delaying}: drops what waits at shutDown, takes nothing more`,
  ),
  'WQ-11': proved(
    'adding directly does not touch a delay',
    `${delaying}: lets an item wait although it is added and processed directly meanwhile`,
  ),
  'WQ-12': proved(
    'items come in the order of their times',
    `${delaying}: TestCopyShifting`,
    `${delaying}: hands out each item`,
  ),
  'WQ-13': proved(
    'the end drops what waits',
    `${delaying}: drops what waits at shutDown, takes nothing more, and leaves no timer`,
    `${delaying}: drops what waits at shutDownWithDrain, takes nothing more, and leaves no timer`,
  ),
  'WQ-14': proved('limited additions, forgetting, counting', `${delaying}: TestRateLimitingQueue`),
  'WQ-15': proved(
    'the limiters',
    `${limiters}: TestItemExponentialFailureRateLimiter: doubles per item, counts, forgets`,
    `${limiters}: a bucket gives its tokens at once, then as they come`,
    `${limiters}: TestItemFastSlowRateLimiter`,
    `${limiters}: TestMaxOfRateLimiter`,
    `${limiters}: TestWithMaxWaitRateLimiter`,
  ),
  'WQ-16': proved(
    'the default: 5 ms to 1,000 s, and a bucket',
    `${limiters}: the default grows from 5 ms to 1,000 s`,
    `${limiters}: the default lets a hundred pass at once, and then ten a second`,
    `${limiters}: the default for items alone grows from 1 ms to 1,000 s`,
  ),
  'WQ-17': proved(
    'a success forgets',
    'unit/controller/controller: tries again what fails, after 5 ms, 10 ms, 20 ms, ..., and starts over after a success',
  ),
  'WQ-18': differs(
    'metrics of a queue, kept up by a timer',
    'measures-need-no-timer',
    'unit/controller/measures: TestMetrics',
    'unit/controller/measures: sum the ages of all runs under way, and tell the longest',
    'unit/controller/measures: TestMetricShutdown',
  ),
  'WQ-19': notApplicable('names of metrics', metrics),
  'WQ-20': notApplicable('pieces of work on a few workers', 'p-queue does that'),
  'WQ-21': proved(
    'the loop of a controller',
    'unit/controller/controller: reconciles what changes',
    'unit/controller/controller: the start of a controller > waits until all sources have synced',
    'unit/controller/enqueue: puts in the name of the object, whatever happens to it, and why',
  ),
  'RW-1': notApplicable('a watch that reopens itself, from a version', noRetryWatcher),
  'RW-2': proved(
    'bookmarks move it and are no events',
    `${watches}: TestRetryWatcher (s): when bookmarks alone come in between`,
    'conformance/events: the events of a collection > can be read as a stream',
  ),
  'RW-3': notApplicable('a second between two attempts', noRetryWatcher),
  'RW-4': notApplicable('which refusals end it', noRetryWatcher),
  'RW-5': notApplicable('which errors end it', noRetryWatcher),
  'RW-6': notApplicable('events without a version end it', noRetryWatcher),
  'RW-7': proved('stopped twice, with events unread, it ends', `${watches}: TestRetryWatcherToFinishWithUnreadEvents`),
  'RW-8': proved(
    'an informer as a stream',
    `${watches}: TestNewInformerWatcher`,
    `${watches}: TestInformerWatcherDeletedFinalStateUnknown`,
    `${watches}: TestEventProcessorOrdersEvents`,
  ),
  'RW-9': proved(
    'waiting for conditions, one after the other',
    `${watches}: TestUntil: two conditions`,
    `${watches}: TestUntilMultipleConditions: one event may meet two of them`,
    `${watches}: TestUntilErrorCondition`,
  ),
  'RW-10': proved(
    'waiting on an informer, its cache included',
    `${watches}: TestUntilWithSync (c)`,
    `${watches}: TestUntilWithSync (d)`,
  ),
  'FG-1': notApplicable('feature gates', 'there are options'),
  'TD-1': proved(
    'a source in memory that can lose events and forget the past',
    'parity/servers: testing.TestResetWatch',
    'parity/servers: TestRCNumber',
    'unit/testing/api-server: does not keep hold of the objects that it is given',
    'unit/testing/faults: resets a watch after so many events',
  ),
  'TD-2': notApplicable(
    'watches that tests feed by hand',
    'the embedded server plays the server; its faults are the rest',
  ),
  'TD-3': proved(
    'a client whose server does not stream',
    'unit/testing/faults: plays a server without streaming lists, one that refuses them and one that knows no such parameter',
  ),
  'TD-4': proved('a clock that tests move', 'parity/untested-rules: counts what waits, and calls in order'),
  'TD-5': notApplicable(
    'stores and recorders for tests',
    'our tests have theirs; users test against the embedded server',
  ),
  'TD-6': proved(
    'nothing is left running',
    'parity/informer: TestMain',
    'unit/testing/api-server: leaves nothing open',
  ),
};
