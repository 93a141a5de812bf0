import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The path of a program, or `undefined`, which is said loudly: what needs it is not tested then. */
export function findProgram(name: string): string | undefined {
  const places = (process.env.PATH ?? '').split(':').map((folder) => join(folder, name));
  const found = places.find((file) => existsSync(file));
  if (found === undefined) sayMissing(name);
  return found;
}

export function sayMissing(what: string): void {
  process.stderr.write(`\n!!! NOT TESTED: ${what} is not installed here; the tests that need it are skipped.\n\n`);
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
