import { KubeInformerError, messageOf, version } from '../../index.ts';
import { doctor } from './doctor.ts';
import { exit, type Io } from './io.ts';
import { query } from './query.ts';
import { rbac } from './rbac.ts';
import { schema } from './schema.ts';
import { serve } from './serve.ts';

interface Command {
  readonly summary: string;
  readonly run: (args: readonly string[], io: Io) => Promise<number>;
}

const commands: Readonly<Record<string, Command>> = {
  watcher: { summary: '[--config FILE]  runs the service', run: serve },
  rbac: {
    summary: '[--config FILE] [--name NAME] [--namespace NS]  prints the roles that the service needs',
    run: rbac,
  },
  schema: { summary: 'prints the JSON Schema of the configuration', run: schema },
  query: {
    summary:
      'RESOURCE [NAME] [-n NS] [-l LABELS] [-f FIELDS] [--server URL] [--token-file FILE]  asks a service that runs',
    run: query,
  },
  doctor: { summary: '[--config FILE]  looks for what would keep the service from working', run: doctor },
};

const usage = [
  `kube-informer ${version}`,
  '',
  ...Object.entries(commands).map(([name, { summary }]) => `  kube-informer ${name} ${summary}`),
  '',
  'The configuration is the file of --config, else of CONFIG_FILE_PATH, else ./config.json.',
  '',
].join('\n');

/** Runs the command. @returns its exit code */
export async function run([name, ...args]: readonly string[], io: Io): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    (name === undefined ? io.err : io.out)(usage);
    return name === undefined ? exit.misuse : exit.ok;
  }
  if (name === '--version') {
    io.out(`${version}\n`);
    return exit.ok;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    io.err(`kube-informer: there is no command ${name}\n\n${usage}`);
    return exit.misuse;
  }
  try {
    return await command.run(args, io);
  } catch (thrown) {
    io.err(`kube-informer ${name}: ${messageOf(thrown)}\n`);
    if (thrown instanceof KubeInformerError) io.err(`${thrown.hint}\n`);
    const isMisuse = thrown instanceof KubeInformerError ? thrown.code === 'InvalidConfig' : isArgumentError(thrown);
    return isMisuse ? exit.misuse : exit.failed;
  }
}

function isArgumentError(thrown: unknown): boolean {
  return String((thrown as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS');
}
