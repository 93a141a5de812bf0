import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../../src/watcher/cli/main.ts', import.meta.url));

/** The command `kube-informer watcher` as a process of its own. */
export class Instance implements AsyncDisposable {
  readonly identity: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown[]>;
  #printed = '';

  constructor(identity: string, config: string) {
    this.identity = identity;
    this.#child = spawn(process.execPath, ['--conditions=source', program, 'watcher', '--config', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, WATCHER_IDENTITY: identity },
    });
    this.#exited = once(this.#child, 'exit');
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#printed += text;
    });
  }

  get printed(): string {
    return this.#printed;
  }

  get isReady(): boolean {
    return this.#printed.includes('"ready"');
  }

  /** @returns its exit code; `null` if a signal ended it. */
  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    this.#child.kill(signal);
    await this.#exited;
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill('SIGKILL');
  }
}
