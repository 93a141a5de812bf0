import { differs, notApplicable, proved, type Rules } from './rule.ts';

const indexer = 'unit/store/indexer';
const lister = 'unit/store/lister';
const views = 'indexes-are-read-as-views';
const failing = 'an-index-function-that-fails-loses-one-object';
const overlay = 'no overlay for own writes: a controller reconciles what the cache has';
const noTransactions = 'a turn of the event loop applies as much as fits; nothing comes in between';

/** The cache, its indexes, its listers, and waiting for it. */
export const store: Rules = {
  'STO-1': proved(
    'adding and updating are one',
    `${indexer}: objects > are stored, found, replaced and removed by key`,
  ),
  'STO-2': proved('by key, nothing fails', `${indexer}: objects > are stored, found, replaced and removed by key`),
  'STO-3': proved(
    'deleting what is absent is no error',
    `${indexer}: objects > are stored, found, replaced and removed`,
  ),
  'STO-4': proved(
    'a replacement: all or nothing, at once; of two under one key the last',
    `${indexer}: objects > are replaced all at once; of two under one key the last stays`,
    `${indexer}: objects > stay if one of the new ones has no key`,
    `${indexer}: a replacement > is seen in one step`,
  ),
  'STO-5': differs(
    'lists are copies; keys of an index are sorted',
    views,
    `${indexer}: objects > come out as lists of their own`,
    'unit/store/lookups: byIndex touches nothing but its result',
  ),
  'STO-6': proved(
    'objects are shared, never copied; a write harms everybody',
    'unit/informer/contract: the old object of an update is the very object that was in the cache',
    `${indexer}: never give undefined, not even for objects that a reader has modified`,
    'unit/informer/lifecycle: detect: reports the path and the name of the handler, once',
  ),
  'STO-7': notApplicable('a store that transforms', 'objects are transformed before they get here'),
  'STO-8': notApplicable('transactions of a store', noTransactions),
  'STO-9': differs(
    'what moves the version of a store',
    'the-version-of-the-cache-is-not-lost-by-an-object-without-one',
    `${indexer}: objects > have a version as a whole, which is moved by hand`,
    'unit/informer/upstream: TestStoreResourceVersion',
    'parity/untested-rules: is not taken away by an object without one',
  ),
  'STO-10': proved('it may go backwards', 'parity/untested-rules: may go backwards, if the server says so'),
  'STO-11': differs(
    'a transform can take it away',
    'the-version-of-the-cache-is-not-lost-by-an-object-without-one',
    'parity/informer: TestStoreResourceVersionWithNonMetaTransform',
    'parity/untested-rules: is not taken away by an object without one',
  ),
  'STO-14': proved(
    'the cache has at least what its version says',
    'parity/untested: shows its version when its objects can be read, neither earlier nor later',
  ),
  'IDX-1': differs(
    'an index function that fails ends the process',
    failing,
    'parity/untested: a function that fails loses its index one object (IDX-1)',
    `${indexer}: an index function that fails > is reported once for each object that comes in`,
  ),
  'IDX-2': proved('index, value, keys', `${indexer}: indexes > find by several values an object`),
  'IDX-3': proved(
    'indexes follow each change; values without objects go',
    `${indexer}: indexes > drop values that nothing has, and no others`,
    `${indexer}: after any sequence of operations > the indexes are those of a rebuild`,
  ),
  'IDX-4': differs(
    'indexes may come late, all or none; not after the end',
    views,
    `${indexer}: indexes > may come late and cover what is there`,
    `${indexer}: indexes > are added all or none`,
    'parity/untested: whose name is taken are added neither alone nor with others (IDX-4)',
    'parity/untested-informer: can be added to a cache whose informer has ended',
  ),
  'IDX-5': proved(
    'asking an index: by value, for keys; what is unknown is empty or an error',
    `${indexer}: indexes > find by several values an object`,
    `${indexer}: indexes > that do not exist are refused at the call, by all that ask for one`,
  ),
  'IDX-6': differs(
    'the values of an unknown index are none',
    failing,
    `${indexer}: indexes > that do not exist are refused at the call, by all that ask for one`,
  ),
  'IDX-7': differs(
    'the map of index functions is kept and changed',
    failing,
    `${indexer}: indexes > leave the object of options alone`,
  ),
  'IDX-8': proved(
    'the index by namespace',
    `${indexer}: indexes > have one by namespace from the start; cluster-scoped objects are under ""`,
  ),
  'IDX-9': notApplicable('an index function as a key function', 'there is one kind of key'),
  'IDX-10': proved('names of indexes are types', 'parity/informer: TestTypedSharedIndexInformerAddTypedIndexers'),
  'TTL-1': notApplicable(
    'a store whose entries expire',
    'not offered: a cache that follows the server does not expire',
  ),
  'UD-1': notApplicable('a store that pushes its whole list', 'not offered: handlers hear of what changed'),
  'MC-1': notApplicable('an overlay of own writes', overlay),
  'MC-2': notApplicable('the newer of overlay and cache', overlay),
  'MC-3': notApplicable('the overlay in indexes', overlay),
  'MC-4': notApplicable('which own writes it takes', overlay),
  'MC-5': notApplicable('what the informer outdates in it', overlay),
  'MC-6': notApplicable('deletions in it', overlay),
  'MC-7': notApplicable('versions that are no numbers', overlay),
  'W-1': differs(
    'waiting for caches: true when all have synced, false when stopped',
    'waiting-tells-of-everything-that-was-asked-for',
    'unit/informer/lifecycle: S002-12: waitForCacheSync is true when all have synced, false on abort',
    'parity/store: TestWaitFor: several',
  ),
  'W-2': differs(
    'waiting without polling; who is late is logged',
    'waiting-tells-of-everything-that-was-asked-for',
    'parity/store: TestWaitFor: several',
    'parity/store: TestWaitFor: the end of the time says who is late and why',
  ),
  'W-3': differs(
    'the result says who has synced, and why not',
    'waiting-tells-of-everything-that-was-asked-for',
    'parity/store: TestSyncResult',
  ),
  'W-4': proved(
    'counting what is started and finished',
    'parity/store: synctrack: TestSingleFileCounting',
    'parity/store: synctrack: TestAsyncLocking',
  ),
  'W-5': notApplicable('a value that is computed when it is read', 'a helper of its API servers'),
  'L-1': differs(
    'by selector, by name; what is not there is an error',
    'looking-for-what-is-not-there-is-no-error',
    `${lister}: gets by namespace and name, or by name alone what has no namespace`,
    'parity/untested: has nothing for what is not there, and does not throw (L-1',
  ),
  'L-2': proved(
    'everything, by labels, nothing',
    'unit/informer/upstream: TestListAll: by label, everything, nothing',
    `${lister}: selects by labels: app=nothing (TestListAll)`,
  ),
  'L-3': proved(
    'of a namespace by its index; the empty one is all',
    `${lister}: lists everything, a namespace, or all namespaces`,
    `${lister}: selects by labels inside a namespace`,
  ),
  'L-4': proved(
    'the key of a lookup depends on the scope',
    `${lister}: gets by namespace and name, or by name alone what has no namespace`,
    'parity/untested: has nothing for what is not there, and does not throw (L-1',
  ),
  'L-5': proved(
    'typed and untyped listers do the same',
    'unit/factory/factory: S004-14: the typed and the dynamic door lead to the same informer and the same watch',
  ),
  'L-6': proved(
    'results are shared and in no order',
    'unit/informer/lifecycle: freeze: the write throws, and the cache is as it was',
  ),
  'L-7': proved(
    'before the sync a lister has what there is',
    'parity/untested-informer: before the sync has what there is so far',
  ),
};
