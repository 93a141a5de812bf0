/**
 * A real Kubernetes API server on loopback, for tests and for trying things out:
 *
 *     npx node --conditions=source tools/apiserver.ts [flags of the server, see tools/apiserver/README.md]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { buildApiServer } from './apiserver/build.ts';

export interface StartApiServerOptions {
  /** Port on 127.0.0.1. Default 0: a free one. Give the port of the former server to restart it at its place. */
  readonly port?: number;
  /** Keeps data, certificate and token over a restart. Default: a temporary folder that `stop` removes. */
  readonly dataDir?: string;
  /** CSV file of `token,user,uid,"group1,group2"`, beside the administrator's own token. */
  readonly tokenAuthFile?: string;
  /** JSON file of what whom is allowed. Default: everybody with a valid token may do everything. */
  readonly policyFile?: string;
  /** Default true. */
  readonly watchCache?: boolean;
  /** For example `{ WatchList: false, ShardedListAndWatch: true }`. */
  readonly featureGates?: Readonly<Record<string, boolean>>;
  /** How often old revisions are forgotten, as a Go duration (`30s`). Default `5m`; `0` never. */
  readonly compactionInterval?: string;
  /** Requests served at a time before the server answers 429. Default 400 that read and 200 that write. */
  readonly maxRequestsInFlight?: number;
  readonly maxMutatingRequestsInFlight?: number;
  /** Any other flag of the server. */
  readonly args?: readonly string[];
  /** The server's log, line by line. */
  readonly onLog?: (line: string) => void;
  /** Progress of the build, when there is one. */
  readonly onProgress?: (line: string) => void;
}

export interface StartedApiServer extends AsyncDisposable {
  /** The path of a kubeconfig for the administrator. */
  readonly kubeconfig: string;
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  readonly pid: number;
  /** Settles when the process has ended and its temporary folder is gone, however it came to its end. */
  readonly exited: Promise<void>;
  /** Default `SIGTERM`: the server ends its watches and leaves. `SIGKILL` for a crash. Resolves as `exited` does. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

interface ReadyLine {
  readonly server: string;
  readonly kubeconfig: string;
}

const patienceMs = { start: 60_000, stop: 15_000 };

function flags(options: StartApiServerOptions, dataDir: string): string[] {
  const gates = Object.entries(options.featureGates ?? {}).map(([name, on]) => `${name}=${on}`);
  const flag = (name: string, value: string | number | boolean | undefined) =>
    value === undefined ? [] : [`--${name}=${value}`];
  return [
    '--until-stdin-closes',
    ...flag('data-dir', dataDir),
    ...flag('port', options.port),
    ...flag('token-auth-file', options.tokenAuthFile),
    ...flag('policy-file', options.policyFile),
    ...flag('watch-cache', options.watchCache),
    ...flag('feature-gates', gates.length > 0 ? gates.join(',') : undefined),
    ...flag('etcd-compaction-interval', options.compactionInterval),
    ...flag('max-requests-inflight', options.maxRequestsInFlight),
    ...flag('max-mutating-requests-inflight', options.maxMutatingRequestsInFlight),
    ...(options.args ?? []),
  ];
}

/**
 * Builds the server if its sources changed, starts it, and resolves when it answers. The server ends with this process,
 * even if nobody stops it.
 *
 * @throws Error when Go is missing, the build fails, or the server ends or stays silent instead of getting ready
 *
 * @example
 * await using server = await startApiServer({ compactionInterval: '10s' });
 * kubeConfig.loadFromFile(server.kubeconfig);
 */
export async function startApiServer(options: StartApiServerOptions = {}): Promise<StartedApiServer> {
  const binary = await buildApiServer(options.onProgress);
  const temporary = await mkdtemp(path.join(os.tmpdir(), 'apiserver-'));
  const child = spawn(binary, flags(options, options.dataDir ?? temporary), { stdio: ['pipe', 'pipe', 'pipe'] });
  // The pipe is only there to be closed with us; that it breaks when the server goes first is no news.
  child.stdin.on('error', () => {});
  const lastLines: string[] = [];
  createInterface(child.stderr).on('line', (line) => {
    if (lastLines.push(line) > 20) lastLines.shift();
    options.onLog?.(line);
  });
  const exited = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  }).then(() => rm(temporary, { recursive: true, force: true }));
  // `once` below reports it where somebody listens; without a listener it would end the process.
  child.on('error', (error) => lastLines.push(error.message));

  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs.stop);
    await exited;
    clearTimeout(timer);
  };
  const stdout = createInterface(child.stdout);
  try {
    const timeout = AbortSignal.timeout(patienceMs.start);
    const ended = exited.then(() => Promise.reject(new Error('it ended')));
    const [line] = (await Promise.race([once(stdout, 'line', { signal: timeout }), ended])) as [string];
    ended.catch(() => {}); // from here on `exited` is the caller's
    const ready = JSON.parse(line) as ReadyLine;
    return {
      kubeconfig: ready.kubeconfig,
      url: ready.server,
      pid: child.pid!,
      exited,
      stop,
      [Symbol.asyncDispose]: () => stop(),
    };
  } catch (cause) {
    await stop('SIGKILL');
    throw new Error(`The API server did not get ready. The last it said:\n${lastLines.join('\n')}`, { cause });
  }
}

if (import.meta.main) {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const server = await startApiServer({ args: process.argv.slice(2), onLog: say, onProgress: say });
  console.log(`export KUBECONFIG=${server.kubeconfig}   # ${server.url}, pid ${server.pid}`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => void server.stop(signal));
  }
  await server.exited;
  process.exit();
}
