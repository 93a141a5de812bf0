import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const contract = await readFile('docs/contract.md', 'utf8');
const proofs = Array.from(contract.matchAll(/^- `(test\/[^`]+)`: (.+)$/gm), ([, file, title]) => ({
  file: file!,
  title: title!,
}));

describe('docs/contract.md', () => {
  it('has eleven clauses, each with a proof', () => {
    const clauses = contract.split(/^## (?=\d)/m).slice(1);
    expect(clauses).toHaveLength(11);
    for (const clause of clauses) expect(clause).toMatch(/^- `test\//m);
  });

  it.each(proofs)('names a test that exists: $file: $title', async ({ file, title }) => {
    expect(await readFile(file, 'utf8')).toContain(title);
  });
});
