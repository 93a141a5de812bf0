import type { Medians } from './statistics.ts';

/** A picture of some figures, one bar for each contestant that has them. */
export interface Plot {
  /** Part of the file name. */
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  /** Contestants in this order. Default: all, as they are listed. */
  readonly contestants?: readonly string[];
  value(medians: Medians, contestant: string): number | undefined;
  readonly digits?: number;
}

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** Of this library: drawn in another colour. */
  readonly ours: boolean;
}

const width = 820;
const labelWidth = 350;
const valueWidth = 90;
const rowHeight = 26;
const top = 44;

/** Horizontal bars. Readable on a light and on a dark page: the colours follow the reader's scheme. */
export function barsSvg(title: string, unit: string, bars: readonly Bar[], digits = 0): string {
  const longest = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const height = top + bars.length * rowHeight + 10;
  const rows = bars.map(({ name, value, ours }, index) => {
    const y = top + index * rowHeight;
    const length = Math.max(1, (value / longest) * (width - labelWidth - valueWidth));
    const middle = y + rowHeight / 2 + 1;
    return (
      `<text class="name" x="${labelWidth - 8}" y="${middle}" text-anchor="end">${escapeXml(name)}</text>` +
      `<rect class="${ours ? 'ours' : 'other'}" x="${labelWidth}" y="${y + 4}" width="${length.toFixed(1)}" height="${rowHeight - 8}" rx="2"/>` +
      `<text class="value" x="${(labelWidth + length + 6).toFixed(1)}" y="${middle}">${formatNumber(value, digits)}</text>`
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(title)}">
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f; dominant-baseline: middle; }
.title { font-weight: 600; font-size: 15px; }
.ours { fill: #0969da; }
.other { fill: #8c959f; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.ours { fill: #58a6ff; }
.other { fill: #6e7681; }
}
</style>
<text class="title" x="8" y="20">${escapeXml(title)}${unit ? `, ${escapeXml(unit)}` : ''}</text>
${rows.join('\n')}
</svg>
`;
}

/** With separators for thousands, and so many digits behind the point. */
export function formatNumber(value: number, digits = 0): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
