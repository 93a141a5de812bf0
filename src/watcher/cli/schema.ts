import { configJsonSchema } from '../config/index.ts';
import { exit, type Io } from './io.ts';

/** Prints the JSON Schema of the configuration. */
export async function schema(_args: readonly string[], { out }: Io): Promise<number> {
  out(`${JSON.stringify(configJsonSchema(), undefined, 2)}\n`);
  return exit.ok;
}
