import { parseArgs } from 'node:util';
import { asKubeInformerError, type KubeInformerError, signalFromProcess } from '../../index.ts';
import { type ConfigSource, loadConfig } from '../config/index.ts';
import { followConfig } from '../reload/index.ts';
import { createWatcher, type Watcher } from '../watcher.ts';
import { exit, type Io } from './io.ts';
import { type Log, Logger } from './log.ts';

/** Runs the service until it is told to stop. A configuration that changes is taken up. */
export async function serve(args: readonly string[], io: Io): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { config: { type: 'string', short: 'c' } } });
  const { env, directory, clock, cluster } = io;
  const source: ConfigSource = { path: values.config, env, directory };
  const loaded = loadConfig(source);
  const { config, path } = loaded;
  const log = new Logger(io.err, config.logging, clock);
  const signal = io.signal ?? signalFromProcess();
  const onError = (error: KubeInformerError, from: string) => report(log, error, from);
  await using watcher = await createWatcher(config, { clock, onError, ...(cluster && { cluster }) });
  log.info('listening', { url: watcher.url, config: path, watches: config.watches.map(({ name }) => name) });
  const following = followConfig({
    source,
    loaded,
    clock,
    onChange: (next) => reload(watcher, log, () => next.config),
    onError: (error) =>
      reload(watcher, log, () => {
        throw error;
      }),
    onUnwatched: (error) => onError(error, 'configuration'),
  });
  const stopHearing = (io.onHangup ?? onHangup)(() => void following.check());
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
  stopHearing();
  await following.close();
  await watcher.stop();
  await ready;
  return exit.ok;
}

async function reload(watcher: Watcher, log: Logger, read: Parameters<Watcher['reload']>[0]): Promise<void> {
  try {
    const { outcome, watches, subscriptions, settings } = await watcher.reload(read);
    log.configure(watcher.config.logging);
    log.info(`configuration ${outcome}`, { watches, subscriptions, settings });
  } catch (thrown) {
    const hint = 'The old configuration stays.';
    report(log, asKubeInformerError(thrown, 'Internal', 'the new configuration', hint), 'configuration');
  }
}

function report(log: Log, { code, message, hint }: KubeInformerError, source: string): void {
  log.warn(message, { source, code, hint });
}

/** The signal that has told services to read their configuration anew for longer than there are volumes. */
function onHangup(listener: () => void): () => void {
  process.on('SIGHUP', listener);
  return () => void process.off('SIGHUP', listener);
}
