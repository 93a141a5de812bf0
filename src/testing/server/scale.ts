import { readBody } from './body.ts';
import { goJson, isObject, type JsonObject, valueAt } from './json.ts';
import { patchedBy } from './patch-object.ts';
import { type ResourceExchange, type ServerParts, writeOptions } from './resource-handler.ts';
import type { ResourceType } from './resource-type.ts';
import { badRequest, failure } from './status.ts';
import type { StoredObject } from './stored-object.ts';
import { metadataOf } from './write.ts';

/** Answers a request for the scale subresource of a custom object. */
export async function handleScale(server: ServerParts, exchange: ResourceExchange): Promise<void> {
  const { info, type, request } = exchange;
  const body = info.verb === 'get' ? undefined : await readBody(request);
  const current = server.writer.get(type, info.namespace, info.name);
  const scale = scaleOf(type, current);
  let stored = current;
  if (body) {
    const wanted =
      info.verb === 'update' ? parsedScale(body) : patchedBy(type, scale, request.headers['content-type'] ?? '', body);
    const object = current.decode(type);
    setAt(object, type.scale?.specPath ?? '', valueAt(wanted, 'spec.replicas'));
    const { resourceVersion } = metadataOf(wanted);
    metadataOf(object).resourceVersion = resourceVersion ?? String(current.revision);
    stored = server.writer.update(type, info.namespace, info.name, object, writeOptions(exchange));
  }
  exchange.answer.json(200, `${goJson(scaleOf(type, stored))}\n`);
}

function scaleOf(type: ResourceType, object: StoredObject): JsonObject {
  const decoded = object.decode(type);
  const { scale } = type;
  const replicas = scale && valueAt(decoded, scale.specPath);
  if (!scale || typeof replicas !== 'number') {
    const problem = `the spec replicas field ${JSON.stringify(scale?.specPath ?? '')} does not exist`;
    throw failure(500, 'InternalError', `Internal error occurred: ${problem}`, { causes: [{ message: problem }] });
  }
  const { name, namespace, uid } = object;
  const { creationTimestamp } = metadataOf(decoded);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion: String(object.revision), creationTimestamp },
    spec: { replicas },
    status: { replicas: valueAt(decoded, scale.statusPath) ?? 0 },
  };
}

function parsedScale(body: Buffer): JsonObject {
  let scale: unknown;
  try {
    scale = JSON.parse(body.toString());
  } catch {
    scale = undefined;
  }
  if (!isObject(scale)) throw badRequest('the object provided is unrecognized (must be of type Scale)');
  return scale;
}

function setAt(object: JsonObject, path: string, value: unknown): void {
  const keys = path.split('.').filter((key) => key !== '');
  const last = keys.pop();
  let place = object;
  for (const key of keys) {
    if (!isObject(place[key])) place[key] = {};
    place = place[key] as JsonObject;
  }
  if (last !== undefined) place[last] = value;
}
