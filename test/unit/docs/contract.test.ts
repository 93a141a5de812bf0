import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

describe.each([
  ['docs/contract.md', 14],
  ['docs/controller.md', 5],
])('%s', async (page, count) => {
  const contract = await readFile(page, 'utf8');
  const proofs = Array.from(contract.matchAll(/^- `(test\/[^`]+)`: (.+)$/gm), ([, file, title]) => ({
    file: file!,
    title: title!,
  }));

  it(`has ${count} clauses, each with a proof`, () => {
    const clauses = contract.split(/^## (?=\d)/m).slice(1);
    expect(clauses).toHaveLength(count);
    for (const clause of clauses) expect(clause).toMatch(/^- `test\//m);
  });

  it.each(proofs)('names a test that exists: $file: $title', async ({ file, title }) => {
    expect(await readFile(file, 'utf8')).toContain(title);
  });
});
