import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('./page/', import.meta.url);

/** The text of each file of the page, by its name. In the package this module holds the texts themselves: `tsup.config.ts` puts them in. */
export const files: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]),
);
