import { apiVersionOf } from '../../kubernetes/index.ts';
import { goJson, type JsonObject } from './json.ts';

/** A column of a custom resource's table. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
}

/** One resource in one version, as it is served. */
export interface ResourceType {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
  readonly listKind: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly string[];
  /** Served from a CustomResourceDefinition. Such objects are printed with alphabetical keys and carry their type in lists. */
  readonly custom: boolean;
  /** Fields that field selectors may name, beside `metadata.name` and `metadata.namespace`. */
  readonly selectableFields: readonly string[];
  readonly columns: readonly PrinterColumn[];
  readonly schema: JsonObject | undefined;
  /** Where the scale subresource of a custom resource finds its numbers. */
  readonly scale:
    | { readonly specPath: string; readonly statusPath: string; readonly selectorPath?: string }
    | undefined;
}

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

/**
 * The constant bytes around an object of one type. Objects are kept without their opening brace and type, so that the same
 * bytes serve as a list item, a single object, and the object of an event in every served version.
 */
export interface TypeBytes {
  /** What opens an item of a list. */
  readonly item: Buffer;
  /** What opens an object that stands alone. */
  readonly object: Buffer;
  /** What opens an event; `}\n` closes it. */
  readonly events: Readonly<Record<EventType, Buffer>>;
}

const cache = new WeakMap<ResourceType, TypeBytes>();

export function bytesOf(type: ResourceType): TypeBytes {
  let bytes = cache.get(type);
  if (!bytes) {
    const apiVersion = apiVersionOf(type);
    const object = type.custom
      ? `{"apiVersion":${goJson(apiVersion)},`
      : `{"kind":${goJson(type.kind)},"apiVersion":${goJson(apiVersion)},`;
    bytes = typeBytes(object, type.custom ? object : '{');
    cache.set(type, bytes);
  }
  return bytes;
}

export function typeBytes(object: string, item: string): TypeBytes {
  const event = (kind: EventType) => Buffer.from(`{"type":"${kind}","object":${object}`);
  return {
    item: Buffer.from(item),
    object: Buffer.from(object),
    events: { ADDED: event('ADDED'), MODIFIED: event('MODIFIED'), DELETED: event('DELETED') },
  };
}
