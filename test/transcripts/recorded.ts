import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Recording } from './model.ts';

const fileOf = (section: string) => path.join(import.meta.dirname, 'recorded', `${section}.json`);

/** What the real server answered, masked, when it was last recorded. */
export async function readRecording(section: string): Promise<Recording> {
  return JSON.parse(await readFile(fileOf(section), 'utf8')) as Recording;
}

export async function writeRecording(section: string, recording: Recording): Promise<void> {
  // One line for each case: small enough to keep, long enough to be read in a diff.
  const lines = Object.entries(recording).map(
    ([title, answer]) => `${JSON.stringify(title)}: ${JSON.stringify(answer)}`,
  );
  await writeFile(fileOf(section), `{\n${lines.join(',\n')}\n}\n`);
}
