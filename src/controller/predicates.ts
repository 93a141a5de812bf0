/** They live beside the events that they judge; controllers offer them, too. */
export {
  allOf,
  annotationsChanged,
  anyOf,
  generationChanged,
  labelsChanged,
  not,
  type Predicate,
  pathsChanged,
  resourceVersionChanged,
} from '../informer/index.ts';
