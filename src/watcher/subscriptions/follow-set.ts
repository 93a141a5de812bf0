import type { CachedKind, CachedObject, Following, KindSnapshot } from '../cache/index.ts';
import { matchEvent, matchesSelection, parseSelection } from '../query/index.ts';
import type { Notice } from './notice.ts';

/** Which objects, as it is written. Everything that is said must hold. */
export interface SetText {
  /** Default: all. */
  readonly namespaces?: '*' | readonly string[] | undefined;
  /** Exact names; default: any. */
  readonly names?: readonly string[] | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export type Matches = (object: CachedObject) => boolean;

/**
 * Whether an object is in the set. The function throws an `ApiStatusError` 400 if a field that is compared is an object or a list.
 *
 * @throws KubeInformerError `InvalidSelector`
 */
export function matcherOf({ namespaces = '*', names = [], labelSelector, fieldSelector }: SetText): Matches {
  const selection = parseSelection({
    namespaces: namespaces === '*' ? undefined : namespaces,
    labelSelector,
    fieldSelector,
  });
  const named = new Set(names);
  return (object) => (named.size === 0 || named.has(object.metadata.name)) && matchesSelection(selection, object);
}

export interface FollowSetOptions {
  readonly matches: Matches;
  /** Given what is there of the set, once, as soon as that is known; `undefined`: only what changes from now on is of interest. */
  readonly onSnapshot: ((snapshot: KindSnapshot) => void) | undefined;
  readonly onNotice: (notice: Notice) => void;
  /** An object can't be compared with the selector: it counts as none of the set. */
  readonly onError: (thrown: unknown) => void;
}

/**
 * Follows the set of objects that `matches`: entering it is `ADDED`, leaving it `DELETED` with the last state that was in it.
 *
 * Invariant: the notices of one object, from its `ADDED` to its `DELETED`, are a chain without a gap, whatever becomes of its labels.
 */
export function followSet(kind: Pick<CachedKind, 'follow'>, options: FollowSetOptions): Following {
  const { onSnapshot, onNotice, onError } = options;
  const matches: Matches = (object) => {
    try {
      return options.matches(object);
    } catch (thrown) {
      onError(thrown);
      return false;
    }
  };
  return kind.follow(
    {
      onSnapshot: (snapshot) => onSnapshot?.({ ...snapshot, objects: snapshot.objects.filter(matches) }),
      onEvent: (event) => {
        const selected = matchEvent(event, matches);
        if (!selected) return;
        const { type, object, oldObject, bySelector } = selected;
        const { origin, seq, at } = event;
        const reason = bySelector ? 'selector' : undefined;
        onNotice({ type, object, oldObject, reason, origin, initial: false, seq, at });
      },
    },
    { from: onSnapshot ? 'snapshot' : 'now' },
  );
}
