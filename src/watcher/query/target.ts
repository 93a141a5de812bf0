/** What a path below `/cache` is about. */
export type ReadTarget =
  | { readonly type: 'versions' }
  | { readonly type: 'groups' }
  | { readonly type: 'group'; readonly group: string }
  | { readonly type: 'resources'; readonly group: string; readonly version: string }
  | ObjectsTarget;

/** Objects of a resource: one, those of a namespace, or all. */
export interface ObjectsTarget {
  readonly type: 'objects';
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** Reads the path of a request to the API of Kubernetes, without what stands before `/api` or `/apis`. `undefined` for anything else. */
export function parseTarget(path: string): ReadTarget | undefined {
  const [empty, root, ...rest] = path.split('/');
  if (empty !== '') return undefined;
  if (rest.at(-1) === '') rest.pop();
  if (root === 'api') {
    if (rest.length === 0) return { type: 'versions' };
    const [version, ...path] = rest;
    return parseObjects('', version!, path);
  }
  if (root !== 'apis') return undefined;
  const [group, version, ...steps] = rest;
  if (group === undefined) return { type: 'groups' };
  if (version === undefined) return { type: 'group', group };
  return parseObjects(group, version, steps);
}

function parseObjects(group: string, version: string, steps: readonly string[]): ReadTarget | undefined {
  if (steps.length === 0) return { type: 'resources', group, version };
  if (steps.some((step) => step === '')) return undefined;
  const isIn = steps[0] === 'namespaces' && steps.length > 2;
  const namespace = isIn ? decoded(steps[1]!) : undefined;
  const [resource, name, ...more] = isIn ? steps.slice(2) : steps;
  if (more.length > 0) return undefined;
  return {
    type: 'objects',
    group,
    version,
    resource: resource!,
    namespace,
    name: name === undefined ? name : decoded(name),
  };
}

/** Most names need no decoding, and a malformed one is no name of anything. */
function decoded(step: string): string {
  if (!step.includes('%')) return step;
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}
