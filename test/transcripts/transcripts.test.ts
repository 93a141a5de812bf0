import { beforeAll, describe, expect, it } from 'vitest';
import { differences } from './differences.ts';
import { startEmbedded } from './embedded.ts';
import type { Recording } from './model.ts';
import { readRecording } from './recorded.ts';
import { runSection } from './run.ts';
import { sections } from './sections/index.ts';

// Needs no Go: `npm run transcripts` is what compares the recording with the real server.
describe.each(sections)('the embedded API server answers as the recorded real one: $title', (section) => {
  const titles = section.steps.flatMap((step) => ('title' in step ? [step.title] : []));
  let recorded: Recording;
  let answered: Recording;

  beforeAll(async () => {
    recorded = await readRecording(section.id);
    answered = await runSection(section, startEmbedded);
  });

  it('the recording has these cases and no others', () => {
    expect(Object.keys(recorded)).toEqual(titles);
  });

  it.each(titles.filter((title) => !differences[section.id]?.[title]))('%s', (title) => {
    expect(answered[title]).toEqual(recorded[title]);
  });

  const known = titles.filter((title) => differences[section.id]?.[title]);
  if (known.length > 0) {
    it.each(known)('%s (differs, as documented)', (title) => {
      expect(answered[title]).not.toEqual(recorded[title]);
    });
  }

  it('every documented difference is one of a case', () => {
    expect(titles).toEqual(expect.arrayContaining(Object.keys(differences[section.id] ?? {})));
  });
});
