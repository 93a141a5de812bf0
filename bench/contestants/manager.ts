import { assignment, report } from '../lib/meter.ts';
import { measureManager } from '../manager.ts';

/** A manager with so many owners, with a server of its own: the requests of nobody else are to be counted. */
const { watches, syncMs, addMs, lookupNs } = await measureManager(Number(assignment().options.owners));
report({
  opened: watches.opened,
  most: watches.most,
  atLast: watches.atLast,
  syncMs,
  addMs,
  fewNs: lookupNs[1_000]!,
  manyNs: lookupNs[100_000]!,
});
