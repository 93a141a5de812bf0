import { open, readFile, rename, rm } from 'node:fs/promises';
import { KubeInformerError } from '../runtime/index.ts';
import type { Checkpoint, CheckpointEntry, CheckpointStore } from './checkpoint.ts';

const format = 'kube-informer checkpoint 1';
/** Objects that are written at once, so that a big checkpoint does not hold the event loop. */
const chunkSize = 1_000;

/**
 * A checkpoint in a file. It is written beside its place and then renamed, so that the file is always a whole one. The directory
 * must exist.
 *
 * `load` and `save` reject with the error of the file system, `load` also with a `KubeInformerError` `CheckpointFailed` if the file is
 * no checkpoint.
 *
 * @example
 * informer.addEventHandler(handler, { checkpoint: { store: fileCheckpoint('/var/lib/robot/pods.checkpoint') } });
 */
export function fileCheckpoint(path: string): CheckpointStore {
  return { load: () => load(path), save: (checkpoint) => save(path, checkpoint) };
}

async function load(path: string): Promise<Checkpoint | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
  const [head, ...lines] = text.split('\n');
  try {
    const entries = lines.slice(0, -1).map((line) => entryOf(JSON.parse(line)));
    if (head === `${format} ${entries.length}` && lines.at(-1) === '') return new Map(entries);
  } catch {
    // Told below, without the text of the file.
  }
  throw new KubeInformerError('CheckpointFailed', `${path} is no checkpoint, or not a whole one`, {
    hint: 'Remove the file; the handler then gets every object as an add, and no deletions that were missed.',
  });
}

function entryOf(line: unknown): [string, CheckpointEntry] {
  if (!Array.isArray(line) || line.length !== 3 || line.some((part) => typeof part !== 'string')) throw new TypeError();
  const [key, uid, resourceVersion] = line as [string, string, string];
  return [key, { uid, resourceVersion }];
}

async function save(path: string, checkpoint: Checkpoint): Promise<void> {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(beside, 'w', 0o600);
    try {
      let chunk = [`${format} ${checkpoint.size}\n`];
      for (const [key, { uid, resourceVersion }] of checkpoint) {
        chunk.push(`${JSON.stringify([key, uid, resourceVersion])}\n`);
        if (chunk.length < chunkSize) continue;
        await file.write(chunk.join(''));
        chunk = [];
      }
      await file.write(chunk.join(''));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (thrown) {
    await rm(beside, { force: true });
    throw thrown;
  }
}
