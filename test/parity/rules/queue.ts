import { differs, notApplicable, proved, type Rules } from './rule.ts';

const oneMode = 'the-queue-does-not-make-anything-up';
const transforms = 'a-transform-that-fails-costs-one-object';
const keyed = 'unit/queue/keyed-delta-fifo';
const ordered = 'unit/queue/delta-fifo';
const noClassics = 'the classic FIFO and Heap are not offered: nothing of an informer needs them';

/** The queues, how deltas come into the cache, and the loop that brings them there. */
export const queue: Rules = {
  'Q-1': proved(
    'a reflector puts in, one consumer takes out',
    `${ordered}: pop > waits for a delta`,
    'parity/informer: the examples > Example: a queue and a reflector, wired by hand',
  ),
  'Q-2': differs(
    'a closed queue hands out what it has, and takes more',
    'a-closed-queue-takes-nothing-more',
    `${ordered}: hands out what is in after close, and lets nothing in`,
    `${ordered}: pop > returns to all who wait when the queue is closed`,
  ),
  'Q-3': proved(
    'one consumer; several of them share without loss',
    `${ordered}: pop > gives each of several waiting ones a delta of its own`,
  ),
  'Q-4': proved(
    'initial until it has synced; what was taken is gone',
    `${keyed}: waits for the deletions of the first list too, and marks all as initial`,
    'unit/queue/delta-fifo: random use > agrees with a plain list',
  ),
  'Q-5': proved(
    'synced when all of the first list was processed, for ever',
    `${ordered}: when something came before any list`,
    `${ordered}: when the list was processed`,
    `${ordered}: when a second list waits`,
    'acceptance/s004-parts: S004-06 the queue has synced when all of the first list has been processed',
  ),
  'Q-6': proved('the kinds of deltas', `${ordered}: has a list, a resync and a bookmark as one delta each`),
  'DF-1': proved(
    'deltas of a key gather in its place in line',
    `${keyed}: accumulation > gathers the deltas of a key in its place in line`,
  ),
  'DF-2': proved(
    'all deltas of a key come at once, oldest first',
    `${keyed}: accumulation > gathers the deltas of a key`,
  ),
  'DF-3': proved(
    'two deletions in a row are one',
    `${keyed}: deletions > in a row are one; both seen: the first`,
    `${keyed}: deletions > in a row are one; the second seen: the second`,
    `${keyed}: deletions > in a row are one; the first seen: the first`,
    `${keyed}: deletions > in a row are one; none seen: one`,
  ),
  'DF-4': proved(
    'deletions of what nobody has are dropped',
    `${keyed}: deletions > of what nobody has are dropped`,
    `${keyed}: deletions > of what is known are queued`,
  ),
  'DF-5': proved(
    'a list makes up deletions, after what it brings',
    `${keyed}: a list makes up for missed deletions > of what is known`,
    `${keyed}: a list makes up for missed deletions > with the newest state that was queued`,
    `${keyed}: a list makes up for missed deletions > once, however many lists lack it`,
    'unit/queue/keyed-delta-fifo-model: agrees with the rules written down simply',
  ),
  'DF-6': proved(
    'a resync is of what is known and idle',
    `${keyed}: resync > queues what is known and idle`,
    `${keyed}: resync > does nothing when nothing is known`,
  ),
  'DF-7': proved(
    'transformed on the way in, and once',
    'parity/queue: TestRealFIFO_transformer, TestDeltaFIFO_transformer',
  ),
  'DF-8': notApplicable('processing holds a lock', 'one thread, no locks'),
  'DF-9': differs(
    'synced before the last object is processed',
    'synced-means-processed',
    `${keyed}: when the last one is being processed`,
    `${keyed}: when all are processed`,
  ),
  'DF-10': proved('keys of deltas', 'parity/queue: TestRealFIFO_KeyOf, TestDeltaFIFO_KeyOf'),
  'DF-11': notApplicable('slow processing is traced in a log', 'no log; lag is a number in the status'),
  'RF-1': proved(
    'everything that comes in comes out, in order, one by one',
    `${ordered}: order > holds over all keys, and nothing is collapsed`,
    `${ordered}: random use > agrees with a plain list`,
  ),
  'RF-2': differs(
    'a deletion of what nobody has is told',
    'deleting-what-nobody-has-is-no-event',
    'parity/untested-reflector: a deletion > of what the cache never had is no event',
    `${ordered}: order > keeps what came before a list (TestRealFIFO_enqueueingNoLister)`,
  ),
  'RF-3': differs(
    'two modes: with known objects, or atomic',
    oneMode,
    `${ordered}: order > has a list, a resync and a bookmark as one delta each`,
  ),
  'RF-4': proved(
    'what has no key does not get in',
    'parity/queue: TestRealFIFO_PopBrokenItemsInBatch (a)',
    `${ordered}: when something came before any list`,
  ),
  'RF-5': differs(
    'a list that is taken apart: deletions first',
    oneMode,
    'parity/queue: TestRealFIFO_ReplaceMakesDeletions (a)',
    'parity/queue: TestRealFIFOW_ReplaceMakesDeletionsForObjectsOnlyInQueue (g)',
  ),
  'RF-6': differs(
    'a whole list is one delta; one bad object refuses it',
    transforms,
    `${ordered}: order > has a list, a resync and a bookmark as one delta each`,
    'parity/untested: a transform > that fails for one object of a list',
  ),
  'RF-7': proved(
    'an empty list has to be processed, and what stood before it too',
    `${ordered}: when a list is queued`,
    `${ordered}: when a bookmark stood before the list and only that was processed`,
  ),
  'RF-8': proved(
    'an object that is twice in a list',
    'parity/untested-rules: that has an object twice tells of both states, in order',
  ),
  'RF-9': differs(
    'a resync is one delta, applied in its place',
    oneMode,
    'parity/queue: TestRealFIFO_UpdateResyncRace',
    'parity/queue: TestRealFIFO_ResyncNonExisting',
  ),
  'RF-10': proved(
    'bookmarks do not make a queue synced',
    `${ordered}: when only a bookmark came`,
    `${ordered}: order > has a list, a resync and a bookmark as one delta each`,
  ),
  'RF-11': proved(
    'what was transformed is not transformed again',
    'parity/informer: TestTransformingInformerRace',
    'parity/queue: TestRealFIFO_transformer',
  ),
  'RF-12': proved('synced after the processing, not before', `${ordered}: when the list was handed out`),
  'RF-13': differs(
    'up to a thousand deltas are taken at once',
    oneMode,
    'parity/queue: TestRealFIFO_PopMultipleDeltaInBatch (b)',
    'parity/queue: TestRealFIFO_PopMultipleDeltaInBatch (d)',
  ),
  'RF-14': differs(
    'a long queue holds the reflector back',
    'the-server-is-not-read-faster-than-the-cache-can-follow',
    'parity/queue-models: a consumer that is slow > holds the watch back',
    `${ordered}: back-pressure > holds from the mark on until half is left`,
  ),
  'RF-15': proved('what was taken can be collected', 'parity/untested-rules: keeps nothing of what was taken'),
  'RF-16': notApplicable(
    'gauges and histograms of queues',
    'no metrics provider; lag and sizes are numbers in the status',
  ),
  'RF-17': proved('a delta says which object it is about', 'parity/queue: TestRealFIFO_KeyOf, TestDeltaFIFO_KeyOf'),
  'FI-1': notApplicable('a queue of newest objects', noClassics),
  'FI-2': notApplicable('a keyed heap', noClassics),
  'AP-1': differs(
    'what is in the cache decides between add and update',
    'deleting-what-nobody-has-is-no-event',
    'unit/informer/contract: presence in the cache decides, not the type of the event',
    'parity/untested-reflector: a deletion > of what the cache never had is no event',
    'parity/queue: TestRealFIFO_Resync: is an update to itself',
  ),
  'AP-2': differs(
    'a relist: the cache first, then deletions, then the rest',
    'another-uid-is-another-object',
    'parity/informer-models: a relist > tells what has changed and nothing else, deletions first',
    'unit/informer/contract: a relist becomes visible in one step',
    'parity/informer: TestReplaceEvents (d)',
  ),
  'AP-3': differs(
    'an error ends the processing of a delta, unheard',
    'every-failure-is-told',
    'parity/queue: TestRealFIFO_PopBrokenItemsInBatch (b)',
  ),
  'AP-4': differs(
    'batches are transactions',
    oneMode,
    'parity/queue: TestRealFIFO_PopMultipleDeltaInBatch (a)',
    'parity/informer: TestProcessDeltasInBatch (c)',
  ),
  'AP-5': differs('no batch has a key twice', oneMode, 'parity/queue: TestRealFIFO_PopMultipleDeltaInBatch (c)'),
  'CTL-1': proved(
    'what a controller is made of',
    'unit/reflector/versions: always with the page size of the options',
    'acceptance/s004-configuration: S004-12 impossible options are refused when the factory or the informer is made',
  ),
  'CTL-2': proved(
    'it runs once, and ends with its reflector',
    'unit/reflector/objects: runs once',
    'unit/informer/lifecycle: S002-10, S004-13: by its signal; a second start does nothing',
  ),
  'CTL-3': proved(
    'cancelled, what waits is not applied any more',
    'parity/untested-informer: at any turn of a relist leaves the cache wholly old or wholly new, and for good',
  ),
  'CTL-4': proved('a closed queue ends the loop', `${ordered}: hands out what is in after close, and lets nothing in`),
  'CTL-5': proved(
    'it says whether it has synced, and how far it is',
    'unit/informer/upstream: TestStoreResourceVersion',
    'parity/informer-models: the sync > of the informer comes with the last list',
  ),
  'CTL-6': differs(
    'errors of processing are swallowed',
    'every-failure-is-told',
    'parity/queue: TestRealFIFO_PopBrokenItemsInBatch (d)',
    'unit/informer/upstream: an index function that throws is reported; the object is kept',
  ),
  'CTL-7': differs(
    'one handler in the loop itself, whose panic ends it',
    'a-handler-that-throws-is-reported-and-called-again',
    'parity/informer: the examples > ExampleNewInformer',
    'parity/informer: TestPanicPropagated',
  ),
  'CTL-8': proved(
    'whoever reads the cache must not write to its objects',
    'unit/informer/lifecycle: freeze: the write throws, and the cache is as it was',
  ),
};
