/** A unit down to the next smaller one: below `until` seconds it is written with the smaller beside it, or alone. */
const steps = [
  { until: 120, unit: 1, name: 's' },
  { until: 600, unit: 60, name: 'm', rest: { unit: 1, name: 's' } },
  { until: 10_800, unit: 60, name: 'm' },
  { until: 28_800, unit: 3_600, name: 'h', rest: { unit: 60, name: 'm' } },
  { until: 172_800, unit: 3_600, name: 'h' },
  { until: 691_200, unit: 86_400, name: 'd', rest: { unit: 3_600, name: 'h' } },
  { until: 63_072_000, unit: 86_400, name: 'd' },
  { until: 252_288_000, unit: 31_536_000, name: 'y', rest: { unit: 86_400, name: 'd' } },
  { until: Number.POSITIVE_INFINITY, unit: 31_536_000, name: 'y' },
] as const;

/** A time as people read it: `45s`, `3m20s`, `5h`, `12d`. @param milliseconds */
export function durationText(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1_000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  const step = steps.find(({ until }) => seconds < until)!;
  const main = `${Math.floor(seconds / step.unit)}${step.name}`;
  if (!('rest' in step)) return main;
  const rest = Math.floor((seconds % step.unit) / step.rest.unit);
  return rest === 0 ? main : `${main}${rest}${step.rest.name}`;
}
