/** Objects, indexes, listers. */
export type { IndexFunction } from './index-set.ts';
export {
  Indexer,
  type IndexerOptions,
  type Indexers,
  NAMESPACE_INDEX,
  type Replacement,
  visitWhile,
} from './indexer.ts';
export { type LabelMatcher, Lister, type ListerOptions, type NamespaceLister } from './lister.ts';
