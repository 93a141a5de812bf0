import { requireFieldManager } from './apply.ts';
import { readBody, withType } from './body.ts';
import { isObject, type JsonObject } from './json.ts';
import { jsonPatch, mergePatch, type PatchKind, patchKind, strategicPatch } from './patch.ts';
import { isTrue } from './request-info.ts';
import {
  type ResourceExchange,
  representationOf,
  type ServerParts,
  sendObject,
  tidy,
  writeOptions,
} from './resource-handler.ts';
import type { ResourceType } from './resource-type.ts';
import { badRequest, failure, unsupportedMediaType } from './status.ts';
import type { StoredObject } from './stored-object.ts';

export async function patchObject(server: ServerParts, exchange: ResourceExchange): Promise<void> {
  const { info, type, query, request } = exchange;
  const representation = representationOf(server, exchange, 'object');
  const kind = patchKind(request.headers['content-type'] ?? '');
  const body = await readBody(request);
  if (kind === undefined) throw failure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  if (kind === 'apply') requireFieldManager(query.get('fieldManager'));
  const patch = parsePatch(body);
  const options = writeOptions(exchange);
  if (kind === 'apply') {
    const applied = withType(type, isObject(patch) ? patch : {});
    tidy(exchange, applied);
    const force = isTrue(query.get('force'));
    const { stored, created } = server.writer.apply(type, info.namespace, info.name, applied, { ...options, force });
    sendObject(exchange, created ? 201 : 200, stored, representation);
    return;
  }
  const current = server.writer.get(type, info.namespace, info.name);
  const object = applyPatch(type, current, kind, patch);
  tidy(exchange, object);
  const stored = server.writer.update(type, info.namespace, info.name, object, options);
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

/** What the patch in `body` makes of a subresource, by the form that its content type names. */
export function patchedBy(type: ResourceType, before: JsonObject, contentType: string, body: Buffer): JsonObject {
  const kind = patchKind(contentType);
  if (kind === undefined || kind === 'apply') {
    throw failure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  }
  return patched(type, before, kind, parsePatch(body));
}

/** The object that a patch makes of `current`. */
export function applyPatch(type: ResourceType, current: StoredObject, kind: PatchKind, patch: unknown): JsonObject {
  return patched(type, current.decode(type), kind, patch);
}

function patched(type: ResourceType, before: JsonObject, kind: PatchKind, patch: unknown): JsonObject {
  if (kind === 'strategic' && type.custom) {
    const accepted = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'];
    throw unsupportedMediaType(accepted);
  }
  const after =
    kind === 'json'
      ? jsonPatch(before, patch)
      : kind === 'strategic'
        ? strategicPatch(before, patch)
        : mergePatch(before, patch);
  if (!isObject(after)) throw badRequest('the patch makes no object');
  return after;
}
