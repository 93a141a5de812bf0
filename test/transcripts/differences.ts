/** Why the embedded server answers a case otherwise. */
export interface Difference {
  /** `differs`: on purpose. `missing`: not done. */
  readonly verdict: 'differs' | 'missing';
  readonly why: string;
}

/** By section and title of the case. A case that is not named here must be the same. */
export const differences: Readonly<Record<string, Readonly<Record<string, Difference>>>> = {};
