import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { messageOf } from '../../index.ts';
import { ConfigError, checkConfig } from './check.ts';
import { resolveReferences } from './references.ts';
import type { WatcherConfig } from './schema.ts';

export interface ConfigSource {
  /** `--config`: wins. */
  readonly path?: string | undefined;
  /** Has `CONFIG_FILE_PATH`, and what the file refers to. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where relative paths begin. Default: the working directory. */
  readonly directory?: string;
}

export interface LoadedConfig {
  readonly config: WatcherConfig;
  /** Absolute. */
  readonly path: string;
  /** Everything that was read: the file itself and what it refers to. */
  readonly files: readonly string[];
}

/**
 * Reads the configuration: the file of `path`, else of the variable `CONFIG_FILE_PATH`, else `./config.json`. A `~` at its beginning is the home
 * directory.
 *
 * @throws ConfigError
 */
export function loadConfig({ path, env = process.env, directory = process.cwd() }: ConfigSource = {}): LoadedConfig {
  const fromEnv = env.CONFIG_FILE_PATH || undefined;
  const given = path ?? fromEnv ?? 'config.json';
  const file = resolve(
    directory,
    given.replace(/^~(?=$|\/)/, () => env.HOME ?? homedir()),
  );
  const text = read(file, path === undefined && fromEnv === undefined);
  const document = parse(file, text);
  const { value, problems, secrets, files } = resolveReferences(document, { directory: dirname(file), env });
  if (problems.length > 0) throw new ConfigError(file, problems);
  return { config: checkConfig(value, file, secrets), path: file, files: [file, ...files] };
}

function read(file: string, byDefault: boolean): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    const why = byDefault
      ? ', and neither --config nor CONFIG_FILE_PATH names another'
      : ' (--config, CONFIG_FILE_PATH)';
    const message = code === 'ENOENT' ? `there is no such file${why}` : `it can't be read: ${code}`;
    throw new ConfigError(file, [{ path: [], message }], thrown);
  }
}

/** The message of `JSON.parse` may quote the text, which may be secret; where the fault is says enough. */
function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    const where = /line \d+ column \d+/.exec(messageOf(thrown))?.[0];
    throw new ConfigError(file, [{ path: [], message: where ? `it is no JSON: ${where}` : 'it is no JSON' }]);
  }
}
