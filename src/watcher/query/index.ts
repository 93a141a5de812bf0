/** Reading cached kinds: by name, by range, in pages, as a watch. */
export { type Answer, jsonAnswer, type Sink, statusAnswer } from './answer.ts';
export { bodyOf, itemsBody, listHead } from './bodies.ts';
export { contact } from './contact.ts';
export { whole } from './forms.ts';
export { type KindQuery, kindQueryParameters, kindQuerySchema, parseKindQuery } from './kind-query.ts';
export { isTrue, parseReadOptions, type ReadOptions } from './options.ts';
export { Pages } from './pages.ts';
export { extensionParameters, kubernetesParameters } from './parameters.ts';
export { QueryService } from './query-service.ts';
export type { Question } from './question.ts';
export { ownerIndex, selectRange } from './range.ts';
export {
  matchEvent,
  matchesSelection,
  parseSelection,
  type SelectedEvent,
  type Selection,
  type SelectionText,
} from './selection.ts';
export { statusOf } from './status.ts';
export { type ObjectsTarget, parseTarget, type ReadTarget } from './target.ts';
export { streamWatch, type Watched, type WatchOptions, type WatchStart } from './watch.ts';
export { beginningOf, type EventsWanted } from './watch-start.ts';
