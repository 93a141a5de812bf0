import { existsSync } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const pages: string[] = [];
for await (const path of glob(['*.md', 'docs/**/*.md'])) if (!path.startsWith('docs/api/')) pages.push(path);

it.each(pages)('%s links to what is there', async (page) => {
  const text = (await readFile(page, 'utf8')).replaceAll(/^```.*?^```/gms, '');
  const broken: string[] = [];
  for (const [, link] of text.matchAll(/\]\((?!https?:|#)([^)\s]+)\)/g)) {
    const [path = '', anchor] = link!.split('#');
    const target = path.startsWith('/') ? join('docs', path) : join(dirname(page), path);
    const file = [target, `${target}.md`, join(target, 'index.md')].find((candidate) => existsSync(candidate));
    if (!file) broken.push(link!);
    else if (anchor && !headings(await readFile(file, 'utf8')).has(anchor)) broken.push(link!);
  }
  expect(broken).toEqual([]);
});

function headings(text: string): Set<string> {
  const slug = (title: string) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-');
  return new Set(Array.from(text.matchAll(/^#+ (.*)$/gm), ([, title]) => slug(title!)));
}
