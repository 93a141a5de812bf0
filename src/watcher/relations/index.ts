/** Trees of objects over several kinds: which belong together, and what changes there. */
export { defineRelation } from './define-relation.ts';
export type { Facts, Keys, Link, Relation, RelationBy, RelationDefinition, RelationKind } from './relation.ts';
export {
  builtInRelations,
  type RelationDescription,
  Relations,
  type RelationsOptions,
  type Tree,
  type TreeEvent,
  type TreeQuestion,
  type TreeWatch,
} from './relations.ts';
export type { ObjectRef, TreeNode } from './tree.ts';
