import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const codes = Array.from(
  (await readFile('src/runtime/errors.ts', 'utf8')).matchAll(/^ {2}\| '(\w+)'/gm),
  ([, code]) => code!,
);
const page = await readFile('docs/troubleshooting.md', 'utf8');
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')), text]),
);

it('docs/troubleshooting.md has a section for each error code, and for nothing else', () => {
  expect(codes.length).toBeGreaterThan(25);
  expect([...sections.keys()].sort()).toEqual([...codes].sort());
});

it.each(codes)('says symptom, cause and remedy of %s', (code) => {
  for (const part of ['Symptom', 'Cause', 'Remedy']) expect(sections.get(code)).toContain(`- **${part}**: `);
});
