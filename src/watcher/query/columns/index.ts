import type { ApiResource } from '../../../index.ts';
import type { PrinterColumn } from '../../cache/index.ts';
import { builtIn } from './built-in.ts';
import { type Column, type ColumnSpec, columnOf } from './column.ts';

export type { Column } from './column.ts';

/** The columns of a kind, for tables. */
const name: ColumnSpec = {
  name: 'Name',
  format: 'name',
  description: 'Unique in a namespace.',
  path: '.metadata.name',
};
const age: ColumnSpec = {
  name: 'Age',
  type: 'date',
  description: 'Time since it was created.',
  path: '.metadata.creationTimestamp',
};

/** @param defined what the definition of a custom resource says. */
export function columnsOf(
  { group, resource }: ApiResource,
  defined: readonly PrinterColumn[] | undefined,
): readonly Column[] {
  const own: readonly ColumnSpec[] =
    defined?.map(({ jsonPath, ...column }) => ({ ...column, path: jsonPath })) ?? builtIn[`${group}/${resource}`] ?? [];
  // A definition that says anything says all; events tell when they were last seen.
  const isComplete =
    own.some((column) => column.name === 'Age' || column.name === 'Last Seen') || defined !== undefined;
  return [name, ...own, ...(isComplete ? [] : [age])].map(columnOf);
}
