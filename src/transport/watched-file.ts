import { readFile, stat } from 'node:fs/promises';

/** A file that is read again when it has changed. */
export class WatchedFile {
  readonly path: string;
  #seen = '';
  #text = '';

  constructor(path: string) {
    this.path = path;
  }

  async read(): Promise<string> {
    // The kubelet swaps a link to a new folder, so the inode tells even if the times do not.
    const { ino, size, mtimeNs } = await stat(this.path, { bigint: true });
    const seen = `${ino} ${size} ${mtimeNs}`;
    if (seen !== this.#seen) {
      this.#text = await readFile(this.path, 'utf8');
      this.#seen = seen;
    }
    return this.#text;
  }

  forget(): void {
    this.#seen = '';
  }
}
