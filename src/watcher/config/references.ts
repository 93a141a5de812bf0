import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ConfigProblem } from './check.ts';

export interface ReferenceOptions {
  /** Where relative paths of `$file` begin. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Resolved {
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
  /** The texts that came from elsewhere: they may be secret, and stand in no message. */
  readonly secrets: readonly string[];
  /** The files that were read, as absolute paths: when they change, so does the configuration. */
  readonly files: readonly string[];
}

/**
 * Puts in what a configuration refers to: `${NAME}` inside a text is the environment variable, `$${` stands for `${`, and
 * `{ "$file": path }` is the content of a file, without white space at its end.
 */
export function resolveReferences(document: unknown, { directory, env }: ReferenceOptions): Resolved {
  const problems: ConfigProblem[] = [];
  const secrets: string[] = [];
  const files: string[] = [];

  const text = (value: string, path: readonly PropertyKey[]): string =>
    value.replace(/\$\$\{|\$\{([^}]*)\}/g, (match, name: string | undefined) => {
      if (name === undefined) return '${';
      const found = env[name];
      if (found === undefined) {
        problems.push({ path, message: `the environment variable ${name} is not set` });
        return match;
      }
      secrets.push(found);
      return found;
    });

  const file = (name: string, path: readonly PropertyKey[]): string => {
    const absolute = resolve(directory, text(name, path));
    files.push(absolute);
    try {
      const content = readFileSync(absolute, 'utf8').trimEnd();
      secrets.push(content);
      return content;
    } catch (thrown) {
      problems.push({ path, message: `$file ${name} can't be read: ${(thrown as NodeJS.ErrnoException).code}` });
      return '';
    }
  };

  const walk = (value: unknown, path: readonly PropertyKey[]): unknown => {
    if (typeof value === 'string') return text(value, path);
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const [first] = entries;
    if (entries.length === 1 && first?.[0] === '$file' && typeof first[1] === 'string') return file(first[1], path);
    return Object.fromEntries(entries.map(([key, item]) => [key, walk(item, [...path, key])]));
  };

  return { value: walk(document, []), problems, secrets, files };
}
