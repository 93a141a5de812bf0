import { docsFolder, resultsFolder } from './lib/results.ts';
import { writePage } from './lib/write-page.ts';
import { measures } from './measures/index.ts';

/** npm run bench:page [FOLDER OF RESULTS [FOLDER TO WRITE TO]]: docs/benchmarks.md and its pictures, from bench/results. */
const [from = resultsFolder, to = docsFolder] = process.argv.slice(2);
console.log(await writePage(measures, from, to));
