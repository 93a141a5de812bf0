import type { Plan } from './contest.ts';

/** A run of the size of the goals (1), or of a part of it. */
export function scaleOf(scale: number, peers: boolean): Plan & { readonly scale: number } {
  return { scale, peers, scaled: (count) => Math.max(1, Math.round(count * scale)) };
}
