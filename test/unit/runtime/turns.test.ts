import { describe, expect, it } from 'vitest';
import { sharedTurns, type Task, Turns } from '../../../src/runtime/index.ts';
import { FakeClock } from '../../../src/testing/index.ts';

/** Turns on a clock that work itself moves, and an event loop that the test turns. */
function manual(slice = 5) {
  let now = 0;
  const callbacks: (() => void)[] = [];
  const clock = new FakeClock();
  clock.monotonic = () => now;
  const turns = new Turns({ clock, slice, yieldToLoop: (callback) => void callbacks.push(callback) });
  return {
    turns,
    /** Work of so many milliseconds. */
    work: (duration: number) => {
      now += duration;
    },
    /** One turn of the event loop. @returns how long it was held. */
    loop: () => {
      const start = now;
      callbacks.shift()?.();
      return now - start;
    },
    scheduled: () => callbacks.length,
  };
}

describe('turns', () => {
  it('hold the loop for one slice at a time, whatever there is to do', () => {
    const { turns, work, loop, scheduled } = manual();
    let left = 100;
    turns.take((turn) => {
      while (left > 0 && !turn.over) {
        work(1);
        left--;
      }
      return left > 0;
    });
    const held: number[] = [];
    while (scheduled() > 0) held.push(loop());
    expect(held).toEqual(Array.from({ length: 20 }, () => 5));
  });

  it('go round among the tasks in the order they came', () => {
    const { turns, work, loop, scheduled } = manual();
    const order: string[] = [];
    const task = (name: string, slices: number): Task => {
      let left = slices;
      return (turn) => {
        while (!turn.over) work(1);
        order.push(name);
        return --left > 0;
      };
    };
    turns.take(task('a', 3));
    turns.take(task('b', 1));
    turns.take(task('c', 2));
    while (scheduled() > 0) loop();
    expect(order).toEqual(['a', 'b', 'c', 'a', 'c', 'a']);
  });

  it('fit many small tasks into one slice, and few big ones into many', () => {
    const { turns, work, loop, scheduled } = manual();
    const done: number[] = [];
    for (let at = 0; at < 7; at++) {
      turns.take(() => {
        work(2);
        done.push(at);
        return false;
      });
    }
    expect(loop()).toBe(6);
    expect(done).toEqual([0, 1, 2]);
    while (scheduled() > 0) loop();
    expect(done).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('have a task in line once', () => {
    const { turns, loop, scheduled } = manual();
    let calls = 0;
    const task = () => {
      calls++;
      return false;
    };
    turns.take(task);
    turns.take(task);
    while (scheduled() > 0) loop();
    expect(calls).toBe(1);
  });

  it('have a task once more that took a turn again while it worked, and not twice', () => {
    const { turns, loop, scheduled } = manual();
    let calls = 0;
    const task = () => {
      calls++;
      if (calls === 1) turns.take(task);
      return calls === 1;
    };
    turns.take(task);
    while (scheduled() > 0) loop();
    expect(calls).toBe(2);
  });

  it('schedule nothing while nothing is in line', () => {
    const { turns, loop, scheduled } = manual();
    expect(scheduled()).toBe(0);
    turns.take(() => false);
    turns.take(() => false);
    expect(scheduled()).toBe(1);
    loop();
    expect(scheduled()).toBe(0);
  });

  it('schedule one callback, however many tasks come', () => {
    const { turns, work, loop, scheduled } = manual();
    for (let at = 0; at < 5; at++) {
      turns.take(() => {
        work(6);
        return false;
      });
    }
    for (let at = 0; at < 4; at++) {
      loop();
      expect(scheduled()).toBe(1);
    }
    loop();
    expect(scheduled()).toBe(0);
  });

  it('go on after a task that throws, which is out of line', () => {
    const { turns, loop, scheduled } = manual();
    let others = 0;
    turns.take(() => {
      throw new Error('task broke');
    });
    turns.take(() => {
      others++;
      return false;
    });
    expect(loop).toThrow('task broke');
    expect(scheduled()).toBe(1);
    loop();
    expect(others).toBe(1);
    expect(scheduled()).toBe(0);
  });

  it('make progress with a slice of nothing', () => {
    const { turns, loop, scheduled } = manual(0);
    let left = 3;
    turns.take(() => --left > 0);
    for (let at = 0; at < 3; at++) loop();
    expect(left).toBe(0);
    expect(scheduled()).toBe(0);
  });
});

describe('run', () => {
  it('resolves at the end of the task, with the loop free in between', async () => {
    let calls = 0;
    let immediates = 0;
    const turns = new Turns({ slice: 0 });
    const count = () => {
      immediates++;
      if (calls < 10) setImmediate(count);
    };
    setImmediate(count);
    await turns.run(() => ++calls < 10);
    expect(calls).toBe(10);
    expect(immediates).toBeGreaterThanOrEqual(8);
  });

  it('rejects with what the task throws, at whichever call', async () => {
    let calls = 0;
    const task = () => {
      if (++calls === 3) throw new Error('third');
      return true;
    };
    await expect(sharedTurns.run(task)).rejects.toThrow('third');
  });
});

it.each([-1, Number.NaN])('there is no slice of %s', (slice) => {
  expect(() => new Turns({ slice })).toThrow(/slice/);
});
