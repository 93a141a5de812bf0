import { type Difference, differences } from './differences.ts';
import { methodOf } from './exchange.ts';
import { masks } from './mask.ts';
import type { Section } from './model.ts';

/** The titles of a section's cases, and which of them both servers answer the same. */
export interface ComparedSection {
  readonly section: Section;
  readonly titles: readonly string[];
  readonly same: ReadonlySet<string>;
}

/** What a real server does that is not put to both, and what the embedded one offers instead. */
const notCompared: readonly (readonly [what: string, verdict: string, instead: string])[] = [
  [
    'The first instants of a definition: 404, then 429 `storage is (re)initializing`, then 200',
    'differs on purpose',
    'The real server may be met in any of the three. The embedded one serves a definition at once; with `definitionDelay` it answers 429 for that long.',
  ],
  [
    'The first write within two seconds of a definition waits until they are over',
    'differs on purpose',
    'Nothing waits for other servers here, so tests need not either.',
  ],
  [
    'Watches of a definition that changes end within about a second',
    'differs on purpose',
    'They end at once. Events, order and end are compared above.',
  ],
  [
    'The storage stops: 504 in plain text, or a connection closed without an answer; readiness fails',
    'missing',
    'There is no storage to stop. Faults of kind `status`, `stall` and `reset` look the same to a client.',
  ],
  [
    'A client that does not read is dropped without an ERROR event',
    'same, by a unit test',
    'The buffer is counted in changes (`watchBacklog`), not in the time that one write may take.',
  ],
  [
    'A watch without a timeout ends after 30 to 60 minutes; bookmarks come every minute',
    'same, by a unit test',
    'Under a `FakeClock`; the real server would have to be waited for.',
  ],
];

function percent(part: number, whole: number): string {
  return `${part} of ${whole} (${((100 * part) / Math.max(1, whole)).toFixed(1)} %)`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function differenceOf(section: Section, title: string): Difference | undefined {
  return differences[section.id]?.[title];
}

function result(section: Section, title: string, same: boolean): string {
  if (same) return 'same';
  const known = differenceOf(section, title);
  if (!known) return '**differs, unexplained**';
  return `${known.verdict === 'missing' ? 'missing' : 'differs on purpose'}: ${known.why}`;
}

function requestOf(section: Section, title: string): string {
  const step = section.steps.find((candidate) => 'title' in candidate && candidate.title === title);
  if (!step || step.kind === 'incident') return '';
  const shown = step.path.length > 110 ? `${step.path.slice(0, 107)}...` : step.path;
  return `\`${methodOf(step)} ${shown}\``;
}

function tableOf({ section, titles, same }: ComparedSection): string {
  const rows = titles.map(
    (title) =>
      `| ${cell(title)} | ${cell(requestOf(section, title))} | ${cell(result(section, title, same.has(title)))} |`,
  );
  return [`### ${section.title}`, '', '| case | request | result |', '| --- | --- | --- |', ...rows, ''].join('\n');
}

const areas = ['discovery', 'writes', 'lists', 'watches', 'expiry', 'errors', 'other'] as const;

function figures(compared: readonly ComparedSection[]): string {
  const count = (wanted: (area: string) => boolean) => {
    const chosen = compared.filter(({ section }) => wanted(section.area));
    const all = chosen.flatMap(({ section, titles, same }) =>
      titles.map((title) => (same.has(title) ? 'same' : (differenceOf(section, title)?.verdict ?? 'unexplained'))),
    );
    const of = (what: string) => all.filter((one) => one === what).length;
    return `${percent(of('same'), all.length)} | ${of('differs')} | ${of('missing')} | ${of('unexplained')}`;
  };
  return [
    '| what | the same | differs on purpose | missing | unexplained |',
    '| --- | --- | --- | --- | --- |',
    ...areas.map((area) => `| ${area} | ${count((other) => other === area)} |`),
    `| all but other | ${count((area) => area !== 'other')} |`,
    `| everything | ${count(() => true)} |`,
  ].join('\n');
}

/** The document that shows case by case how close the embedded server is. */
export function renderReport(compared: readonly ComparedSection[]): string {
  return `<!-- Written by \`npm run transcripts\`. Changes belong into test/transcripts. -->

# How close the embedded API server is

\`ApiServer\` of \`kube-informer/testing\` is written in TypeScript and runs inside the test. How far it can be trusted is
measured: the cases below are sent, in the same order and from the same empty state, to it and to a real API server of
Kubernetes 1.36 (\`tools/apiserver\`, Go), and status, headers, bodies, events, their order and the end of each stream are
compared. The real server's answers are recorded in \`test/transcripts/recorded\`, so \`npm test\` repeats the comparison
without Go; \`npm run transcripts\` asks both servers, checks the recording against the real one, and writes this page;
\`npm run transcripts -- --record\` records anew. A case that differs without being named in
\`test/transcripts/differences.ts\` fails the test, and so does one that is named there and no longer differs.

## What is masked

${masks.map(([what, why]) => `- **${what}**: ${why}.`).join('\n')}

Faults, not options, make the embedded server answer 429 for too many requests; the cases below use one.

## The cases

${compared.map(tableOf).join('\n')}
## What is not put to both

| what a real server does | embedded | instead |
| --- | --- | --- |
${notCompared.map(([what, verdict, instead]) => `| ${cell(what)} | ${verdict} | ${cell(instead)} |`).join('\n')}

Foreign clients on the embedded server, in \`test/foreign\`: kubectl (api-resources, get with selectors and pages, apply on
both sides, wait, watch, delete, definitions), client-node's typed API and its informer, and client-go's dynamic and
metadata informers (over HTTP/2, with WatchList, through the end of a watch and an expired resource version).

## Figures

${figures(compared)}
`;
}
