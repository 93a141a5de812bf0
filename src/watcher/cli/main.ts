#!/usr/bin/env node
import { systemClock } from '../../index.ts';

/** The command `kube-informer`. What the service needs is loaded only here, so that its absence can be explained. */
try {
  const { run } = await import('./run.ts');
  process.exitCode = await run(process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    env: process.env,
    directory: process.cwd(),
    clock: systemClock,
  });
} catch (thrown) {
  const { code, message } = thrown as NodeJS.ErrnoException;
  const missing = code === 'ERR_MODULE_NOT_FOUND' ? /package '([^']+)'/.exec(message)?.[1] : undefined;
  if (missing === undefined) throw thrown;
  process.stderr.write(
    `kube-informer: the package ${missing} is not installed, and the service needs it:\n  npm install hono @hono/node-server zod\n`,
  );
  process.exitCode = 1;
}
