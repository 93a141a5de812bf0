/**
 * What the project is asked for, row by row. A row is done when the tests whose titles start with its id pass; `npm run accept` says which
 * are.
 */
export interface Row {
  readonly id: string;
  /** 1: the core of the library, 2: Manager and service, 3: later or optional. */
  readonly priority: 1 | 2 | 3;
  readonly title: string;
  /** The row that proves this one; it has no tests of its own then. */
  readonly alias?: string;
  readonly scope: 'now' | { readonly later: string };
}

type Priority = Row['priority'];

const manager = 'the Manager is not built yet';
const service = 'the watcher service is not built yet';
const sinks = 'sinks belong to the watcher service, which is not built yet';
const documentation = 'the documentation is not written yet';
const untested = 'no acceptance test yet';
const unbuilt = 'not built yet';

function now(id: string, priority: Priority, title: string): Row {
  return { id, priority, title, scope: 'now' };
}

function later(id: string, priority: Priority, title: string, reason: string): Row {
  return { id, priority, title, scope: { later: reason } };
}

function same(id: string, priority: Priority, title: string, alias: string): Row {
  return { id, priority, title, alias, scope: 'now' };
}

/** In the order of their ids. */
export const rows: readonly Row[] = [
  now('S000-01', 1, 'changes of config maps arrive as add, update and delete, and as raw events'),
  now('S000-02', 1, 'chosen namespaces: a list and a watch for each, one cache'),
  later('S000-03', 2, 'the set of namespaces follows a selector', unbuilt),
  now('S000-04', 1, 'events pass through filters, change predicates and projections'),
  later('S000-05', 2, 'events go out to sinks that do not hinder each other', sinks),
  later('S000-06', 2, 'the address of a receiver follows from the event', sinks),
  later('S000-07', 2, 'deliveries are tried again, in order for each key', sinks),
  later('S000-08', 2, 'a receiver that checks and queues what it is sent', sinks),
  later('S000-09', 3, 'mutual TLS between sender and receiver', sinks),
  now('S000-10', 1, 'a plain watch: typed events, one request, stop and abort'),
  now('S000-11', 1, 'raw events carry the new state only'),
  now('S000-12', 1, 'one reflector feeds an indexed store or a queue'),
  now('S000-13', 1, 'reading the cache sends no request'),
  now('S000-14', 1, 'updates have before and after; deletions say whether they were seen'),
  now('S000-15', 1, 'any lister-watcher drives an informer'),
  now('S000-16', 1, 'lister, store and reflector can be used on their own'),
  now('S000-17', 1, 'who asks for the same collection shares requests and connection'),
  now('S000-18', 1, 'failed requests are tried again, at the right times'),
  now('S000-19', 1, 'after a restart the changes in between are events'),
  now('S000-20', 1, 'indexes answer fast over many objects'),
  now('S000-21', 1, 'a change can be traced through all its hops'),
  later('S000-22', 3, 'an informer for every resource of a group and version', unbuilt),
  now('S000-23', 1, 'a predicate for the generation'),
  now('S000-24', 2, 'set-based label selectors'),
  later('S000-25', 3, 'changes of spec or status only', untested),
  later('S000-26', 3, 'a deaf watcher is noticed', service),
  now('S000-27', 2, 'prerequisites are stated and tested'),
  now('S000-28', 2, 'the usage section runs'),
  now('S000-29', 2, 'the development section runs'),
  now('S000-30', 2, 'troubleshooting has an entry for each error code'),
  later('S000-31', 2, 'health, measures and leader election of the operator', service),
  now('S000-32', 3, 'no placeholders in what is published'),

  now('S001-01', 1, 'custom and built-in resources alike'),
  same('S001-02', 1, 'creation, change and deletion of any resource', 'S000-01'),
  now('S001-03', 1, 'events become requests to a reconcile function'),
  later(
    'S001-04',
    1,
    'from server to handler in less than 50 ms',
    'a benchmark; the acceptance run does not time latency yet',
  ),
  now('S001-05', 1, 'modules share an informer through a factory'),
  later('S001-06', 2, 'typed definitions of custom resources', untested),
  later('S001-07', 2, 'a directory that follows an informer', manager),
  later('S001-08', 2, 'a Manager owns informers for others', manager),
  now('S001-09', 2, 'typed and dynamic access through one client'),
  later('S001-10', 2, 'logging without secrets', manager),
  later('S001-11', 2, 'concurrent additions make one informer', manager),
  later('S001-12', 2, 'pinned watches', manager),
  later('S001-13', 2, 'resync period of the Manager', manager),
  later('S001-14', 2, 'period of the health check', manager),
  later('S001-15', 2, 'the health check stops at once', manager),
  later('S001-16', 2, 'a handle keeps request, state and stop together', manager),
  later('S001-17', 2, 'owners are told apart by their full identity', manager),
  later('S001-18', 2, 'a target is a collection or one object', manager),
  later('S001-19', 2, 'handlers of a request are isolated', manager),
  later('S001-20', 2, 'composite keys are unambiguous and reversible', manager),
  later('S001-21', 2, 'watches are found by key and by owner', manager),
  later('S001-22', 2, 'adding twice does what was chosen', manager),
  later('S001-23', 2, 'whether the target must exist can be chosen', manager),
  later('S001-24', 2, 'adding waits for the sync, for so long', manager),
  later('S001-25', 2, 'stopping one watch', manager),
  later('S001-26', 2, 'stopping the watches of an owner', manager),
  later('S001-27', 2, 'stopping everything leaves nothing', manager),
  later('S001-28', 2, 'a dead informer is found and restarted', manager),
  later('S001-29', 2, 'a slow first sync is no fault', manager),
  later('S001-30', 2, 'a watch is replaced without a gap', manager),
  later('S001-31', 2, 'watches follow the set of owners', manager),
  later('S001-32', 2, 'measures with bounded labels', manager),
  later('S001-33', 2, 'watches of single objects merge into one', manager),
  now('S001-34', 1, 'handlers get objects, never bare tombstones'),
  now('S001-35', 3, 'a picture of the modules, made from the code'),

  same('S002-01', 1, 'an informer observes its resource', 'S000-01'),
  now('S002-02', 1, 'one informer for each resource'),
  now('S002-03', 1, 'objects are cached by key, at a known cost'),
  now('S002-04', 1, 'clients from any usual kubeconfig'),
  now('S002-05', 1, 'factories with a default resync period'),
  now('S002-06', 1, 'typed access to built-in resources'),
  now('S002-07', 1, 'a resync replays the cache without a request'),
  now('S002-08', 1, 'handlers can be removed at any time'),
  now('S002-09', 1, 'late handlers get what is there first'),
  now('S002-10', 1, 'an abort signal ends everything'),
  now('S002-11', 1, 'starting a factory twice starts what is new'),
  now('S002-12', 1, 'waiting for the sync ends with an answer'),
  now('S002-13', 1, 'something runs periodically until it is stopped'),
  now('S002-14', 1, 'ready means that all initial objects were handled'),
  now('S002-15', 1, 'keys of objects, and back'),
  now('S002-16', 1, 'events come in the order of the server'),
  now('S002-17', 1, 'deletion ends the life of an object'),
  now('S002-18', 2, 'the example of the tutorial runs by one command'),
  now('S002-19', 1, 'signals of the process end it cleanly'),
  now('S002-20', 3, 'references to the literature'),
  same('S002-21', 1, 'listers', 'S000-16'),
  now('S002-22', 1, 'cached objects are read-only'),

  later('S003-01', 2, 'a service that watches any resource', service),
  now('S003-02', 1, 'the initial state is streamed where the server can, listed elsewhere'),
  now('S003-03', 2, 'one list a day, however often the watch breaks'),
  later('S003-04', 2, 'lists over the query API', service),
  { ...same('S003-05', 2, 'notices of changes', 'S003-35'), scope: { later: service } },
  later('S003-06', 2, 'watched kinds change at run time', service),
  later('S003-07', 2, 'a sidecar that needs little', service),
  later('S003-08', 2, 'the smallest roles for a configuration', service),
  later('S003-09', 3, 'the verbs of the API explained', documentation),
  later('S003-10', 1, 'ten thousand queries a second', service),
  later('S003-11', 2, 'notices by webhook and message queue', service),
  later('S003-12', 3, 'a README in two languages', documentation),
  now('S003-13', 2, 'queries are answered from the cache'),
  now('S003-14', 2, 'a query of a disconnected cache reconnects it'),
  later('S003-15', 2, 'reconnecting by itself can be turned off', service),
  now('S003-16', 2, 'the first query of a kind begins to watch it'),
  now('S003-17', 2, 'watching on demand can be denied'),
  now('S003-18', 2, 'watching on demand is limited'),
  later('S003-19', 2, 'definitions of custom resources are listed live', service),
  now('S003-20', 2, 'changed definitions refresh the discovery'),
  now('S003-21', 2, 'watches survive the coming and going of their definition'),
  now('S003-22', 1, 'kinds and resources are mapped by discovery'),
  now('S003-23', 2, 'one object by name'),
  now('S003-24', 2, 'one object by namespace and name'),
  now('S003-25', 2, 'incomplete conditions make a range query'),
  now('S003-26', 2, 'one object by uid'),
  now('S003-27', 2, 'the objects of a namespace, in stable pages'),
  later('S003-28', 2, 'field selectors over any path', service),
  now('S003-29', 2, 'field values are typed'),
  now('S003-30', 2, 'field queries use indexes'),
  now('S003-31', 2, 'label selectors in queries'),
  now('S003-32', 2, 'lists behave as those of cached readers elsewhere'),
  later('S003-33', 3, 'queries over versions, names and annotations', service),
  now('S003-34', 2, 'combined conditions start at the smallest index'),
  later('S003-35', 2, 'webhooks for a kind', service),
  later('S003-36', 2, 'a subscription uses the cache that is there', service),
  later('S003-37', 2, 'the cache is newer than any notice', service),
  later('S003-38', 2, 'three formats of a notice', service),
  later('S003-39', 2, 'notices of one namespace', service),
  later('S003-40', 2, 'a subscription with a cache and a session of its own', service),
  now('S003-41', 2, 'entering and leaving a selector'),
  now('S003-42', 2, 'equal selectors share a dedicated cache'),
  later('S003-43', 2, 'at least once, in order, in bounded memory', service),
  later('S003-44', 2, 'signed notices', service),
  later('S003-45', 2, 'what a subscription starts with', service),
  later('S003-46', 2, 'notices through message queues', service),
  later('S003-47', 2, 'streams that can be resumed', service),
  later('S003-48', 2, 'deployments, replica sets, pods', service),
  later('S003-49', 2, 'claims and volumes', service),
  later('S003-50', 2, 'services and endpoints', service),
  later('S003-51', 2, 'relations are live', service),
  later('S003-52', 3, 'relations of your own', service),
  later('S003-53', 2, 'where the configuration is', service),
  now('S003-54', 2, 'what the configuration says'),
  later('S003-55', 2, 'the configuration changes at run time', service),
  later('S003-56', 2, 'a description of the API', service),
  later('S003-57', 2, 'health of the service', service),
  later('S003-58', 2, 'measures of the service', service),
  later('S003-59', 2, 'the cache respects roles', service),
  later('S003-60', 2, 'what the service watches can be seen', service),
  now('S003-61', 1, 'everything works over HTTP/1.1 and HTTP/2'),
  later('S003-62', 2, 'log level and format', service),

  same('S004-01', 1, 'a controller is kept informed', 'S001-03'),
  now('S004-02', 1, 'no polling'),
  same('S004-03', 1, 'the state is cached', 'S000-12'),
  now('S004-04', 1, 'only changes are told'),
  now('S004-05', 1, 'the reflector alone'),
  now('S004-06', 1, 'the delta queue alone'),
  now('S004-07', 1, 'the indexer alone'),
  now('S004-08', 1, 'one cache for all consumers'),
  now('S004-09', 1, 'the cache can be kept small'),
  now('S004-10', 1, 'a quick start in four steps'),
  now('S004-11', 1, 'configuration inside a cluster'),
  now('S004-12', 1, 'bad configuration is explained'),
  now('S004-13', 1, 'closing in every case'),
  now('S004-14', 1, 'dynamic and typed access share an informer'),
  now('S004-15', 1, 'one function for all events'),
  now('S004-16', 1, 'a resync period of 30 s costs no request'),
  same('S004-17', 1, 'starting calls the handlers', 'S002-11'),
  now('S004-18', 1, 'it goes on until it is stopped or cannot go on'),
  now('S004-19', 1, 'why a sync failed is known'),
  now('S004-20', 1, 'waiting for a state without polling'),
  now('S004-21', 1, 'slow subscribers hinder nobody'),
];
