import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import type { Contestant, Figures } from './contest.ts';
import { Medians } from './statistics.ts';

export interface Outcome {
  readonly id: string;
  readonly name: string;
  readonly kind: NonNullable<Contestant['kind']>;
  /** One for each round. */
  readonly figures: readonly Figures[];
  /** Why there are none, or not for all rounds. */
  readonly reason?: string;
}

/** Everything about one measurement that a reader needs to judge it and to repeat it. */
export interface Result {
  readonly measure: string;
  readonly command: string;
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  readonly node: string;
  readonly rounds: number;
  /** What all sizes were multiplied with; 1 is the size of the goals. */
  readonly scale: number;
  /** As JSON, by server. */
  readonly bytesPerPod: Readonly<Record<string, number>>;
  readonly outcomes: readonly Outcome[];
}

/** Those of the last full run are in git. */
export const resultsFolder = path.join(import.meta.dirname, '..', 'results');

/** Where the page is. */
export const docsFolder = path.join(import.meta.dirname, '..', '..', 'docs');

export function machine(): string {
  const [first] = cpus();
  return `${cpus().length} × ${first?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}`;
}

/** The commit that is measured, with a mark if something beside what a run writes was changed since. */
export function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
  try {
    const changed = git(
      'status',
      '--porcelain',
      '--',
      ':/',
      ':!/bench/results',
      ':!/docs/benchmarks.md',
      ':!/docs/benchmarks',
    );
    return `${git('rev-parse', '--short=10', 'HEAD')}${changed === '' ? '' : ' with changes'}`;
  } catch {
    return 'unknown';
  }
}

export function mediansOf({ outcomes }: Pick<Result, 'outcomes'>): Medians {
  return new Medians(outcomes.map(({ id, figures }) => [id, figures] as const));
}

export async function writeResult(folder: string, result: Result): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, `${result.measure}.json`), `${JSON.stringify(rounded(result), null, 2)}\n`);
}

export async function readResults(folder: string): Promise<ReadonlyMap<string, Result>> {
  const results = new Map<string, Result>();
  // The folder is not there before the first full run.
  await mkdir(folder, { recursive: true });
  for (const name of (await readdir(folder)).filter((name) => name.endsWith('.json'))) {
    const result = JSON.parse(await readFile(path.join(folder, name), 'utf8')) as Result;
    results.set(result.measure, result);
  }
  return results;
}

/** More digits than these say nothing. */
function rounded(result: Result): Result {
  const round = (figures: Figures): Figures =>
    Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Number(value.toPrecision(6))]));
  return {
    ...result,
    outcomes: result.outcomes.map((outcome) => ({ ...outcome, figures: outcome.figures.map(round) })),
  };
}
