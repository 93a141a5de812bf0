import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Ends the operator when its standard input does: it must not outlive a test that is killed. */
const leash = "process.stdin.on('end', () => process.exit(1)).resume().unref()";
const program = fileURLToPath(new URL('../../../examples/operator/main.ts', import.meta.url));

/** The operator of the example as a process of its own. */
export class OperatorProcess implements AsyncDisposable {
  /** Everything it said. */
  output = '';
  /** Its exit code, `null` if it was killed. */
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #listeners: ((line: number) => void)[] = [];

  constructor(kubeconfig: string) {
    const flags = ['--conditions=source', '--import', `data:text/javascript,${encodeURIComponent(leash)}`];
    const child = spawn(process.execPath, [...flags, program, '--kubeconfig', kubeconfig], { stdio: 'pipe' });
    // That it breaks when the operator goes first is no news.
    child.stdin.on('error', () => {});
    this.#child = child;
    let lines = 0;
    createInterface(child.stdout).on('line', (line) => {
      this.output += `${line}\n`;
      lines++;
      for (const listener of this.#listeners) listener(lines);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
    });
    this.exited = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
  }

  /** Whether it knows all there is. */
  get hasSynced(): boolean {
    return this.output.startsWith('caches are synced\n');
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Hears of each line of its output, by number from 1. */
  onLine(listener: (line: number) => void): void {
    this.#listeners.push(listener);
  }

  kill(signal: 'SIGKILL' | 'SIGTERM'): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill('SIGKILL');
    await this.exited;
  }
}
