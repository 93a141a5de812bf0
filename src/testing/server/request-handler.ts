import { ApiStatusError } from '../../kubernetes/index.ts';
import { sleep } from '../../runtime/index.ts';
import { Answer, type Request, type Response } from './answer.ts';
import { type AuthOptions, actingUser, authenticate, authorize, type User } from './auth.ts';
import { discover } from './discovery.ts';
import type { FaultAction, FaultPlan } from './faults.ts';
import { faultyOutlet } from './faulty-outlet.ts';
import { answerHealth, versionDocument } from './health.ts';
import { goJson } from './json.ts';
import { openApi } from './openapi.ts';
import { parseResourceRequest, type ResourceRequest } from './request-info.ts';
import type { RequestEntry } from './request-log.ts';
import { handleResource, type ServerParts } from './resource-handler.ts';
import { failure, resourceNotServed, tooLargeResourceVersion } from './status.ts';

const notFoundPage = '404 page not found\n';

/** What the front of the server needs beside the parts that serve resources. */
export interface FrontParts extends ServerParts {
  /** Host and port, as discovery tells them. */
  readonly address: string;
  readonly auth: AuthOptions;
  readonly faults: FaultPlan;
}

/** Answers one request. Never rejects. */
export async function handleRequest(
  server: FrontParts,
  request: Request,
  response: Response,
  entry: RequestEntry,
): Promise<void> {
  const abort = new AbortController();
  response.on('close', () => abort.abort());
  const info = parseResourceRequest(entry.method, entry.path, entry.query);
  if (info) describeRequest(entry, info);
  const actions = server.faults.take(entry);
  const answer = new Answer(response, {
    auditId: server.writer.uuid(),
    onStatus: (status) => {
      entry.status = status;
    },
    wrap: (outlet) => faultyOutlet(outlet, actions),
  });
  try {
    if (!(await befall(server, actions, entry, answer, abort.signal))) return;
    const user = actingUser(server.auth, authenticate(server.auth, request), request, info);
    entry.user = user.name;
    if (info) await handleResourceRequest(server, info, user, actions, entry, request, answer, abort.signal);
    else answerOther(server, entry, request, answer);
  } catch (error) {
    if (answer.started || abort.signal.aborted) {
      answer.reset();
      return;
    }
    if (error instanceof ApiStatusError) {
      answer.failure(error);
      return;
    }
    const text = error instanceof Error ? error.message : String(error);
    const cause = { causes: [{ message: text }] };
    answer.failure(failure(500, 'InternalError', `Internal error occurred: ${text}`, cause));
  }
}

/** Does what the faults do instead of, or before, the service. `false` if the request is not served. */
async function befall(
  server: FrontParts,
  actions: readonly FaultAction[],
  entry: RequestEntry,
  answer: Answer,
  signal: AbortSignal,
): Promise<boolean> {
  for (const action of actions) {
    switch (action.kind) {
      case 'delay':
        if (!(await sleep(server.clock, action.delay, signal))) return false;
        break;
      case 'status': {
        const { code, reason, message = 'injected fault', details, retryAfter, text } = action;
        const headers = retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) };
        if (text !== undefined) answer.text(code, text, headers);
        else answer.json(code, `${goJson(failure(code, reason, message, details).status)}\n`, headers);
        return false;
      }
      case 'answer':
        answer.json(200, action.body, { 'Content-Type': action.contentType ?? 'application/json' });
        return false;
      case 'futureResourceVersion':
        throw tooLargeResourceVersion(
          Number(entry.query.get('resourceVersion') ?? 0) || server.storage.revision + 1,
          server.storage.revision,
        );
      case 'reset':
        answer.reset();
        return false;
      case 'stall':
        return false;
    }
  }
  return true;
}

function describeRequest(entry: RequestEntry, info: ResourceRequest): void {
  entry.verb = info.verb;
  entry.group = info.group;
  entry.version = info.version;
  entry.resource = info.resource;
  entry.namespace = info.namespace;
  entry.name = info.name;
  entry.subresource = info.subresource;
}

async function handleResourceRequest(
  server: FrontParts,
  info: ResourceRequest,
  user: User,
  actions: readonly FaultAction[],
  entry: RequestEntry,
  request: Request,
  answer: Answer,
  signal: AbortSignal,
): Promise<void> {
  authorize(server.auth, user, info);
  const type = server.catalog.find(info.group, info.version, info.resource);
  if (!type) {
    if (server.catalog.isBuiltInGroup(info.group)) throw resourceNotServed();
    answer.text(404, notFoundPage);
    return;
  }
  await handleResource(server, {
    info,
    type,
    query: entry.query,
    request,
    answer,
    signal,
    faults: actions,
  });
}

function answerOther(server: FrontParts, entry: RequestEntry, request: Request, answer: Answer): void {
  const { path } = entry;
  const health = answerHealth(path, entry.query.has('verbose'));
  const schema = openApi(server.catalog, path);
  const found = discover(server.catalog, path, request.headers.accept ?? '', server.address);
  if (path === '/version' || path === '/version/') answer.json(200, versionDocument);
  else if (health !== undefined) answer.text(200, health);
  else if (schema !== undefined) answer.json(200, schema);
  else if (!found) answer.text(404, notFoundPage);
  else if (found.etag === undefined) answer.json(200, found.body);
  else {
    const headers = { 'Cache-Control': 'public', Etag: found.etag, Vary: 'Accept' };
    if (request.headers['if-none-match'] === found.etag) answer.notModified(headers);
    else answer.json(200, found.body, { ...headers, 'Content-Type': found.contentType });
  }
}
