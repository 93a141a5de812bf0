import { differs, notApplicable, proved, type Rules } from './rule.ts';

const handlers = 'unit/informer/handlers';
const lifecycle = 'unit/informer/lifecycle';
const contract = 'unit/informer/contract';
const models = 'parity/informer-models';
const unchanged = 'what-did-not-change-is-no-event';
const resync = 'each-handler-has-its-own-resync';
const throws = 'a-handler-that-throws-is-reported-and-called-again';

/** The shared informer and its handlers. */
export const informer: Rules = {
  'SI-1': proved(
    'created, started, stopped for good; a second start does nothing',
    `${lifecycle}: S002-10, S004-13: by its signal; a second start does nothing`,
    `${lifecycle}: before the start, twice, and by a signal that is aborted already`,
  ),
  'SI-2': proved(
    'to run is to wait for the end',
    'parity/untested-informer: to run an informer > is to wait until it has ended, calls of handlers included',
  ),
  'SI-3': notApplicable(
    'setters and handlers share a lock',
    'one thread; transform and error listeners are options or signals',
  ),
  'SI-4': proved(
    'what is built at the start',
    'parity/untested-rules: asks for nothing and sets no timer before it runs',
  ),
  'SI-5': proved(
    'handlers outlive what feeds them',
    'parity/untested: an end > drops what waits for a handler, and waits for the call under way (SI-8)',
  ),
  'SI-6': proved(
    'synced when the queue is; never, if cancelled first',
    `${lifecycle}: during the first list ends the list`,
    `${models}: the sync > of the informer comes with the last list`,
  ),
  'SI-7': proved('it runs until it is cancelled', `${lifecycle}: S002-10, S004-13: by its signal`),
  'SI-8': differs(
    'the way down: calls end, what waits is dropped',
    'stop-waits-for-running-calls-ten-seconds-at-most',
    'parity/untested: an end > drops what waits for a handler, and waits for the call under way (SI-8)',
    `${models}: a stop > at whatever moment leaves no timer`,
    `${lifecycle}: a call that never ends is given ten seconds, then reported by name`,
  ),
  'SI-9': proved(
    'a resync period for each handler; none, zero, or its own',
    `${handlers}: TestListenerResyncPeriods: each handler has its own period; 0 is never`,
    'acceptance/s002-factory: S002-05 hands its resync period down to every informer',
  ),
  'SI-10': proved(
    'the same handler twice is two handlers',
    `${contract}: TestSharedInformerMultipleRegistration: one function registered twice is two handlers`,
  ),
  'SI-11': proved('what periods come to', 'unit/informer/upstream: TestResyncCheckPeriod: periods are as asked for'),
  'SI-12': differs(
    'an update of the same version is a sync',
    unchanged,
    `${contract}: an event that repeats the version of the cache changes nothing`,
  ),
  'SI-13': differs(
    'after a relist unchanged objects go to some handlers, changed ones to all',
    unchanged,
    `${models}: a relist > tells what has changed and nothing else`,
  ),
  'SI-14': differs(
    'which handlers hear of unchanged objects',
    unchanged,
    'parity/untested: that changes nothing tells no handler of it, with resyncs every 0 ms or without',
    'parity/untested: that changes nothing tells no handler of it, with resyncs every 1000 ms or without',
  ),
  'SI-15': differs(
    'without versions every update is a sync',
    'a-transform-may-drop-the-resource-version',
    'parity/untested: that takes away the resource version keeps nobody from hearing of changes (SI-15',
    `${contract}: objects without a resource version count as changed every time`,
  ),
  'SI-16': differs(
    'a period under a second is raised',
    resync,
    `${handlers}: resync > periods under a second are refused`,
  ),
  'SI-17': differs(
    'the shortest period asked for before the start counts for all',
    resync,
    'unit/informer/upstream: TestResyncCheckPeriod',
  ),
  'SI-18': differs(
    'a period is at least that of the informer',
    resync,
    'unit/informer/upstream: TestResyncCheckPeriod',
    `${handlers}: TestListenerResyncPeriods`,
  ),
  'SI-19': differs('without a period at first there is never one', resync, 'parity/informer: TestReflectorResyncChan'),
  'SI-20': proved(
    'a late handler has the cache first, as initial adds, without gap or duplicate',
    `${models}: a late handler > has, at whatever moment it comes, one consistent view`,
    `${contract}: handlers that are added late > S002-09: first everything in the cache, then what happens, in order`,
  ),
  'SI-21': proved(
    'a handler may come during the initial sync',
    'parity/untested: a late handler > that comes during the initial sync hears of each object once',
  ),
  'SI-22': proved(
    'handlers come and go inside of calls',
    'parity/untested-informer: that another one adds in a call has everything once',
    `${handlers}: remove > S002-08: in the middle of a burst, no later call`,
  ),
  'SI-23': proved(
    'add, update, delete, each with what belongs to it',
    'parity/informer: TestTypedResourceEventHandlerAdapter',
    `${contract}: events chain > S002-16, S002-17: add, updates, delete, in the order of the server`,
  ),
  'SI-24': proved(
    'nothing is lost while handlers are being started',
    'unit/informer/upstream: TestSharedInformerInitializationRace',
  ),
  'SI-25': differs(
    'real changes go to all, syncs to those that asked',
    unchanged,
    'unit/informer/upstream: TestResyncCheckPeriod',
  ),
  'SI-26': proved(
    'synced: all of the first state is in the cache and given out',
    `${models}: the sync > of the informer comes with the last list`,
  ),
  'SI-27': differs(
    'at each tick those that are due',
    resync,
    'unit/informer/upstream: TestResyncCheckPeriod',
    'parity/informer: TestListenerResyncPeriodsDelayed',
  ),
  'SI-28': differs(
    'an unbounded line before each handler',
    'a-slow-handler-need-not-cost-memory',
    `${handlers}: overflow > grow: everything is delivered`,
    `${handlers}: S004-21: a handler that hangs for ever delays neither the cache nor another handler`,
  ),
  'SI-29': differs(
    'a slow handler is traced',
    'a-slow-handler-need-not-cost-memory',
    `${handlers}: overflow > fail: the handler is removed and that is reported`,
  ),
  'SI-30': proved('a promise is waited for', `${handlers}: calls to one handler never overlap`),
  'SI-31': differs(
    'a handler is removed at once, and nobody waits',
    'removing-a-handler-waits-for-it',
    `${handlers}: remove > S002-08: in the middle of a burst, no later call`,
    `${handlers}: remove > waits for the call that is under way`,
  ),
  'SI-32': proved(
    'a handle of another informer removes nothing here',
    'parity/informer: TestSharedInformerRemoveForeignHandler',
  ),
  'SI-33': proved(
    'before the start it is simply forgotten',
    'unit/informer/upstream: TestSharedInformerRemoveHandler, TestShutDownEventHandler_Lifecycles',
  ),
  'SI-34': differs(
    'there is a removal that waits',
    'removing-a-handler-waits-for-it',
    'parity/informer: TestRemoveEventHandler_AsynchronousPanic',
    'parity/untested: an end after a removal > waits for the call of the removed handler, too',
  ),
  'SI-35': proved(
    'a handler has synced when it has finished what there was',
    `${handlers}: ready > S002-14: resolves when the handler has finished every initial object, not before`,
    `${models}: the sync > of the informer comes with the last list, that of a handler when it has finished`,
    'parity/store: synctrack: TestBasicLogic, TestSingleFile: 1 objects, 0 finished, the informer synced: true makes false',
  ),
  'SI-36': proved(
    'a late handler of an empty cache has synced',
    'parity/untested: a late handler > of an empty cache is synced at once (SI-36)',
  ),
  'SI-37': differs(
    'a panic in an initial add: never synced',
    throws,
    `${handlers}: ready > resolves although initial adds failed`,
  ),
  'SI-38': proved(
    'synced for ever',
    'parity/untested-informer: of a handler and of its informer outlasts changes, failures, relists and the end',
    `${models}: the sync > of the informer comes with the last list, that of a handler when it has finished what there was; neither goes back`,
  ),
  'SI-39': differs(
    'a panic in a handler ends the process, or is skipped after a pause',
    throws,
    `${handlers}: a handler that throws or rejects is reported by name, goes on, and harms nobody`,
  ),
  'SI-40': differs(
    'panics elsewhere end the process, too',
    throws,
    `${handlers}: an object that the transform refuses is reported; the informer goes on`,
    'unit/informer/upstream: an index function that throws is reported; the object is kept',
  ),
  'SI-41': differs(
    'one policy for what user code throws',
    throws,
    `${handlers}: a handler that throws or rejects is reported by name, goes on, and harms nobody`,
  ),
  'SI-42': proved(
    'removed, it stays as synced as it was',
    `${handlers}: ready > rejects when the handler is removed or the informer stops before; and hasSynced stays as it was`,
  ),
  'SI-43': proved(
    'objects are transformed before anybody sees them, in place if you like',
    `${handlers}: TestTransformingInformer, TestSharedInformerTransformer: cache and handlers see transformed objects only`,
    'parity/untested-informer: may change the object in place',
  ),
  'SI-44': differs(
    'which objects are transformed, and that it may happen twice',
    'a-transform-is-applied-once',
    'parity/queue: TestRealFIFO_transformer',
    'parity/informer: TestTransformingInformerRace',
    'unit/reflector/objects: include those of which the transform makes an object of another name',
  ),
  'SI-45': differs(
    'what a failing transform does',
    'a-transform-that-fails-costs-one-object',
    'parity/untested: a transform > that fails for one object of a list',
    `${handlers}: an object that the transform refuses is reported; the informer goes on`,
  ),
  'H-1': proved(
    'any of the functions; adds may ask whether they are initial',
    'parity/informer: TestTypedResourceEventHandlerFuncs',
    'parity/informer: TestTypedResourceEventHandlerDetailedFuncs',
  ),
  'H-2': proved(
    'a filter turns updates into adds and deletes',
    'parity/informer: TestTypedFilteringResourceEventHandler',
    'unit/informer/pipeline: an object that begins to match is an add, one that stops matching is a delete of its last matching state',
  ),
  'H-3': differs(
    'name and key of what was deleted, tombstone or not',
    'a-tombstone-is-a-mark-not-a-type',
    'parity/informer: TestDeletionHandlingObjectToName, TestDeletedObjectGetObjectName, TestDeletedObjectGetKey',
  ),
  'H-4': differs(
    'what a typed delete handler gets',
    'a-tombstone-is-a-mark-not-a-type',
    'parity/informer: TestTypedResourceEventHandlerAdapter',
  ),
  'H-5': notApplicable('a filter may be asked about nothing', 'a delete always has an object'),
  'H-6': notApplicable('options are given at most once', 'one parameter'),
  'H-7': proved('handlers have names', 'unit/informer/upstream: TestNameForHandler'),
  'H-8': proved(
    'handlers must not write to objects',
    `${lifecycle}: detect: reports the path and the name of the handler, once`,
    `${lifecycle}: freeze: the write throws, and the cache is as it was`,
  ),
};
