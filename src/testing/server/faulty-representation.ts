import type { FaultAction } from './faults.ts';
import type { Representation } from './representation.ts';
import type { EventType, ResourceType } from './resource-type.ts';
import type { StoredObject } from './stored-object.ts';
import { TableRows } from './table.ts';

/** Applies the faults of `actions` that concern the form of objects. */
export function faultyRepresentation(
  representation: Representation,
  type: ResourceType,
  actions: readonly FaultAction[],
  now: number,
): Representation {
  let result = representation;
  for (const action of actions) {
    if (action.kind === 'asTable') result = new TableRows(type, 'Metadata', now);
    if (action.kind === 'objectWithoutMetadata') result = withoutMetadata(result, action.index);
  }
  return result;
}

function withoutMetadata(inner: Representation, index: number): Representation {
  let next = 0;
  const bare = '{"spec":{}}';
  return {
    item: (object: StoredObject) => (next++ === index ? [Buffer.from(bare)] : inner.item(object)),
    object: (object) => inner.object(object),
    event: (type: EventType, object: StoredObject) =>
      next++ === index ? [Buffer.from(`{"type":"${type}","object":${bare}}\n`)] : inner.event(type, object),
    bookmark: (revision, ends) => inner.bookmark(revision, ends),
    list: (metadata) => inner.list(metadata),
  };
}
