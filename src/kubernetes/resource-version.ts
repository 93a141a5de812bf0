/** A resource version that can be put in order: decimal, without sign or leading zero. */
const comparable = /^[1-9]\d*$/;

/**
 * Puts two resource versions of the same resource in order: negative if `a` is older, `0` if they are the same, positive
 * if `a` is newer; `undefined` if they can't be compared, and then nothing may be concluded.
 *
 * Kubernetes promises the order from 1.35 on, and its versions have been numbers for long. Extension servers may use any
 * text. `''` and `'0'` are no versions but wishes ("the newest", "any") and compare with nothing.
 *
 * @example compareResourceVersions('99', '100') // -1
 */
export function compareResourceVersions(a: string, b: string): -1 | 0 | 1 | undefined {
  if (!comparable.test(a) || !comparable.test(b)) return undefined;
  if (a === b) return 0;
  // They may be longer than a number holds exactly; without leading zeros, the longer one is the greater one.
  if (a.length !== b.length) return a.length < b.length ? -1 : 1;
  return a < b ? -1 : 1;
}

/** Whether both are given and the same. That much holds for every server, also where versions have no order. */
export function equalResourceVersions(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && a !== '' && a === b;
}
