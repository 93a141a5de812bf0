import type { Clock, Random } from '../../runtime/index.ts';
import type { Answer, Request } from './answer.ts';
import { parseObject, readBody } from './body.ts';
import type { Catalog } from './catalog.ts';
import { type DeleteOptions, deleteObject } from './delete.ts';
import { subresourcesServed } from './discovery.ts';
import type { FaultAction } from './faults.ts';
import { faultyRepresentation } from './faulty-representation.ts';
import { goJson, isObject, type JsonObject } from './json.ts';
import { listPage, noSuchWatchRevision, reachRevision } from './list.ts';
import { sendList } from './list-answer.ts';
import { parseListOptions, parseRevision } from './list-options.ts';
import { negotiate } from './negotiation.ts';
import { patchObject } from './patch-object.ts';
import type { Representation } from './representation.ts';
import type { ResourceRequest } from './request-info.ts';
import type { ResourceType } from './resource-type.ts';
import { handleScale } from './scale.ts';
import { pruneAndDefault } from './schema.ts';
import { badRequest, methodNotAllowed, objectNotFound, resourceNotServed, storageInitializing } from './status.ts';
import type { Storage } from './storage.ts';
import type { StoredObject } from './stored-object.ts';
import { type WatchManners, WatchStream } from './watch.ts';
import type { ObjectWriter, WriteOptions } from './write.ts';

/** What the handling of resource requests needs of the server. */
export interface ServerParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly storage: Storage;
  readonly catalog: Catalog;
  readonly writer: ObjectWriter;
  readonly watches: Set<WatchStream>;
  readonly watchBacklog: number;
}

/** One request for a resource, with what it takes to answer it. */
export interface ResourceExchange {
  readonly info: ResourceRequest;
  readonly type: ResourceType;
  readonly query: URLSearchParams;
  readonly request: Request;
  readonly answer: Answer;
  readonly signal: AbortSignal;
  readonly faults: readonly FaultAction[];
}

export async function handleResource(server: ServerParts, exchange: ResourceExchange): Promise<void> {
  const { info, type } = exchange;
  checkPath(info, type);
  if (!server.catalog.isReady(type, server.clock.now())) throw storageInitializing();
  if (info.subresource === 'scale') {
    if (!['get', 'update', 'patch'].includes(info.verb)) throw methodNotAllowed();
    return handleScale(server, exchange);
  }
  switch (info.verb) {
    case 'get':
      return getObject(server, exchange);
    case 'list':
      return listObjects(server, exchange);
    case 'watch':
      return watchObjects(server, exchange);
    case 'create':
      return createObject(server, exchange);
    case 'update':
      return updateObject(server, exchange);
    case 'patch':
      return patchObject(server, exchange);
    case 'delete':
      return deleteOne(server, exchange);
    case 'deletecollection':
      return deleteMany(server, exchange);
  }
}

function checkPath(info: ResourceRequest, type: ResourceType): void {
  const { verb, name, namespace, subresource } = info;
  if (!type.namespaced && namespace !== '') throw resourceNotServed();
  if (type.namespaced && namespace === '' && name !== '' && verb !== 'watch') throw resourceNotServed();
  if (subresource !== '' && !subresourcesServed(type).includes(subresource)) {
    throw type.custom ? objectNotFound(type, name) : resourceNotServed();
  }
  const needsName = verb === 'update' || verb === 'patch';
  const needsNamespace = verb === 'create' && type.namespaced;
  if ((needsName && name === '') || (verb === 'create' && name !== '')) throw methodNotAllowed();
  if (needsNamespace && namespace === '') throw methodNotAllowed();
}

export function representationOf(
  server: ServerParts,
  exchange: ResourceExchange,
  shape: 'object' | 'list' | 'watch',
): Representation {
  const { type, request, query, faults } = exchange;
  const options = { includeObject: query.get('includeObject'), now: server.clock.now() };
  return faultyRepresentation(negotiate(type, request.headers.accept, shape, options), type, faults, options.now);
}

async function getObject(server: ServerParts, exchange: ResourceExchange): Promise<void> {
  const { info, type, query, signal } = exchange;
  const { method } = exchange.request;
  if (method !== 'GET') throw methodNotAllowed();
  const representation = representationOf(server, exchange, 'object');
  const resourceVersion = query.get('resourceVersion') ?? '';
  if (resourceVersion !== '' && resourceVersion !== '0') await reachRevision(server.storage, resourceVersion, signal);
  const object = server.writer.get(type, info.namespace, info.name);
  sendObject(exchange, 200, object, representation);
}

export function sendObject(
  exchange: ResourceExchange,
  status: number,
  object: StoredObject,
  representation: Representation,
): void {
  const body = Buffer.concat([...representation.object(object), Buffer.from('\n')]);
  const pretty = exchange.query.get('pretty');
  const agent = exchange.request.headers['user-agent'] ?? '';
  // People with curl or a browser get something readable.
  const readable = pretty === null ? /^(curl|Wget|Mozilla\/5\.0)/.test(agent) : pretty !== 'false' && pretty !== '0';
  exchange.answer.json(status, readable ? `${goJson(JSON.parse(body.toString()), 2)}\n` : body);
}

async function listObjects(server: ServerParts, exchange: ResourceExchange): Promise<void> {
  const { info, type, query, signal } = exchange;
  if (exchange.request.method === 'HEAD') throw methodNotAllowed();
  const representation = representationOf(server, exchange, 'list');
  const options = parseListOptions(type, query, { watch: false, name: '', watchList: true });
  const page = await listPage(server.storage, type, info.namespace, options, signal);
  await sendList(exchange, page, representation);
}

/** How the faults of a watch let the server depart from the protocol. */
function mannersOf(faults: readonly FaultAction[]): WatchManners & { watchList: 'supported' | 'refused' | 'ignored' } {
  const end = faults.find((fault) => fault.kind === 'initialEventsEnd')?.delay ?? 0;
  const watchList = faults.find((fault) => fault.kind === 'noWatchList')?.as ?? 'supported';
  return {
    bookmarks: !faults.some((fault) => fault.kind === 'noBookmarks'),
    watchList,
    // A server without streaming lists knows no mark, not even for a watch that begins with all objects.
    initialEventsEndDelay: watchList !== 'supported' || end === 'never' ? undefined : end,
  };
}

async function watchObjects(server: ServerParts, exchange: ResourceExchange): Promise<void> {
  const { info, type, answer } = exchange;
  const representation = representationOf(server, exchange, 'watch');
  const query = new URLSearchParams(exchange.query);
  const { watchList, ...manners } = mannersOf(exchange.faults);
  if (watchList === 'ignored') {
    if (query.has('sendInitialEvents')) query.delete('resourceVersionMatch');
    query.delete('sendInitialEvents');
  }
  const options = parseListOptions(type, query, {
    watch: true,
    name: info.name,
    watchList: watchList === 'supported',
  });
  const { resourceVersion } = options;
  if (resourceVersion !== '' && parseRevision(resourceVersion) === undefined)
    throw noSuchWatchRevision(resourceVersion);
  const outlet = answer.stream(200, { 'Content-Type': 'application/json' });
  const stream = new WatchStream({
    storage: server.storage,
    clock: server.clock,
    random: server.random,
    type,
    namespace: info.namespace,
    options,
    representation,
    outlet,
    manners,
    backlogLimit: server.watchBacklog,
  });
  server.watches.add(stream);
  try {
    await stream.run();
  } finally {
    server.watches.delete(stream);
  }
}

async function createObject(server: ServerParts, exchange: ResourceExchange): Promise<void> {
  const { info, type, request } = exchange;
  const representation = representationOf(server, exchange, 'object');
  const object = parseObject(type, request.headers['content-type'] ?? '', await readBody(request));
  tidy(exchange, object);
  const stored = server.writer.create(type, info.namespace, object, writeOptions(exchange));
  sendObject(exchange, 201, stored, representation);
}

async function updateObject(server: ServerParts, exchange: ResourceExchange): Promise<void> {
  const { info, type, request } = exchange;
  const representation = representationOf(server, exchange, 'object');
  const object = parseObject(type, request.headers['content-type'] ?? '', await readBody(request));
  tidy(exchange, object);
  const options = writeOptions(exchange);
  const stored = server.writer.update(type, info.namespace, info.name, object, options);
  sendObject(exchange, 200, stored, representation);
}

/** Prunes and completes an object that came in; unknown fields are refused, warned of, or ignored as the request says. */
export function tidy({ type, query, answer }: ResourceExchange, object: JsonObject): void {
  const unknown = pruneAndDefault(type, object);
  const mode = query.get('fieldValidation') ?? 'Warn';
  const problems = unknown.map((path) => `unknown field "${path}"`);
  if (problems.length === 0 || mode === 'Ignore') return;
  if (mode !== 'Strict') {
    answer.warn(problems);
    return;
  }
  const problem = `strict decoding error: ${problems.join(', ')}`;
  throw badRequest(`${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: ${problem}`);
}

/** What a write over HTTP says beside the object. */
export function writeOptions({ info, query, request }: ResourceExchange): WriteOptions & { manager: string } {
  const agent = (request.headers['user-agent'] ?? '').split('/')[0] ?? '';
  const manager = query.get('fieldManager') ?? (agent === '' ? 'unknown' : agent);
  return { dryRun: isDryRun(query), subresource: info.subresource, manager };
}

function isDryRun(query: URLSearchParams): boolean {
  const value = query.get('dryRun');
  if (value !== null && value !== 'All') {
    throw badRequest(`dryRun: Unsupported value: "${value}": supported values: "All"`);
  }
  return value === 'All';
}

async function deleteOne(server: ServerParts, exchange: ResourceExchange): Promise<void> {
  const { info, type, request, query } = exchange;
  const options = parseDeleteOptions(query, await readBody(request));
  const current = server.writer.get(type, info.namespace, info.name);
  const deletion = deleteObject(server.storage, server.writer, type, current, options);
  // Pods are given back even when they are gone.
  if (!deletion.gone || type.resource === 'pods') {
    sendObject(exchange, 200, deletion.object, representationOf(server, exchange, 'object'));
  } else exchange.answer.json(200, `${goJson(deletion.status)}\n`);
}

async function deleteMany(server: ServerParts, exchange: ResourceExchange): Promise<void> {
  const { info, type, request, query, signal } = exchange;
  const options = parseDeleteOptions(query, await readBody(request));
  const listOptions = parseListOptions(type, query, { watch: false, name: '', watchList: true });
  const page = await listPage(server.storage, type, info.namespace, { ...listOptions, limit: 0 }, signal);
  for (const object of page.objects) deleteObject(server.storage, server.writer, type, object, options);
  await sendList(exchange, page, representationOf(server, exchange, 'list'));
}

/** From the body, or where there is none, from the query. */
function parseDeleteOptions(query: URLSearchParams, body: Buffer): DeleteOptions {
  const fromBody: unknown = body.length === 0 ? {} : JSON.parse(body.toString());
  const given: JsonObject = isObject(fromBody) ? fromBody : {};
  const grace = given.gracePeriodSeconds ?? query.get('gracePeriodSeconds');
  const policy = given.propagationPolicy ?? query.get('propagationPolicy');
  const preconditions = given.preconditions;
  return {
    ...(grace === null || grace === undefined ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(policy === 'Foreground' || policy === 'Orphan' ? { propagationPolicy: policy } : {}),
    ...(isObject(preconditions) ? { preconditions } : {}),
    // A body wins over the query as a whole.
    dryRun: body.length === 0 ? isDryRun(query) : Array.isArray(given.dryRun) && given.dryRun.includes('All'),
  };
}
