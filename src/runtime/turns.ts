import { type Clock, requireAtLeast, systemClock } from './clock.ts';

/** The turn that a task has been given. */
export interface Turn {
  /** `true` once the turn's time is used up: the task must return as soon as it can. */
  readonly over: boolean;
}

/**
 * A piece of work that can be interrupted. Called again and again until it says that nothing is left.
 *
 * @returns `true` while work is left.
 */
export type Task = (turn: Turn) => boolean;

export interface TurnsOptions {
  /** Default: the clock of the process. */
  readonly clock?: Clock;
  /** Milliseconds of work before the event loop gets its turn. Default 5. */
  readonly slice?: number;
  /** Calls back after the event loop has had its turn. Default `setImmediate`. */
  readonly yieldToLoop?: (callback: () => void) => void;
}

/**
 * Shares the event loop between everything that has much to do at once: applying a relist, feeding slow handlers,
 * building indexes. However many tasks there are, together they hold the loop for one slice at a time; sockets, timers and
 * other people's callbacks get their turn in between.
 *
 * Invariants: a task is in line at most once; tasks take turns in the order they came; nothing is scheduled while no task is
 * in line.
 */
export class Turns {
  readonly #clock: Clock;
  readonly #slice: number;
  readonly #yieldToLoop: (callback: () => void) => void;
  readonly #line: Task[] = [];
  readonly #inLine = new Set<Task>();
  #scheduled = false;
  #working = false;

  constructor({
    clock = systemClock,
    slice = 5,
    yieldToLoop = (callback) => void setImmediate(callback),
  }: TurnsOptions = {}) {
    requireAtLeast('slice', slice, 0);
    this.#clock = clock;
    this.#slice = slice;
    this.#yieldToLoop = yieldToLoop;
  }

  /** Puts `task` in line, unless it stands there already. A task must not throw: it has nobody to throw to. */
  take(task: Task): void {
    this.#enqueue(task);
    if (!this.#working) this.#schedule();
  }

  /** Runs `task` to its end, a slice at a time. Resolves when nothing is left; rejects with what it throws. */
  run(task: Task): Promise<void> {
    return new Promise((resolve, reject) => {
      this.take((turn) => {
        try {
          if (task(turn)) return true;
          resolve();
        } catch (thrown) {
          reject(thrown);
        }
        return false;
      });
    });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#yieldToLoop(() => {
      this.#scheduled = false;
      this.#work();
    });
  }

  #work(): void {
    const clock = this.#clock;
    const end = clock.monotonic() + this.#slice;
    const turn: Turn = {
      get over() {
        return clock.monotonic() >= end;
      },
    };
    this.#working = true;
    try {
      do {
        const task = this.#line.shift();
        if (!task) return;
        // Out of line first: a task may put itself in line again while it works.
        this.#inLine.delete(task);
        if (task(turn)) this.#enqueue(task);
      } while (!turn.over);
    } finally {
      this.#working = false;
      if (this.#line.length > 0) this.#schedule();
    }
  }

  #enqueue(task: Task): void {
    if (this.#inLine.has(task)) return;
    this.#inLine.add(task);
    this.#line.push(task);
  }
}

/** The turns that everything in the process shares, unless told otherwise. */
export const sharedTurns = new Turns();
