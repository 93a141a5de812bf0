/** What became of a feature that another informer stack has. */
export type PeerRow =
  | { readonly is: 'proved'; readonly feature: string; readonly tests: readonly string[] }
  | { readonly is: 'notBuilt'; readonly feature: string; readonly why: string }
  | { readonly is: 'later'; readonly feature: string; readonly part: string };

function proved(feature: string, ...tests: readonly [string, ...string[]]): PeerRow {
  return { is: 'proved', feature, tests };
}

function notBuilt(feature: string, why: string): PeerRow {
  return { is: 'notBuilt', feature, why };
}

function later(feature: string, part: string): PeerRow {
  return { is: 'later', feature, part };
}

const handlers = 'unit/informer/handlers';
const versions = 'unit/reflector/versions';
const life = 'unit/reflector/life';

/** The features of our survey of other stacks: getting the data, delivering it, keeping and reading it. */
export const peers: Readonly<Record<number, PeerRow>> = {
  1: proved('list, watch, resume', `${versions}: after a clean end: the last one, at once, without a list`),
  2: proved('the initial state is streamed', `${versions}: the first round > streams, and goes on with the same watch`),
  3: proved('else it is listed', 'parity/watch-list: TestWatchList (c)', 'parity/watch-list: TestWatchList (d)'),
  4: proved(
    'in pages',
    `${versions}: pages > carry the token alone`,
    'conformance/initial-state: S003-02: small pages',
  ),
  5: proved('from the cache of the server', `${versions}: the first round > lists at any version`),
  6: proved('not older than what was seen, then the newest', `${versions}: after 410 in list mode`),
  7: proved('watches ask for bookmarks', `${versions}: the first round > lists at any version and watches from that`),
  8: proved('the progress of bookmarks can be seen', 'unit/informer/upstream: TestStoreResourceVersion'),
  9: proved('watches live for a random time', `${life}: the time of a watch > is drawn anew for each`),
  10: proved('dead watches are found', `${life}: silence > for 90 s ends a watch`),
  11: proved('a watch that is closed at once', `${life}: a watch that is closed early > at once`),
  12: proved(
    'backoff that starts over',
    'unit/reflector/failures: delays > double from 0.8 s to 30 s',
    'unit/reflector/failures: delays > start over after 120 s without a failure, and not before',
  ),
  13: proved(
    '429 and Retry-After',
    'acceptance/s000-watch-failures: after what 429 asks for, every time',
    'unit/reflector/failures: delays > honour Retry-After when it is longer',
  ),
  14: proved('errors are told', 'parity/untested: what is reported > includes an error 410 inside a watch'),
  15: proved('the end, and why', 'unit/informer/lifecycle: maxFailures: done rejects, the phase says failed'),
  16: proved(
    'an object that cannot be used does not end the stream',
    'unit/reflector/objects: objects that cannot be used > are kept out of a stream likewise',
    'acceptance/bad-input: an object without metadata in a watch',
  ),
  17: proved('metadata only', 'conformance/events: S004-09: metadata only has no spec, and hears of every change'),
  18: notBuilt('a shard of a collection, chosen by the server', 'alpha in Kubernetes; an option when it is not'),
  19: proved(
    'selectors are put to the server',
    'conformance/events: S003-41: an object that enters the labels is added',
  ),
  20: proved(
    'several namespaces, one informer',
    'unit/informer/lifecycle: S000-02: one cache and one stream of events',
  ),
  21: proved('other namespaces at run time', 'unit/informer/namespaces: takes its objects with it'),
  22: proved(
    'resources that come and go',
    'conformance/access: S003-21: a resource that the server does not serve > suspends the informer until it is defined',
    'conformance/access: S003-21: a resource that the server does not serve > any more while it is watched says so',
  ),
  23: notBuilt('streams that pause', 'stop it and start another; a checkpoint tells what was missed'),
  24: notBuilt('a namespace read out of a selector', 'namespaces are an option of their own'),
  25: proved('a queue before the cache', 'unit/queue/delta-fifo: random use > agrees with a plain list'),
  26: proved('in order over all objects', 'unit/queue/delta-fifo: order > holds over all keys'),
  27: notBuilt('transactions of the cache', 'one thread: a turn of the event loop is one'),
  28: proved('reading goes on while deltas are applied', 'parity/queue-models: a consumer that is slow'),
  29: proved('a relist is seen in one step', 'unit/informer/contract: a relist becomes visible in one step'),
  30: proved('deletions of a gap', 'unit/informer/contract: S000-14: after changes that were missed'),
  31: proved('handlers do not harm each other', `${handlers}: S004-21: a handler that hangs for ever delays neither`),
  32: proved(
    'back-pressure as far as the socket',
    'unit/reflector/objects: the store > that has enough is not given more',
    'unit/queue/queue-informer: reads no further while the caller is behind',
  ),
  33: proved('each handler knows when it has the initial list', `${handlers}: ready > S002-14`),
  34: proved('adds say that they are initial', 'parity/informer: TestTypedResourceEventHandlerDetailedFuncs'),
  35: notBuilt(
    'callbacks around a relist',
    'it is one step, and what changed are events; `stateChange` tells the phases',
  ),
  36: proved(
    'late handlers get the cache',
    'parity/informer-models: a late handler > has, at whatever moment it comes',
  ),
  37: proved('handlers are removed, and waited for', `${handlers}: remove > waits for the call that is under way`),
  38: proved('a resync for each handler', `${handlers}: TestListenerResyncPeriods`),
  39: proved(
    'only what matters has changed',
    'unit/informer/predicates: generationChanged',
    'unit/informer/pipeline: a state with the uid and version that the handler saw last is left out',
  ),
  40: proved(
    'filters are combined',
    'unit/informer/predicates: allOf',
    'unit/informer/predicates: which not() turns around',
  ),
  41: proved(
    'types of handlers and indexes',
    'acceptance/s002-factory: S002-06 types the objects',
    'parity/informer: TestTypedSharedIndexInformerAddTypedIndexers',
  ),
  42: proved('the object before', 'unit/informer/contract: the old object of an update is the very object that was in'),
  43: proved('events as a stream', 'unit/informer/lifecycle: events() > S002-09: the cache first'),
  44: proved('indexes', 'unit/store/indexer: indexes > find by several values an object'),
  45: proved(
    'indexes are added and removed at run time',
    'unit/informer/upstream: TestIndexer',
    'unit/store/indexer: a replacement > has the indexes that were added while it was prepared',
  ),
  46: notBuilt(
    'an index that remembers which values an object had',
    'they are computed from the object before, which is at hand',
  ),
  47: proved(
    'what an index finds is there',
    'unit/store/indexer: indexes > never give undefined, not even for objects that a reader has modified',
  ),
  48: proved('by labels and namespace', 'unit/store/lister: selects by labels inside a namespace'),
  49: proved('a store of your own', 'acceptance/s004-requests: S004-05 a reflector alone keeps a store'),
  50: proved(
    'chosen fields only',
    'acceptance/s004-memory: S004-09 what is cut out or transformed away is not in the cache',
  ),
  51: notBuilt(
    'a store that forgets and fetches again',
    'a cache that is not whole answers wrongly; `maxObjects` is a limit',
  ),
  52: proved('objects are transformed', `${handlers}: TestTransformingInformer`),
  53: proved('managed fields are cut out', 'unit/transport/client: items have their kind first and no managed fields'),
  54: notBuilt('a store that is filled before the start', 'a state of unknown age; checkpoints tell what was missed'),
  55: proved('readers cannot spoil the cache', 'unit/informer/lifecycle: freeze: the write throws'),
  56: proved(
    'readiness can be awaited, and fail',
    'unit/informer/lifecycle: S004-19: waitForSync rejects when aborted',
  ),
  57: notBuilt(
    'reading your own writes',
    'no write goes through an informer; compare versions with `compareResourceVersions`',
  ),
  58: notBuilt('own writes make no events', 'as above; predicates leave out what does not matter'),
  59: proved('relations both ways', 'acceptance/s003-relations: S003-48: up from a Pod, both ways from a ReplicaSet'),
  60: proved('waiting for a condition', 'unit/informer/lifecycle: S004-20: waitFor resolves with the event'),
  61: proved(
    'one informer for all who ask',
    'acceptance/s000-sharing: shares one informer: one stream for fifty handlers',
  ),
  62: later('informers end with the last who needs them', 'the manager'),
  63: proved('reading starts nothing', 'unit/factory/factory: S000-13: reading sends nothing'),
  64: proved('typed and untyped share one cache', 'unit/factory/factory: S004-14: the typed and the dynamic door'),
  65: proved(
    'defaults, and exceptions from them',
    'unit/factory/factory: scope > selectors of the factory hold unless',
  ),
};

/** For people: the third part of docs/parity.md. */
export function peersPage(): string {
  const rows = Object.entries(peers).map(([number, row]) => `| ${number} | ${row.feature} | ${whatBecame(row)} |`);
  const intro = [
    '# What other stacks have',
    '',
    'Features of the informers of other projects, and whether they are here. Generated from `test/parity/peers.ts`.',
  ];
  return [...intro, '', `${peersSummary()}.`, '', '| | feature | |', '|---|---|---|', ...rows, ''].join('\n');
}

export function peersSummary(): string {
  const count = (is: PeerRow['is']) => Object.values(peers).filter((row) => row.is === is).length;
  const all = Object.keys(peers).length;
  return `${all} features: ${count('proved')} proved, ${count('notBuilt')} not built, ${count('later')} in a later part`;
}

function whatBecame(row: PeerRow): string {
  if (row.is === 'notBuilt') return `not built: ${row.why}`;
  if (row.is === 'later') return `later: ${row.part}`;
  return Array.from(new Set(row.tests.map((test) => `\`${test.slice(0, test.indexOf(':'))}\``))).join(', ');
}
