import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pageOf } from './lib/page.ts';
import { readResults, resultsFolder } from './lib/results.ts';
import { measures } from './measures/index.ts';

/** npm run bench:page [FOLDER OF RESULTS [FOLDER TO WRITE TO]]: docs/benchmarks.md and its pictures, from bench/results. */
const [from = resultsFolder, to = path.join(import.meta.dirname, '..', 'docs')] = process.argv.slice(2);
const { markdown, pictures } = pageOf(measures, await readResults(from), 'benchmarks');
await rm(path.join(to, 'benchmarks'), { recursive: true, force: true });
await mkdir(path.join(to, 'benchmarks'), { recursive: true });
await writeFile(path.join(to, 'benchmarks.md'), markdown);
for (const [name, svg] of pictures) await writeFile(path.join(to, 'benchmarks', name), svg);
console.log(`${path.join(to, 'benchmarks.md')}: ${measures.length} measures, ${pictures.size} pictures`);
