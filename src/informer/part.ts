import type { DeltaFIFO } from '../queue/index.ts';

/** One way by which objects come into a cache: the queue of what was seen of one namespace, or of all of them. */
export interface Part<T> {
  /** The namespace; `''` for all. */
  readonly scope: string;
  readonly queue: DeltaFIFO<T>;
  /** Everything up to this version has been applied, or left out for a reason; `''` before the first list. */
  position: string;
  /** Its first complete state was applied. */
  listed: boolean;
  /** Nothing of it is applied any more. Its queue takes nothing in either. */
  closed: boolean;
}
