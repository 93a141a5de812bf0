import { KubeInformerError } from '../../../../src/index.ts';
import type { Memory, Told } from '../../../../src/watcher/subscriptions/index.ts';

type Write = readonly [uid: string, told: Told | undefined];

/** What a process and its disk have in common: they work until a power cut. */
export class Machine {
  /** Steps until it ends: a write to the disk, or a message that leaves. */
  left: number;

  constructor(left = Number.POSITIVE_INFINITY) {
    this.left = left;
  }

  get isOff(): boolean {
    return this.left <= 0;
  }

  /** Makes a step. @returns whether the machine still runs. */
  step(): boolean {
    if (this.left <= 0) return false;
    this.left--;
    return true;
  }
}

/** Memories that are kept in this process: whatever was written to the disk before a machine ended is there for the next one. */
export class MemoryDisk {
  #written: Write[] = [];

  /** @param torn how many of the things that were on their way when the machine ended got through. */
  open(machine: Machine, torn = 0): Memory {
    const objects = new Map<string, Told>();
    for (const [uid, told] of this.#written) told ? objects.set(uid, told) : objects.delete(uid);
    let pending: Write[] = [];
    const note = (write: Write) => void pending.push(write);
    const flush = async () => {
      if (pending.length === 0) return;
      const writes = pending;
      pending = [];
      if (machine.step()) {
        this.#written.push(...writes);
        return;
      }
      this.#written.push(...writes.slice(0, torn));
      torn = 0;
      throw new KubeInformerError('PersistFailed', 'the machine is off', { hint: '' });
    };
    return {
      objects,
      isLost: false,
      set: (uid, told) => {
        objects.set(uid, told);
        note([uid, told]);
      },
      delete: (uid) => {
        if (objects.delete(uid)) note([uid, undefined]);
      },
      acknowledge: async () => {},
      flush,
      close: () => flush().catch(() => undefined),
    };
  }
}
