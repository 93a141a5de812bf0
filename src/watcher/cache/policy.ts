import type { OnDemandConfig } from '../config/index.ts';

/** A kind as patterns name it: `v1/Pod`, `apps/v1/Deployment`. */
export interface NamedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Whether a query may begin to watch this kind. */
export function mayWatchOnDemand({ mode, only, deny }: OnDemandConfig, kind: NamedKind): boolean {
  if (mode === 'deny') return false;
  return only.some((pattern) => matchesKind(pattern, kind)) && !deny.some((pattern) => matchesKind(pattern, kind));
}

/**
 * Whether a pattern names a kind. `group/version/Kind`, `version/Kind` for the core group, `group/*` for a group, `Kind` alone in any group; a `*` in the
 * place of a part is any.
 */
function matchesKind(pattern: string, { group, version, kind }: NamedKind): boolean {
  const parts = pattern.split('/');
  const same = (wanted: string | undefined, is: string) => wanted === '*' || wanted === is;
  switch (parts.length) {
    case 1:
      return same(parts[0], kind);
    case 2:
      if (parts[1] === '*' && parts[0] !== version && parts[0] !== '*') return parts[0] === group;
      return group === '' ? same(parts[0], version) && same(parts[1], kind) : parts[0] === '*' && same(parts[1], kind);
    default:
      return same(parts[0], group) && same(parts[1], version) && same(parts[2], kind);
  }
}

/** Whether a kind is Secret, of the core group. */
export function isSecret({ group, kind }: Pick<NamedKind, 'group' | 'kind'>): boolean {
  return group === '' && kind === 'Secret';
}
