import { differs, notApplicable, proved, type Rules } from './rule.ts';

const tombstone = 'a-tombstone-is-a-mark-not-a-type';

/** Keys, versions, tombstones; what a lister-watcher is, the transport below it, and the classes of errors. */
export const vocabulary: Rules = {
  'KEY-1': proved('a key is namespace and name, or the name alone', 'parity/store: TestObjectNames'),
  'KEY-2': proved(
    'what has no name has no key, and the error says so',
    'parity/store: TestKeyError',
    'unit/queue/keyed-delta-fifo: refuses an object without name and changes nothing',
  ),
  'KEY-3': proved(
    'a key alone addresses the store',
    'unit/store/indexer: are stored, found, replaced and removed by key',
  ),
  'KEY-4': proved('keys are split at one slash, and refused with more', 'parity/store: TestObjectNames'),
  'KEY-5': differs(
    'the key of a tombstone is the one it keeps',
    tombstone,
    'parity/informer: TestDeletionHandlingObjectToName',
  ),
  'KEY-6': proved('namespace and name as a pair, from and to a key', 'parity/store: TestObjectNames'),
  'RV-1': proved(
    'versions are opaque',
    'unit/reflector/versions: is that of the last event, whatever numbers came before',
  ),
  'RV-2': proved(
    'versions go backwards if the server says so',
    'parity/untested-rules: may go backwards, if the server says so',
  ),
  'TS-1': proved(
    'an inferred deletion has key and object',
    'unit/informer/contract: S000-14: after changes that were missed',
    'acceptance/s000-events: S000-14 the state before and after > is that of the cache, also over a gap',
  ),
  'TS-2': differs('it carries the last cached state, or nothing', tombstone, 'parity/informer: TestDeletionHandling'),
  'TS-3': differs(
    'a delete handler may get a tombstone instead of an object',
    tombstone,
    'acceptance/s000-events: S001-34 a handler > is told of an inferred deletion by an object like any other',
  ),
  'TS-4': proved(
    'tombstones are not transformed and do not move the version',
    'parity/queue: TestRealFIFO_transformer',
    'parity/untested-rules: of what is gone moves the version to that of the list',
  ),
  'TS-5': proved(
    'a tombstone is never in a tombstone',
    'unit/queue/keyed-delta-fifo: once, however many lists lack it',
    'parity/queue: TestRealFIFOW_ReplaceMakesDeletionsForObjectsOnlyInQueue (d)',
  ),
  'LW-1': proved(
    'two functions are enough: list and watch',
    'acceptance/s000-cache: S000-15 a lister-watcher written by hand',
  ),
  'LW-2': proved(
    'a watch that fails to open is no watch',
    'unit/reflector/failures: no connection > when a watch is opened',
  ),
  'LW-3': proved(
    'events until the end; the consumer closes, once or more often',
    'unit/reflector/life: is resumed after a delay, closed, and reported',
    'unit/transport/tls: h2 > leaving the loop, or close, ends the exchange',
    'unit/reflector/watch: closes when the reader leaves the loop',
  ),
  'LW-4': proved(
    'paging is the affair of the reflector',
    'unit/reflector/versions: pages > carry the token alone',
    'unit/transport/exchange: every verb has its method',
  ),
  'LW-5': proved(
    'it may say that it cannot stream; without a word it can',
    'unit/reflector/versions: streams if the option is true and the lister-watcher says false',
    'parity/servers: dynamicinformer.TestUnSupportWatchListSemantics',
  ),
  'LW-6': notApplicable(
    'functions that change the options of each request',
    'there are none; selectors are options, and cannot touch versions or limits',
  ),
  'LW-7': proved(
    'watch=true is put in by the client',
    'parity/untested-rules: say watch=true and no other time than timeoutSeconds',
  ),
  'TR-1': differs(
    'lists wait for a limiter, watches do not',
    'requests-are-sent-once-and-are-not-rationed',
    'unit/factory/factory: no more whole states are fetched at once than allowed',
  ),
  'TR-2': differs(
    'the client repeats reads that broke',
    'requests-are-sent-once-and-are-not-rationed',
    'unit/transport/exchange: a kept one that the server has closed in the meantime is replaced',
    'acceptance/s000-list-failures: after a reset before the answer',
  ),
  'TR-3': differs(
    'Retry-After is obeyed below the reflector',
    'retry-after-is-obeyed',
    'unit/reflector/failures: honour Retry-After when it is longer',
    'unit/reflector/failures: honour Retry-After on a list as well',
  ),
  'TR-4': differs(
    'a connection that ends is an end; what cannot be read is an error',
    'what-is-no-event-of-a-watch-ends-the-stream',
    'unit/transport/tls: h2 > a server that dies ends a watch like any other end',
    'unit/transport/tls: http/1.1 > a server that dies ends a watch like any other end',
    'unit/transport/decode: is no event of a watch and ends it',
  ),
  'TR-5': differs(
    'pings find dead connections',
    'silence-ends-a-watch',
    'unit/transport/tls: a server that is silent for 30 s and does not answer a ping within 15 s more is dead',
    'unit/reflector/life: silence > for 90 s ends a watch',
    'conformance/connection: S000-18: a connection that breaks (HTTP/2: never) > without a word is found out',
  ),
  'TR-6': notApplicable('the time of a watch as a second parameter', 'an accident of generated clients; one is sent'),
  'ERR-1': proved(
    'a known reason wins over the code',
    'unit/kubernetes/status: is that of a well-known reason, whatever the code: StorageReadError, 500',
    'unit/kubernetes/status: is throttled for 429, whatever the reason',
    'unit/reflector/failures: errors inside a watch > of storage relist and drop what vanished',
  ),
  'ERR-2': proved(
    'a status in the stream is an error of the server; anything else is an error, too',
    'unit/reflector/objects: takes a status in the stream for what it says',
    'parity/tools-watch: TestRetryWatcher (m): when it brings an error that is none',
  ),
  'ERR-3': differs(
    'only refused connections and 429 are resumed from',
    'a-watch-that-failed-is-resumed-not-followed-by-a-list',
    'unit/reflector/failures: 429 > inside a watch',
    'unit/reflector/failures: no connection > when a watch is opened',
  ),
};
