import type { CachedObject } from '../cache/index.ts';
import type { ListHead } from './bodies.ts';
import type { Column } from './columns/index.ts';
import { bookmarkMetadata, type Form, line, partialObject } from './forms.ts';

export interface TableOptions {
  readonly columns: readonly Column[];
  readonly includeObject: 'None' | 'Metadata' | 'Object';
  /** Wall-clock milliseconds, from which ages are counted. */
  readonly now: () => number;
}

const head = { kind: 'Table', apiVersion: 'meta.k8s.io/v1' };

/** Rows of cells, for people: what `kubectl get` asks for. The columns of a watch are told with its first event. */
export function table({ columns, includeObject, now }: TableOptions): Form {
  const definitions = columns.map(({ name, type, format = '', description = '', priority = 0 }) => ({
    name,
    type,
    format,
    description,
    priority,
  }));
  const included = {
    None: () => null,
    Metadata: partialObject,
    Object: (object: CachedObject): object => object,
  }[includeObject];
  const row = (object: CachedObject) => ({
    cells: columns.map(({ cell }) => cell(object, now()) ?? null),
    object: included(object),
  });
  let definitionsSent = false;
  const one = (object: CachedObject, columnDefinitions: object[] | null) => ({
    ...head,
    metadata: { resourceVersion: object.metadata.resourceVersion },
    columnDefinitions,
    rows: [row(object)],
  });
  return {
    tag: undefined,
    object: (object) => Buffer.from(`${JSON.stringify(one(object, definitions))}\n`),
    list: ({ kind: _kind, apiVersion: _apiVersion, ...metadata }: ListHead, objects) => {
      const rows = objects.map(row);
      return [Buffer.from(`${JSON.stringify({ ...head, metadata, columnDefinitions: definitions, rows })}\n`)];
    },
    event: (type, object) => {
      const written = line(type, one(object, definitionsSent ? null : definitions));
      definitionsSent = true;
      return written;
    },
    bookmark: (_kind, resourceVersion, mark) => {
      const object = {
        kind: 'PartialObjectMetadata',
        apiVersion: 'meta.k8s.io/v1',
        metadata: bookmarkMetadata(resourceVersion, mark),
      };
      const cells = columns.map(() => null);
      return line('BOOKMARK', {
        ...head,
        metadata: { resourceVersion },
        columnDefinitions: null,
        rows: [{ cells, object }],
      });
    },
  };
}
