/**
 * Compares the embedded API server with a real one, request by request:
 *
 *     npm run transcripts                 # both servers; checks the recording, writes docs/embedded-server.md
 *     npm run transcripts -- --record     # records the real server's answers anew
 *     npm run transcripts -- lists        # only some sections, without the document; prints the differences
 *
 * Needs Go for the real server, see tools/apiserver/README.md.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { differences } from '../test/transcripts/differences.ts';
import { startEmbedded } from '../test/transcripts/embedded.ts';
import type { Answer, Recording, Section } from '../test/transcripts/model.ts';
import { startReal } from '../test/transcripts/real.ts';
import { readRecording, writeRecording } from '../test/transcripts/recorded.ts';
import { type ComparedSection, renderReport } from '../test/transcripts/report.ts';
import { runSection } from '../test/transcripts/run.ts';
import { sections } from '../test/transcripts/sections/index.ts';

const args = process.argv.slice(2);
const record = args.includes('--record');
const recordedOnly = args.includes('--recorded');
const chosen = args.filter((arg) => !arg.startsWith('--'));
const documentPath = path.join(import.meta.dirname, '..', 'docs', 'embedded-server.md');
let faults = 0;

/** The places where two values differ, one line each. */
function placesOf(left: unknown, right: unknown, place: string): string[] {
  if (isDeepStrictEqual(left, right)) return [];
  const both = [left, right];
  if (!both.every((value) => typeof value === 'object' && value !== null)) {
    return [`  ${place}: ${both.map((value) => JSON.stringify(value)?.slice(0, 600)).join('  =>  ')}`];
  }
  const [a, b] = both as [Record<string, unknown>, Record<string, unknown>];
  return Object.keys({ ...a, ...b }).flatMap((key) => placesOf(a[key], b[key], `${place}.${key}`));
}

function show(
  section: Section,
  title: string,
  what: string,
  left: Answer | undefined,
  right: Answer | undefined,
): void {
  console.log([`\n${section.id}: ${title}: ${what}`, ...placesOf(left, right, '')].join('\n'));
}

async function realAnswers(section: Section): Promise<Recording> {
  if (recordedOnly) return readRecording(section.id);
  const real = await runSection(section, startReal);
  if (record) {
    await writeRecording(section.id, real);
    return real;
  }
  const recorded = await readRecording(section.id);
  for (const title of Object.keys({ ...recorded, ...real })) {
    if (isDeepStrictEqual(recorded[title], real[title])) continue;
    show(section, title, 'recorded => answered by the real server now', recorded[title], real[title]);
    faults++;
  }
  return real;
}

const compared: ComparedSection[] = [];
for (const section of sections) {
  if (chosen.length > 0 && !chosen.includes(section.id)) continue;
  const real = await realAnswers(section);
  const embedded = await runSection(section, startEmbedded);
  const same = new Set(Object.keys(real).filter((title) => isDeepStrictEqual(real[title], embedded[title])));
  for (const title of Object.keys(real)) {
    const known = differences[section.id]?.[title];
    if (same.has(title) === (known === undefined)) continue;
    const what = known ? 'is the same, and listed as different' : 'differs: real => embedded';
    show(section, title, what, real[title], embedded[title]);
    faults++;
  }
  compared.push({ section, titles: Object.keys(real), same });
}
if (chosen.length === 0) await writeFile(documentPath, renderReport(compared));
console.log(
  compared
    .map(({ section, titles, same }) => `${section.id.padEnd(20)} ${same.size} of ${titles.length} the same`)
    .join('\n'),
);
if (faults > 0) process.exitCode = 1;
