import type { z } from 'zod';
import { KubeInformerError } from '../../index.ts';
import { keysAt } from './json-schema.ts';
import { nearMatch } from './near-match.ts';
import { configSchema, type WatcherConfig } from './schema.ts';

/** One thing that is wrong with a configuration, and where. */
export interface ConfigProblem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** A configuration that can't be used, with everything that is wrong with it. `code` is `InvalidConfig`. */
export class ConfigError extends KubeInformerError {
  readonly problems: readonly ConfigProblem[];

  constructor(source: string, problems: readonly ConfigProblem[], cause?: unknown) {
    super('InvalidConfig', `${source} can't be used:\n${problems.map(lineOf).join('\n')}`, {
      hint: 'kube-informer schema prints what a configuration may say.',
      cause,
    });
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

function lineOf({ path, message }: ConfigProblem): string {
  return path.length === 0 ? `  ${message}` : `  ${pathText(path)}: ${message}`;
}

/** `watches[0].target.kind` */
function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? String(step) : `${text}.${String(step)}`;
  }, '');
}

/**
 * Validates a configuration and fills in its defaults.
 *
 * @param source what it is called in messages: its file, say.
 * @param secrets texts that must not appear in a message.
 * @throws ConfigError with everything that is wrong, not only the first thing.
 */
export function checkConfig(
  input: unknown,
  source = 'the configuration',
  secrets: readonly string[] = [],
): WatcherConfig {
  const result = configSchema.safeParse(input);
  if (result.success) return result.data;
  const hidden = secrets.filter((secret) => secret.length > 3);
  const hide = (text: string) => hidden.reduce((safe, secret) => safe.replaceAll(secret, '***'), text);
  const problems = result.error.issues
    .flatMap(problemsOf)
    .map(({ path, message }) => ({ path, message: hide(message) }));
  throw new ConfigError(source, problems);
}

function problemsOf(issue: z.core.$ZodIssue): ConfigProblem[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(path);
    return issue.keys.map((key) => {
      const near = nearMatch(key, known);
      const hint = near === undefined ? `known are ${known.join(', ')}` : `did you mean ${near}?`;
      return { path: [...path, key], message: `is not known; ${hint}` };
    });
  }
  // Of alternatives, those that got furthest tell most.
  if (issue.code === 'invalid_union') {
    const deepest = issue.errors.flat().filter((inner) => inner.path.length > 0);
    if (deepest.length > 0) return deepest.flatMap((inner) => problemsOf({ ...inner, path: [...path, ...inner.path] }));
    if (issue.errors.length === 0 && issue.discriminator !== undefined) {
      return [
        { path, message: `is none of the known ones; ${issue.discriminator} must be one of those in the schema` },
      ];
    }
  }
  return [{ path, message: issue.message.replace(/^Invalid input: /, '') }];
}
