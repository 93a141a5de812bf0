import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { asKubeInformerError, type Clock, type KubeInformerError } from '../../../index.ts';
import { FileMemory } from './file-memory.ts';
import type { MemoryStore } from './memory.ts';

export interface FileStoreOptions {
  readonly dir: string;
  /** `always`: also over the end of the machine. `never`: over that of the process. */
  readonly fsync: 'always' | 'never';
  readonly clock: Clock;
}

/** Memories as files of a directory, which is made if it is not there. One process at a time may use it. */
export function fileStore({ dir, fsync, clock }: FileStoreOptions): MemoryStore {
  return {
    open: async (name, onError: (error: KubeInformerError) => void) => {
      try {
        await mkdir(dir, { recursive: true, mode: 0o700 });
      } catch (thrown) {
        const hint = 'Make persist.dir a directory that the service may write in.';
        throw asKubeInformerError(thrown, 'PersistFailed', `${dir} can't be used`, hint);
      }
      return FileMemory.open({ path: join(dir, fileName(name)), sync: fsync === 'always', clock, onError });
    },
  };
}

/** A name as a file may have it: its first word, which is what people know it by, and what makes it different from others. */
function fileName(name: string): string {
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 16);
  const readable = name.replace(/[^A-Za-z0-9.-].*/s, '').slice(0, 60);
  return `${readable}.${digest}.memory`;
}
