import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asKubeInformerError, type Clock, KubeInformerError, type Timer } from '../../../index.ts';
import type { Memory, Told } from './memory.ts';
import { type Contents, header, readRecords, recordLine } from './records.ts';

export interface FileMemoryOptions {
  readonly path: string;
  /** Whether what is written is to outlive the machine as well. */
  readonly sync: boolean;
  readonly clock: Clock;
  /** What could not be read, or not be written when nobody waited for it. */
  readonly onError: (error: KubeInformerError) => void;
}

/** Milliseconds until what nobody waits for is written. */
const saveDelay = 250;

/** The file is written anew when it has so many lines beside two for each object. */
const spareLines = 1_000;

/**
 * A memory in a file: a line for each thing that was noted, appended, and the whole of it written anew when most lines are old. So it is bounded by the number of objects.
 *
 * ```text
 *  set, delete ──► pending ──► append (all at once, one at a time) ──► clean
 *                                 │ failed, or the file is mostly old lines, or it was torn
 *                                 ▼
 *                              rewrite beside it, then take its place
 * ```
 *
 * Invariants: the file is at each moment what was noted up to some moment, but for a last line that may be cut off; after a write that failed nothing is appended
 * before the file was written anew. A damaged file is set aside under another name, and stays there until the receiver was told that something is missing.
 */
export class FileMemory implements Memory {
  readonly objects: Map<string, Told>;
  readonly #options: FileMemoryOptions;
  #isLost: boolean;
  #pending: string[] = [];
  #lines: number;
  #rewrite = false;
  #handle: FileHandle | undefined;
  /** The write that goes on, and the one after it. */
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #soon: Timer | undefined;
  #closed = false;

  private constructor(options: FileMemoryOptions, { objects, lines }: Contents, isLost: boolean) {
    this.#options = options;
    this.objects = objects;
    this.#lines = lines;
    this.#isLost = isLost;
  }

  /**
   * Reads what there is. A damaged file is reported and set aside.
   *
   * @throws KubeInformerError `PersistFailed` if there is something that can't be read, or nothing can be written.
   */
  static async open(options: FileMemoryOptions): Promise<FileMemory> {
    const { path } = options;
    try {
      const contents = await read(options);
      const memory = new FileMemory(options, contents, await exists(`${path}.damaged`));
      // Whether it can be written shows now, not when something is to be told; and a line that was cut off is gone.
      await memory.#save();
      return memory;
    } catch (thrown) {
      throw failed(path, thrown);
    }
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  set(uid: string, told: Told): void {
    this.objects.set(uid, told);
    this.#note(recordLine([uid, told]));
  }

  delete(uid: string): void {
    if (this.objects.delete(uid)) this.#note(recordLine([uid, undefined]));
  }

  async acknowledge(): Promise<void> {
    this.#isLost = false;
    const { path, onError } = this.#options;
    try {
      await rm(`${path}.damaged`, { force: true });
    } catch (thrown) {
      onError(failed(path, thrown));
    }
  }

  async flush(): Promise<void> {
    if (this.#pending.length === 0 && !this.#rewrite) return this.#running;
    this.#next ??= this.#afterRunning();
    return this.#next;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#soon?.cancel();
    await this.#flushQuietly();
    this.#closed = true;
    this.#soon?.cancel();
    await this.#handle?.close();
  }

  #note(line: string): void {
    if (this.#closed) return;
    this.#pending.push(line);
    this.#soon ??= this.#options.clock.setTimer(() => {
      this.#soon = undefined;
      void this.#flushQuietly();
    }, saveDelay);
  }

  async #flushQuietly(): Promise<void> {
    try {
      await this.flush();
    } catch (thrown) {
      this.#options.onError(failed(this.#options.path, thrown));
    }
  }

  async #afterRunning(): Promise<void> {
    // Who waited for that one was told how it went.
    await this.#running?.catch(() => undefined);
    this.#next = undefined;
    this.#running = this.#save().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Writes all that is pending. */
  async #save(): Promise<void> {
    const lines = this.#pending.splice(0);
    if (lines.length === 0 && this.#handle && !this.#rewrite) return;
    const isLong = this.#lines + lines.length > 2 * this.objects.size + spareLines;
    try {
      if (this.#rewrite || isLong || !this.#handle) await this.#writeAnew();
      else {
        await this.#handle.appendFile(lines.join(''));
        if (this.#options.sync) await this.#handle.datasync();
        this.#lines += lines.length;
      }
    } catch (thrown) {
      this.#rewrite = true;
      throw failed(this.#options.path, thrown);
    }
  }

  async #writeAnew(): Promise<void> {
    const { path, sync } = this.#options;
    const old = this.#handle;
    this.#handle = undefined;
    await old?.close();
    const count = this.objects.size;
    const text = header + Array.from(this.objects, recordLine).join('');
    const handle = await open(`${path}.new`, 'w', 0o600);
    try {
      await handle.writeFile(text);
      if (sync) await handle.sync();
      await rename(`${path}.new`, path);
      if (sync) await syncDirectory(dirname(path));
    } catch (thrown) {
      await handle.close();
      throw thrown;
    }
    this.#handle = handle;
    this.#lines = count;
    this.#rewrite = false;
  }
}

async function read({ path, onError }: FileMemoryOptions): Promise<Contents> {
  if (!(await exists(path))) return { objects: new Map(), lines: 0, isTorn: false };
  const text = await readFile(path, 'utf8');
  try {
    const contents = readRecords(text);
    if (contents.isTorn) {
      const hint = 'Nothing is missed by that: what is not known to have arrived is told again.';
      onError(new KubeInformerError('PersistFailed', `the last line of ${path} was cut off`, { hint }));
    }
    return contents;
  } catch (cause) {
    await rename(path, `${path}.damaged`);
    const hint =
      'It begins without a memory: receivers get all objects as added, and a gap, since ends may be missing.';
    onError(
      new KubeInformerError('PersistFailed', `${path} can't be used: ${(cause as Error).message}`, { cause, hint }),
    );
    return { objects: new Map(), lines: 0, isTorn: false };
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await (await open(path, 'r')).close();
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw thrown;
  }
}

/** So that a file that took the place of another is found there after a loss of power. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function failed(path: string, thrown: unknown): KubeInformerError {
  const hint =
    'Look at the directory, its rights and its space (persist.dir). Nothing new is told as long as it can not be remembered.';
  return asKubeInformerError(thrown, 'PersistFailed', `what receivers know can't be kept in ${path}`, hint);
}
