import type { Request } from './answer.ts';
import { isObject, type JsonObject } from './json.ts';
import type { ResourceType } from './resource-type.ts';
import { badRequest, failure, invalid, invalidValue, unsupportedMediaType } from './status.ts';
import { typeMeta } from './stored-object.ts';

const limit = 3 * 1024 * 1024;

/** Reads a request's body to its end; 413 if it is too long. */
export async function readBody(request: Request): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
  }
  if (size <= limit) return Buffer.concat(chunks);
  throw failure(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limit}`);
}

const objectTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

/** The object in the body of a create or update. Its type may be left out. */
export function parseObject(type: ResourceType, contentType: string, body: Buffer): JsonObject {
  const media = contentType.split(';')[0]?.trim() ?? '';
  if (media !== '' && media !== 'application/json') throw unsupportedMediaType(objectTypes);
  const text = body.toString();
  let object: unknown;
  try {
    object = JSON.parse(text);
  } catch {
    const problem = "couldn't get version/kind; json parse error: unexpected end of JSON input";
    throw badRequest(
      `the object provided is unrecognized (must be of type ${type.kind}): ${problem} (${text.slice(0, 1000)})`,
    );
  }
  if (!isObject(object)) throw badRequest(`the object provided is unrecognized (must be of type ${type.kind})`);
  return withType(type, object);
}

/** Completes the type of an object, and refuses another. */
export function withType(type: ResourceType, object: JsonObject): JsonObject {
  const { kind, apiVersion } = typeMeta(type);
  const givenKind = object.kind ?? kind;
  const givenVersion = object.apiVersion ?? apiVersion;
  if (givenKind !== kind || givenVersion !== apiVersion) {
    if (type.custom && givenVersion === apiVersion) {
      const name = isObject(object.metadata) ? String(object.metadata.name ?? '') : '';
      throw invalid({ kind: String(givenKind), group: type.group, name }, [
        invalidValue('kind', `"${String(givenKind)}"`, `must be ${kind}`),
      ]);
    }
    const problem = type.custom
      ? `the object provided is unrecognized (must be of type ${kind})`
      : `${String(givenKind)} in version "${type.version}" cannot be handled as a ${kind}: converting ` +
        `(${type.version}.${String(givenKind)}) to (core.${kind}): unknown conversion`;
    throw badRequest(problem);
  }
  checkStringMaps(type, object);
  return { ...object, apiVersion, kind };
}

/** The commonest mistake in hand-written manifests: a number where a text must be. */
function checkStringMaps(type: ResourceType, object: JsonObject): void {
  const metadata = isObject(object.metadata) ? object.metadata : {};
  const hasData = type.resource === 'configmaps' || type.resource === 'secrets';
  const maps: [string, unknown][] = [
    ['ObjectMeta.metadata.labels', metadata.labels],
    ['ObjectMeta.metadata.annotations', metadata.annotations],
    [`${type.kind}.data`, hasData ? object.data : undefined],
  ];
  for (const [field, map] of maps) {
    for (const value of isObject(map) ? Object.values(map) : []) {
      if (typeof value === 'string') continue;
      const found = typeof value === 'object' ? 'object' : typeof value;
      throw badRequest(
        `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: json: cannot unmarshal ${found === 'boolean' ? 'bool' : found} into Go struct field ${field} of type string`,
      );
    }
  }
}
