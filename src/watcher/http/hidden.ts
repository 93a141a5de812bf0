import { z } from 'zod';
import { hiddenMark, type JsonSchema, withoutUser } from '../config/index.ts';

type Place = JsonSchema | undefined;

/** Makes values of a schema fit to be seen: without the texts that it calls secret, and without credentials in URLs. */
export function hiderOf(schema: z.ZodType): (value: unknown) => unknown {
  const places = [z.toJSONSchema(schema, { io: 'input' }) as JsonSchema];
  return (value) => hideAt(places, value);
}

function hideAt(places: readonly JsonSchema[], value: unknown): unknown {
  const all = places.flatMap(alternatives);
  if (typeof value === 'string') return all.some(({ secret }) => secret === true) ? hiddenMark : withoutUser(value);
  if (Array.isArray(value)) {
    const inner = all.flatMap(({ items }) => (items ? [items] : []));
    return value.map((item) => hideAt(inner, item));
  }
  if (typeof value !== 'object' || value === null) return value;
  const at = (key: string) =>
    all.flatMap((place) => [place.properties?.[key], place.additionalProperties as Place | boolean]).filter(isSchema);
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, hideAt(at(key), field)]));
}

function isSchema(place: Place | boolean): place is JsonSchema {
  return typeof place === 'object';
}

function alternatives(place: JsonSchema): JsonSchema[] {
  return [place, ...(place.anyOf ?? []).flatMap(alternatives), ...(place.oneOf ?? []).flatMap(alternatives)];
}

/**
 * Puts what was hidden back into a value that was read and is sent again. A mark that nothing is known for stays: who validates the value refuses it.
 *
 * @param hidden `known`, as it is shown.
 */
export function unhide(value: unknown, hidden: unknown, known: unknown): unknown {
  if (typeof value === 'string') return value === hidden && hidden !== known ? known : value;
  if (Array.isArray(value) && Array.isArray(hidden)) {
    return value.map((item, at) => unhide(item, hidden[at], (known as unknown[])[at]));
  }
  if (!isFields(value) || !isFields(hidden)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, unhide(field, hidden[key], (known as Fields)[key])]),
  );
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where a value still has the mark in it: paths with dots. */
export function markedFields(value: unknown, path = ''): string[] {
  if (typeof value === 'string') return value.includes(hiddenMark) ? [path] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, field]) => markedFields(field, path === '' ? key : `${path}.${key}`));
}
