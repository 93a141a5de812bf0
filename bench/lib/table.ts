import type { Goal, Measure, Plan } from './contest.ts';
import { formatNumber } from './plot.ts';
import { mediansOf, type Result } from './results.ts';
import { isMet } from './statistics.ts';

/** Cells of text: a header, then a row for each contestant. Who has no figures has the reason in the first cell after the name. */
export function tableOf(measure: Pick<Measure, 'columns'>, result: Pick<Result, 'outcomes'>): string[][] {
  const medians = mediansOf(result);
  const { columns } = measure;
  const rows = result.outcomes.map(({ id, name, figures, reason }) => {
    if (figures.length === 0) return [name, `absent: ${reason}`, ...columns.slice(1).map(() => '')];
    const cells = columns.map(({ value, digits }) => {
      const number = value(medians, id);
      return number === undefined ? '–' : formatNumber(number, digits);
    });
    const rounds = figures.length === 1 ? '1 round' : `${figures.length} rounds`;
    return [reason === undefined ? name : `${name} (${rounds}, then: ${reason})`, ...cells];
  });
  return [['', ...columns.map(({ title }) => title)], ...rows];
}

/** Each goal with what was measured: `✓ sync, default / floor: 0.60 (at most 0.65)`. */
export function goalLines(measure: Pick<Measure, 'goals'>, result: Pick<Result, 'outcomes'>, plan: Plan): string[] {
  return measure.goals(mediansOf(result), plan).map(goalLine);
}

export function goalLine(goal: Goal): string {
  const { what, value, atMost, atLeast, unit = '' } = goal;
  const met = isMet(goal);
  const withUnit = (number: number) => `${fourDigits(number)}${unit && ` ${unit}`}`;
  const limits = [
    atLeast !== undefined && `at least ${withUnit(atLeast)}`,
    atMost !== undefined && `at most ${withUnit(atMost)}`,
  ].filter((limit) => limit !== false);
  const mark = met === undefined ? '–' : met ? '✓' : '✗';
  return `${mark} ${what}: ${value === undefined ? 'not measured' : withUnit(value)} (${limits.join(', ')})`;
}

/** Enough to see on which side of a limit a figure is. */
function fourDigits(value: number): string {
  return Number(value.toPrecision(4)).toLocaleString('en-US', { maximumFractionDigits: 6 });
}

export function textTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => {
    // The reason of somebody absent may run over the other columns.
    const cells = rows.map((row) => row[column]!).filter((cell) => column === 0 || !cell.startsWith('absent: '));
    return Math.max(...cells.map((cell) => cell.length));
  });
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  ');
  return rows.map((row) => line(row).trimEnd()).join('\n');
}
