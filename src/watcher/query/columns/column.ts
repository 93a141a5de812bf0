import type { CachedObject } from '../../cache/index.ts';
import { durationText } from './duration.ts';
import { type JsonPath, parseJsonPath } from './json-path.ts';

/** A column of a table. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format?: string | undefined;
  readonly description?: string | undefined;
  /** 0: shown always; more: only in wide tables. */
  readonly priority?: number | undefined;
  /** @param now wall-clock milliseconds. */
  cell(object: CachedObject, now: number): string | number | boolean | null | undefined;
}

/** How a column is written down: a path, or what makes its cell. */
export type ColumnSpec = Omit<Column, 'type' | 'cell'> & {
  readonly type?: string | undefined;
  /** Of the value; the first one, if there are several. */
  readonly path?: string;
  readonly cell?: Column['cell'];
};

export function columnOf({ path, cell, type = 'string', ...rest }: ColumnSpec): Column {
  const read = path === undefined ? undefined : parseJsonPath(path);
  return { ...rest, type, cell: cell ?? ((object, now) => (read ? cellOf(read, type, object, now) : null)) };
}

/** Values of another type than the column's are left out, as an API server does; texts are made of anything. */
function cellOf(read: JsonPath, type: string, object: CachedObject, now: number): ReturnType<Column['cell']> {
  const [value] = read(object);
  if (value === undefined) return null;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? age(value, now) : null;
    default:
      return typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
}

/** How long ago a time is. @param time as it stands in objects. */
export function age(time: string | undefined, now: number): string {
  const at = Date.parse(time ?? '');
  return Number.isNaN(at) ? '<unknown>' : durationText(now - at);
}
