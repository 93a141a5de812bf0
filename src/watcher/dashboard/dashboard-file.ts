import { createHash } from 'node:crypto';
import { files } from './files.ts';

export interface DashboardFile {
  readonly text: string;
  readonly contentType: string;
  readonly etag: string;
}

const contentTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

const known = new Map(
  Object.entries(files).flatMap(([name, text]) => {
    const contentType = contentTypes[name.slice(name.lastIndexOf('.') + 1)];
    if (contentType === undefined) return [];
    const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
    return [[name, { text, contentType, etag }] as const];
  }),
);

/** A file of the page; `undefined` if it has none of that name. */
export function dashboardFile(name: string): DashboardFile | undefined {
  return known.get(name);
}
