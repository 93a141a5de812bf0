/** Objects, indexes, listers. */

export {
  Indexer,
  type IndexerOptions,
  type Indexers,
  NAMESPACE_INDEX,
  type Replacement,
} from './indexer.ts';
export { type LabelMatcher, Lister, type ListerOptions, type NamespaceLister } from './lister.ts';
export type { IndexFunction } from './object-index.ts';
