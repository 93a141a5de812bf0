import type { KubeInformerError } from '../../../index.ts';

/** What a receiver knows of an object. */
export interface Told {
  readonly namespace: string;
  readonly name: string;
  /** The resource version of the last state that it accepted; `undefined`: it was sent that the object came or went, and nobody knows whether that arrived. */
  readonly version: string | undefined;
}

/** What one receiver knows, by the uids of objects. What is written is there at once, and outlives the process when `flush` has resolved. */
export interface Memory {
  readonly objects: ReadonlyMap<string, Told>;
  /** Whether there was a memory of earlier runs that could not be read, so that nobody knows what it had. */
  readonly isLost: boolean;
  set(uid: string, told: Told): void;
  delete(uid: string): void;
  /** The receiver was told that something is missing: `isLost` ends. Does not reject. */
  acknowledge(): Promise<void>;
  /**
   * Resolves when everything written before the call outlives the process.
   *
   * @throws KubeInformerError `PersistFailed`
   */
  flush(): Promise<void>;
  /** Flushes and lets go. Does not reject; what could not be flushed is told again in the next run. */
  close(): Promise<void>;
}

/** Where memories are kept. */
export interface MemoryStore {
  /**
   * Opens the memory of a name, an empty one the first time. A name is open once at a time.
   *
   * @param onError told of what can't be read, and of what can't be written while nobody waits for it.
   * @throws KubeInformerError `PersistFailed` if nothing can be kept.
   */
  open(name: string, onError: (error: KubeInformerError) => void): Promise<Memory>;
}
