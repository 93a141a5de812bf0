import { type ChildProcess, fork, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Arena, Contestant, Figures } from './contest.ts';
import type { Assignment } from './meter.ts';

/** Longer than any contestant needs; who is silent that long has failed. */
const patienceMs = 180_000;

interface NodeContestant extends Omit<Contestant, 'run'> {
  /** A file in `contestants`. */
  readonly module: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly execArgv?: readonly string[];
}

/** A contestant that is a module of ours: it gets an assignment, says when it has synced, and then what it found. */
export function nodeContestant({ module, options = {}, execArgv = [], ...contestant }: NodeContestant): Contestant {
  return {
    ...contestant,
    async run({ cluster, pods, updates, begin }) {
      const assignment: Assignment = { cluster, pods, updates, options };
      const child = fork(new URL(`../contestants/${module}`, import.meta.url), [JSON.stringify(assignment)], {
        execArgv: ['--conditions=source', ...execArgv],
        stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
      });
      return outcome(child, (succeed) => {
        child.on('message', (message: 'synced' | Figures) => {
          if (message === 'synced') begin();
          else succeed(message);
        });
      });
    },
  };
}

/** A line of a program in another language; it may have more in it. */
interface NativeLine extends Record<string, number | string> {}

interface NativeContestant extends Omit<Contestant, 'run' | 'kind'> {
  /** The program and what it is to be told. */
  command(arena: Arena): Promise<readonly [string, ...string[]]>;
}

/** A contestant that is a program: a first line of JSON after the sync, a second after the updates, if there are any. */
export function nativeContestant({ command, ...contestant }: NativeContestant): Contestant {
  return {
    ...contestant,
    kind: 'peer',
    async run(arena) {
      const [program, ...args] = await command(arena);
      const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      const found: Record<string, number> = {};
      return outcome(child, (succeed) => {
        createInterface(child.stdout).on('line', (line) => {
          const isFirst = Object.keys(found).length === 0;
          const { heapBytesBefore = 0, ...figures } = JSON.parse(line) as NativeLine;
          for (const [name, value] of Object.entries(figures)) if (typeof value === 'number') found[name] = value;
          if (isFirst) found.heapBytes = (found.heapBytes ?? 0) - Number(heapBytesBefore);
          if (isFirst && arena.updates > 0) arena.begin();
          else succeed(found);
        });
      });
    },
  };
}

/** What the child reports; its end before that is a failure, with the last it said on stderr. */
function outcome(child: ChildProcess, listen: (succeed: (figures: Figures) => void) => void): Promise<Figures> {
  return new Promise((resolve, reject) => {
    let said = '';
    let figures: Figures | undefined;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000);
    });
    const timer = setTimeout(() => {
      said += `\nno result within ${patienceMs / 1000} s`;
      child.kill('SIGKILL');
    }, patienceMs);
    listen((result) => {
      figures = result;
      // Who can't come to an end has been heard all the same, and must not disturb the next.
      setTimeout(() => child.kill('SIGKILL'), 2000).unref();
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (figures) resolve(figures);
      else reject(new Error(reasonOf(said) ?? `ended with ${signal ?? code}`));
    });
  });
}

/** The one line of what a process said before it ended that tells why. */
function reasonOf(said: string): string | undefined {
  const lines = said.split('\n').map((line) => line.trim());
  const telling = lines.findLast((line) => /error|fail|fatal|no result/i.test(line) && !line.startsWith('at '));
  return (telling ?? lines.findLast((line) => line !== ''))?.slice(0, 200);
}
