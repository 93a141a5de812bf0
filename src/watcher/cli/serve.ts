import { parseArgs } from 'node:util';
import { type KubeInformerError, signalFromProcess } from '../../index.ts';
import { loadConfig } from '../config/index.ts';
import { createWatcher } from '../watcher.ts';
import { exit, type Io } from './io.ts';
import { logTo } from './log.ts';

/** Runs the service until it is told to stop. */
export async function serve(args: readonly string[], io: Io): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { config: { type: 'string', short: 'c' } } });
  const { env, directory, clock, cluster } = io;
  const { config, path } = loadConfig({ path: values.config, env, directory });
  const log = logTo(io.err, config.logging, clock);
  const signal = io.signal ?? signalFromProcess();
  const onError = ({ code, message, hint }: KubeInformerError, source: string) =>
    log.warn(message, { source, code, hint });
  await using watcher = await createWatcher(config, { clock, onError, ...(cluster && { cluster }) });
  log.info('listening', { url: watcher.url, config: path, watches: config.watches.map(({ name }) => name) });
  const ended = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const ready = watcher.ready(signal).then(
    () => log.info('ready', { kinds: watcher.kinds().map(({ key }) => key) }),
    // It was told to stop before it was ready.
    () => undefined,
  );
  await ended;
  log.info('stopping');
  await watcher.stop();
  await ready;
  return exit.ok;
}
