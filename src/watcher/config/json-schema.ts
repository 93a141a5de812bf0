import { z } from 'zod';
import { configSchema, SCHEMA_ID } from './schema.ts';

/** As much of JSON Schema as is read here. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

const fromFile = {
  type: 'object',
  properties: { $file: { type: 'string', description: 'A file with the text; from the directory of this file.' } },
  required: ['$file'],
  additionalProperties: false,
};

/** The JSON Schema (2020-12) of the configuration file, made from what validates it. */
export function configJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      if (jsonSchema.secret !== true) return;
      const { secret: _, description, ...text } = jsonSchema;
      for (const keyword of Object.keys(jsonSchema)) delete jsonSchema[keyword];
      Object.assign(jsonSchema, { ...(description !== undefined && { description }), anyOf: [text, fromFile] });
    },
  });
  return { $id: SCHEMA_ID, title: 'Configuration of the kube-informer watcher', ...schema } as JsonSchema;
}

/** The keys that the schema knows at a path; of several alternatives, those of all. */
export function keysAt(path: readonly PropertyKey[]): string[] {
  let places: JsonSchema[] = [configJsonSchema()];
  for (const step of path) {
    places = places.flatMap(alternatives).flatMap((place) => {
      const next = typeof step === 'number' ? place.items : place.properties?.[String(step)];
      return next ? [next] : [];
    });
  }
  return [...new Set(places.flatMap(alternatives).flatMap((place) => Object.keys(place.properties ?? {})))];
}

function alternatives(place: JsonSchema): JsonSchema[] {
  return [place, ...(place.anyOf ?? []).flatMap(alternatives), ...(place.oneOf ?? []).flatMap(alternatives)];
}
