import { setImmediate } from 'node:timers/promises';

/** Resolves when `holds` does, which is asked between the turns of the loop; the timeout of the test ends it. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await setImmediate();
}
