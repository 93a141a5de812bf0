import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './s002-type-check.ts';

/** Where literature may be linked to: what was looked at by a person. */
const hosts = [
  'adevjoe.com',
  'github.com',
  'kubernetes.io',
  'pkg.go.dev',
  'www.huweihuang.com',
  'yangxikun.com',
] as const;

test('S002-20 the references are well-formed links to known places, each once and with a word about it', async () => {
  const text = await readFile(join(root, 'docs/references.md'), 'utf8');
  const entries = text
    .split(/\n(?=- |#|\n)/)
    .map((entry) => entry.replace(/\s+/g, ' ').trim())
    .filter((entry) => entry.startsWith('- '));
  const links = entries.map((entry) => /^- \[([^\]]+)\]\((\S+)\) — (\S.{15,})\.$/.exec(entry));
  expect(entries.filter((_entry, index) => links[index] === null)).toEqual([]);
  const urls = links.map((link) => new URL(link![2]!));
  expect(urls.length).toBeGreaterThanOrEqual(10);
  expect(new Set(urls.map(String)).size).toBe(urls.length);
  expect(urls.filter(({ protocol }) => protocol !== 'https:')).toEqual([]);
  expect([...new Set(urls.map(({ host }) => host))].sort()).toEqual([...hosts]);
  // No link hides outside of the list.
  expect(text.match(/https?:\/\//g)).toHaveLength(urls.length);
});
