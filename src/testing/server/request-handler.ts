import { ApiStatusError } from '../../kubernetes/index.ts';
import { Answer, type Request, type Response } from './answer.ts';
import { discover } from './discovery.ts';
import { answerHealth, versionDocument } from './health.ts';
import { parseResourceRequest, type ResourceRequest } from './request-info.ts';
import type { RequestEntry } from './request-log.ts';
import { handleResource, type ServerParts } from './resource-handler.ts';
import { failure, resourceNotServed } from './status.ts';

const notFoundPage = '404 page not found\n';

/** Answers one request. Never rejects. */
export async function handleRequest(
  server: ServerParts & { readonly address: string },
  request: Request,
  response: Response,
  entry: RequestEntry,
): Promise<void> {
  const abort = new AbortController();
  response.on('close', () => abort.abort());
  const answer = new Answer(response, {
    auditId: server.writer.uuid(),
    onStatus: (status) => {
      entry.status = status;
    },
  });
  try {
    const info = parseResourceRequest(entry.method, entry.path, entry.query);
    if (info) await handleResourceRequest(server, info, entry, request, answer, abort.signal);
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

export function describeRequest(entry: RequestEntry, info: ResourceRequest): void {
  entry.verb = info.verb;
  entry.group = info.group;
  entry.version = info.version;
  entry.resource = info.resource;
  entry.namespace = info.namespace;
  entry.name = info.name;
  entry.subresource = info.subresource;
}

async function handleResourceRequest(
  server: ServerParts,
  info: ResourceRequest,
  entry: RequestEntry,
  request: Request,
  answer: Answer,
  signal: AbortSignal,
): Promise<void> {
  describeRequest(entry, info);
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
    manners: { bookmarks: true, initialEventsEndDelay: 0 },
    watchList: 'supported',
  });
}

function answerOther(
  server: ServerParts & { readonly address: string },
  entry: RequestEntry,
  request: Request,
  answer: Answer,
): void {
  const { path } = entry;
  const health = answerHealth(path, entry.query.has('verbose'));
  const found = discover(server.catalog, path, request.headers.accept ?? '', server.address);
  if (path === '/version' || path === '/version/') answer.json(200, versionDocument);
  else if (health !== undefined) answer.text(200, health);
  else if (!found) answer.text(404, notFoundPage);
  else if (found.etag === undefined) answer.json(200, found.body);
  else {
    const headers = { 'Cache-Control': 'public', Etag: found.etag, Vary: 'Accept' };
    if (request.headers['if-none-match'] === found.etag) answer.notModified(headers);
    else answer.json(200, found.body, { ...headers, 'Content-Type': found.contentType });
  }
}
