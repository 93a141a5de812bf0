import { glob, readFile } from 'node:fs/promises';

/** A piece of code that stands in the documentation. */
export interface Sample {
  /** Where it stands: `README.md:46`. */
  readonly where: string;
  /** A `program` stands for itself. A `fragment` is a line or a few, written for somebody who has an informer at hand. */
  readonly kind: 'program' | 'fragment';
  readonly code: string;
}

/** The blocks ` ```ts ` of a page; one that is marked ` ```ts continued ` goes on where the block before it ended. */
export function samplesOfPage(path: string, text: string): Sample[] {
  const samples: { where: string; kind: 'program'; code: string }[] = [];
  for (const match of text.matchAll(/^```ts([^\n]*)\n(.*?)^```$/gms)) {
    const [, words = '', code = ''] = match;
    const before = samples.at(-1);
    if (words.trim() === 'continued' && before) before.code += `\n${code}`;
    else samples.push({ where: `${path}:${lineAt(text, match.index)}`, kind: 'program', code });
  }
  return samples;
}

/** What follows each `@example` of a source file, up to the next tag or the end of its comment. */
export function samplesOfSource(path: string, text: string): Sample[] {
  const samples: Sample[] = [];
  for (const { 0: comment, index } of text.matchAll(/\/\*\*.*?\*\//gs)) {
    for (const example of comment.matchAll(/^ *\* @example(.*?)(?=^ *\* @|^ *\*\/)/gms)) {
      const code = example[1]!.replaceAll(/^ *\* ?/gm, '').trim();
      samples.push({ where: `${path}:${lineAt(text, index + example.index)}`, kind: 'fragment', code });
    }
  }
  return samples;
}

/** All samples of the pages and sources that the patterns name. */
export async function allSamples(pages: readonly string[], sources: readonly string[]): Promise<Sample[]> {
  const samples: Sample[] = [];
  for await (const path of glob([...pages])) samples.push(...samplesOfPage(path, await readFile(path, 'utf8')));
  for await (const path of glob([...sources])) samples.push(...samplesOfSource(path, await readFile(path, 'utf8')));
  return samples.sort((a, b) => a.where.localeCompare(b.where, 'en', { numeric: true }));
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
