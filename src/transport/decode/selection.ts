import { KubeInformerError } from '../../runtime/index.ts';
import { splitPath } from './path.ts';

/** What stays of the members of an object. */
export interface Fields {
  readonly kind: 'fields';
  readonly members: Member[];
  /** Whether members that are not named stay. */
  readonly others: boolean;
}

/** What stays of each element of an array. */
export interface Elements {
  readonly kind: 'elements';
  of: Choice;
}

export interface Member {
  readonly key: string;
  /** The key between its quotes, as it is written without needless escapes. */
  readonly bytes: Buffer;
  choice: Choice;
}

/**
 * What stays of a value. Where the value has another shape than the choice is made for, all of it stays: an array among `Fields`, or `null`.
 */
export type Choice = 'all' | 'none' | Fields | Elements;

/** Stands in a path for the step from an array to its elements. */
const each = Symbol('each');
type Step = string | typeof each;

/**
 * What stays of an object if only `project` is wanted, or everything without it, and of its metadata and whatever else is wanted as a whole not what
 * `prune` names.
 *
 * @throws KubeInformerError `InvalidOption`
 */
export function selectionOf(project: readonly string[] | undefined, prune: readonly string[]): Fields {
  const root = project ? projectionOf(project) : { kind: 'fields' as const, members: [], others: true };
  for (const path of prune) exclude(root, splitPath(path, 'prune'));
  return root;
}

function projectionOf(project: readonly string[]): Fields {
  if (project.length === 0) {
    throw new KubeInformerError('InvalidOption', 'project names no path', {
      hint: "For the metadata alone ask with `as: 'metadata'`: then the server does not even send the rest.",
    });
  }
  const root: Fields = { kind: 'fields', members: [], others: false };
  for (const key of ['kind', 'apiVersion', 'metadata']) root.members.push(member(key, 'all'));
  for (const path of project) {
    const steps = stepsOf(path);
    if (steps[0] === 'metadata' || steps[0] === 'kind' || steps[0] === 'apiVersion') {
      throw new KubeInformerError('InvalidOption', `project path ${JSON.stringify(path)} is selected always`, {
        hint: 'Name paths outside of the metadata, and with prune those inside of it that are not needed.',
      });
    }
    include(root, steps, path);
  }
  return root;
}

/** Leaves out of a parsed value what a reader of bytes skips. Nothing is modified. */
export function select(value: unknown, choice: Choice): unknown {
  if (choice === 'all' || choice === 'none') return value;
  if (choice.kind === 'elements') {
    return Array.isArray(value) ? value.map((element) => select(element, choice.of)) : value;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const selected: Record<string, unknown> = {};
  for (const [key, content] of Object.entries(value)) {
    const found = choice.members.find((known) => known.key === key)?.choice ?? (choice.others ? 'all' : 'none');
    if (found === 'none') continue;
    // Assignment would take `__proto__` for the prototype.
    const descriptor = { value: select(content, found), enumerable: true, writable: true, configurable: true };
    Object.defineProperty(selected, key, descriptor);
  }
  return selected;
}

function member(key: string, choice: Choice): Member {
  return { key, bytes: Buffer.from(JSON.stringify(key).slice(1, -1)), choice };
}

function stepsOf(path: string): Step[] {
  const steps: Step[] = [];
  for (const part of splitPath(path, 'project')) {
    const [, key, brackets] = /^(.*?)((?:\[\])*)$/s.exec(part)!;
    steps.push(key!);
    for (let count = brackets!.length / 2; count > 0; count--) steps.push(each);
  }
  // All of an array, or each of its elements with all that is in it: the same.
  while (steps.at(-1) === each) steps.pop();
  return steps;
}

function include(root: Fields, steps: readonly Step[], path: string): void {
  let at: Fields | Elements = root;
  for (const [index, step] of steps.entries()) {
    const next = steps[index + 1];
    const wanted = (): Choice => {
      if (next === undefined) return 'all';
      return next === each ? { kind: 'elements', of: 'none' } : { kind: 'fields', members: [], others: false };
    };
    let choice: Choice;
    if (at.kind === 'elements') {
      if (at.of === 'none') at.of = wanted();
      choice = at.of;
    } else {
      const known: Member = at.members.find(({ key }) => key === step) ?? member(step as string, wanted());
      if (!at.members.includes(known)) at.members.push(known);
      if (next === undefined) known.choice = 'all';
      choice = known.choice;
    }
    if (choice === 'all' || choice === 'none') return;
    if ((choice.kind === 'elements') !== (next === each)) {
      throw new KubeInformerError('InvalidOption', `project path ${JSON.stringify(path)} contradicts another`, {
        hint: 'What is an array in one path ("containers[].name") must be one in all of them.',
      });
    }
    at = choice;
  }
}

function exclude(root: Fields, keys: readonly string[]): void {
  let at = root;
  for (const [index, key] of keys.entries()) {
    let known = at.members.find((candidate) => candidate.key === key);
    if (!known) {
      if (!at.others) return;
      known = member(key, 'all');
      at.members.push(known);
    }
    if (index === keys.length - 1) {
      known.choice = 'none';
      return;
    }
    if (known.choice === 'all') known.choice = { kind: 'fields', members: [], others: true };
    if (known.choice === 'none' || known.choice.kind === 'elements') return;
    at = known.choice;
  }
}
