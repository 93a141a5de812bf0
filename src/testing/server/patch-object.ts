import { readBody } from './body.ts';
import { isObject, type JsonObject } from './json.ts';
import { negotiate } from './negotiation.ts';
import { jsonPatch, mergePatch, type PatchKind, patchKind, strategicPatch } from './patch.ts';
import { isDryRun, type ResourceExchange, type ServerParts, sendObject } from './resource-handler.ts';
import type { ResourceType } from './resource-type.ts';
import { badRequest, failure, unsupportedMediaType } from './status.ts';
import type { StoredObject } from './stored-object.ts';

export async function patchObject(server: ServerParts, exchange: ResourceExchange): Promise<void> {
  const { info, type, query, request } = exchange;
  const representation = negotiate(type, request.headers.accept, 'object', {
    includeObject: query.get('includeObject'),
  });
  const kind = patchKind(request.headers['content-type'] ?? '');
  const body = await readBody(request);
  if (kind === undefined) throw failure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  const patch = parsePatch(body);
  const options = { dryRun: isDryRun(query), subresource: info.subresource };
  const current = server.writer.get(type, info.namespace, info.name);
  const patched = applyPatch(type, current, kind, patch);
  const stored = server.writer.update(type, info.namespace, info.name, patched, options);
  sendObject(exchange, 200, stored, representation);
}

function parsePatch(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw badRequest(
      `error decoding patch: invalid character '${body.toString()[0] ?? ''}' looking for beginning of value`,
    );
  }
}

/** The object that a patch makes of `current`. */
export function applyPatch(type: ResourceType, current: StoredObject, kind: PatchKind, patch: unknown): JsonObject {
  if (kind === 'strategic' && type.custom) {
    const accepted = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'];
    throw unsupportedMediaType(accepted);
  }
  const before = current.decode(type);
  const after =
    kind === 'json'
      ? jsonPatch(before, patch)
      : kind === 'strategic'
        ? strategicPatch(before, patch)
        : mergePatch(before, patch);
  if (!isObject(after)) throw badRequest('the patch makes no object');
  return after;
}
