import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';

/** How those come here that no package of the system has as new as they must be. */
const instructions = {
  go: 'install Go 1.26 or newer (https://go.dev/dl)',
  kubectl: 'install kubectl 1.27 or newer (https://kubernetes.io/docs/tasks/tools)',
} as const;

/**
 * The path of a program.
 *
 * @throws Error with the instruction if it is not in the PATH.
 */
export function foreignProgram(name: keyof typeof instructions, searched = process.env.PATH ?? ''): string {
  const found = searched
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
  if (found === undefined) throw new Error(`${name} is needed and not in the PATH: ${instructions[name]}`);
  return found;
}

/** What a program prints that ends by itself. Rejects with what it said if it fails. */
export function outputOf(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { timeout: 15_000 }, (error, out, problems) => {
      if (error) reject(new Error(`${program} ${args.join(' ')}: ${problems}`));
      else resolve(out);
    });
  });
}

/** A running program whose lines are read one after another. */
export class Running implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #exit: Promise<unknown[]>;
  #wake: (() => void) | undefined;
  #problems = '';

  constructor(program: string, args: readonly string[]) {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    this.#exit = once(child, 'exit');
    createInterface(child.stdout).on('line', (line) => {
      this.#lines.push(line);
      this.#wake?.();
    });
    child.stderr.on('data', (chunk) => {
      this.#problems += chunk;
    });
    child.on('exit', () => this.#wake?.());
  }

  /** Waits for `count` more lines. */
  async take(count: number): Promise<string[]> {
    while (this.#lines.length < count) {
      if (this.#child.exitCode !== null) {
        throw new Error(`it ended after ${this.#lines.length} of ${count} lines: ${this.#problems}`);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#lines.splice(0, count);
  }

  /** Closes its standard input and waits for its end. */
  async finish(): Promise<number | null> {
    this.#child.stdin?.end();
    await this.#exit;
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill();
    await this.#exit;
  }
}
