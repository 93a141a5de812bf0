import { around } from './around.ts';
import { informer } from './informer.ts';
import { lists } from './lists.ts';
import { queue } from './queue.ts';
import type { Rules } from './rule.ts';
import { store } from './store.ts';
import { vocabulary } from './vocabulary.ts';
import { watches } from './watches.ts';

/** How many rules there are of each kind, in the order of the description. `STO` has no 12 and 13. */
const counts: Readonly<Record<string, number>> = {
  KEY: 6,
  RV: 2,
  TS: 5,
  LW: 7,
  TR: 6,
  ERR: 3,
  REF: 74,
  PAG: 7,
  Q: 6,
  DF: 11,
  RF: 17,
  FI: 2,
  AP: 5,
  CTL: 8,
  STO: 14,
  IDX: 10,
  TTL: 1,
  UD: 1,
  MC: 7,
  SI: 45,
  H: 8,
  W: 5,
  L: 7,
  FA: 14,
  DY: 5,
  ME: 1,
  NM: 7,
  MD: 5,
  WQ: 21,
  RW: 10,
  FG: 1,
  TD: 6,
};

/** The ids of all rules. */
export const ruleIds: readonly string[] = Object.entries(counts)
  .flatMap(([kind, count]) => Array.from({ length: count }, (_, at) => `${kind}-${at + 1}`))
  .filter((id) => id !== 'STO-12' && id !== 'STO-13');

/** Apart, so that an id in two of them is noticed. */
export const tables: readonly Rules[] = [vocabulary, lists, watches, queue, store, informer, around];

export const rules: Rules = Object.assign({}, ...tables);
