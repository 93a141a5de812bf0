import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Measure } from './contest.ts';
import { pageOf } from './page.ts';
import { readResults } from './results.ts';

/** Writes `benchmarks.md` and, beside it, the folder `benchmarks` with the pictures; what was there goes. @returns the path of the page */
export async function writePage(measures: readonly Measure[], results: string, folder: string): Promise<string> {
  const { markdown, pictures } = pageOf(measures, await readResults(results), 'benchmarks');
  const beside = path.join(folder, 'benchmarks');
  await rm(beside, { recursive: true, force: true });
  await mkdir(beside, { recursive: true });
  for (const [name, svg] of pictures) await writeFile(path.join(beside, name), svg);
  const page = path.join(folder, 'benchmarks.md');
  await writeFile(page, markdown);
  return page;
}
