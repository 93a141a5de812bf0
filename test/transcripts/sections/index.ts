import type { Section } from '../model.ts';
import { access } from './access.ts';
import { definitionSections } from './definitions.ts';
import { discovery } from './discovery.ts';
import { expiry } from './expiry.ts';
import { lists } from './lists.ts';
import { watches } from './watches.ts';
import { writes } from './writes.ts';

/** Every section, in the order of the documentation. */
export const sections: readonly Section[] = [
  ...discovery,
  ...writes,
  ...lists,
  ...watches,
  ...definitionSections,
  ...expiry,
  ...access,
];
