import type { CachedObject, KindEvent } from '../cache/index.ts';

/**
 * Objects as bytes. Each is made once, when it is first asked for, and goes with its object: cached objects never change, a new state is a new object.
 */
const bodies = new WeakMap<CachedObject, Buffer>();

/** The JSON of an object. */
export function bodyOf(object: CachedObject): Buffer {
  let body = bodies.get(object);
  if (body === undefined) {
    body = Buffer.from(JSON.stringify(object));
    bodies.set(object, body);
  }
  return body;
}

const comma = Buffer.from(',');
const listEnd = Buffer.from(']}\n');
const eventEnd = Buffer.from('}\n');
const eventHeads = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
};

export interface ListHead {
  readonly apiVersion: string;
  /** `PodList` */
  readonly kind: string;
  readonly resourceVersion: string;
  readonly continue?: string | undefined;
  readonly remainingItemCount?: number | undefined;
}

/** The JSON of a list up to its items. */
export function listHead({ kind, apiVersion, ...metadata }: ListHead): Buffer {
  return Buffer.from(`${JSON.stringify({ kind, apiVersion, metadata }).slice(0, -1)},"items":[`);
}

/** The JSON of the items of a list, and its end. @param items each as JSON. */
export function itemsBody(items: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < items.length; at++) {
    if (at > 0) parts.push(comma);
    parts.push(items[at]!);
  }
  parts.push(listEnd);
  return Buffer.concat(parts);
}

/** A line of a watch. @param object as JSON. */
export function eventBody(type: KindEvent['type'], object: Buffer): Buffer {
  return Buffer.concat([eventHeads[type], object, eventEnd]);
}
