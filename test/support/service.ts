import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Service, servicePath } from '../../tools/services.ts';
import { eventually } from './eventually.ts';

export interface ServiceOptions {
  readonly service: Service;
  /** @param directory an empty one, for its data. It stays over restarts. */
  readonly args: (port: number, directory: string) => readonly string[];
  /** What it prints when it can be used. */
  readonly ready: RegExp;
}

/** A server of somebody else's on a free loopback port, that is killed and started again at will. */
export class TestService implements AsyncDisposable {
  readonly port: number;
  readonly #options: ServiceOptions;
  readonly #directory: string;
  #child: ChildProcess | undefined;

  private constructor(options: ServiceOptions, port: number, directory: string) {
    this.#options = options;
    this.port = port;
    this.#directory = directory;
  }

  static async start(options: ServiceOptions): Promise<TestService> {
    const directory = await mkdtemp(join(tmpdir(), `${options.service}-`));
    const service = new TestService(options, await freePort(), directory);
    await service.start();
    return service;
  }

  /** Starts it with the data that it left. */
  async start(): Promise<void> {
    const { service, args, ready } = this.#options;
    const child = spawn(servicePath(service), args(this.port, this.#directory), { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    const end = () => child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.removeListener('exit', end));
    await new Promise<void>((resolve, reject) => {
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text;
          if (ready.test(output)) resolve();
        });
      }
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`${service} ended with ${code}:\n${output}`)));
    });
  }

  /** As a power cut would: with SIGKILL. Resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** It stays and answers nothing, until `resume`. Resolves when each of its threads stands still. */
  async pause(): Promise<void> {
    const { pid } = this.#child!;
    this.#child!.kill('SIGSTOP');
    await eventually(async () => {
      const threads = await readdir(`/proc/${pid}/task`);
      const states = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8')));
      // What comes behind the name, which may have anything in it.
      return states.every((state) => /.*\) T /s.test(state));
    });
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
