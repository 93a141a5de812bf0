import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { asKubeInformerError, type Clock, KubeInformerError, messageOf, type Timer } from '../../index.ts';
import { type ConfigSource, type LoadedConfig, loadConfig } from '../config/index.ts';

/** So often everything is read, whatever the file system tells of, milliseconds. */
const pollInterval = 10_000;
/** So long after the last of several changes it is read, milliseconds: a swap is more than one. */
const quietTime = 100;

export interface FollowConfigOptions {
  readonly source: ConfigSource;
  /** What was read at the start. */
  readonly loaded: LoadedConfig;
  readonly clock: Clock;
  /** There is another one. The next is told of when this has resolved. Must not reject. */
  readonly onChange: (loaded: LoadedConfig) => Promise<void>;
  /** What is there can't be read or used; told once for each way of being wrong. Must not reject. What was read before still holds. */
  readonly onError: (error: KubeInformerError) => Promise<void>;
  /** A directory can't be watched; told once for each. Nothing is wrong with the configuration: it is read now and then. */
  readonly onUnwatched: (error: KubeInformerError) => void;
}

/** A configuration that is followed. */
export interface FollowedConfig {
  /** Reads it now. Resolves when what came of it has been dealt with. */
  check(): Promise<void>;
  /** Nothing is left when the promise resolves. */
  close(): Promise<void>;
}

/**
 * Follows the files of a configuration, those that it refers to included. Directories are watched, not files: the volume of a ConfigMap or a Secret changes by a link
 * in its directory that comes to lead elsewhere, and a file under the old place hears nothing of that. Where nothing can be watched, it is read every ten seconds.
 *
 * Whether it changed is decided by what it says, so any number of events of the file system cost a reading each and nothing more.
 */
export function followConfig(options: FollowConfigOptions): FollowedConfig {
  const { source, loaded, clock, onChange, onError, onUnwatched } = options;
  const watchers = new Map<string, FSWatcher>();
  /** Directories of which it was told that they can't be watched. */
  const unwatchable = new Set<string>();
  let known: unknown = loaded.config;
  /** The message of what is wrong with what is there. */
  let complaint: string | undefined;
  let soon: Timer | undefined;
  let poll: Timer | undefined;
  let closed = false;
  let last = Promise.resolve();

  const read = async () => {
    if (closed) return;
    try {
      const next = loadConfig(source);
      complaint = undefined;
      watchDirectories(next.files);
      if (isDeepStrictEqual(next.config, known)) return;
      known = next.config;
      await onChange(next);
    } catch (thrown) {
      const error = asKubeInformerError(thrown, 'InvalidConfig', 'the configuration', 'Look at the file.');
      if (error.message === complaint) return;
      complaint = error.message;
      // Should the old one come back, nothing has changed.
      await onError(error);
    }
  };
  const check = () => {
    soon?.cancel();
    soon = undefined;
    last = last.then(read);
    return last;
  };
  const hear = () => {
    if (closed) return;
    soon?.cancel();
    soon = clock.setTimer(() => void check(), quietTime);
  };
  const watchDirectories = (files: readonly string[]) => {
    const wanted = new Set(files.map((file) => dirname(file)));
    for (const [directory, watcher] of watchers) {
      if (wanted.has(directory)) continue;
      watcher.close();
      watchers.delete(directory);
    }
    for (const directory of wanted) {
      if (watchers.has(directory)) continue;
      try {
        const watcher = watch(directory, hear);
        watcher.on('error', (cause) => {
          watcher.close();
          watchers.delete(directory);
          unwatched(directory, cause);
        });
        watchers.set(directory, watcher);
        unwatchable.delete(directory);
      } catch (cause) {
        unwatched(directory, cause);
      }
    }
  };
  const unwatched = (directory: string, cause: unknown) => {
    // It is tried again with each reading.
    if (unwatchable.has(directory)) return;
    unwatchable.add(directory);
    const hint = 'It is read every ten seconds. Too many watches of files? See fs.inotify.max_user_watches.';
    onUnwatched(
      new KubeInformerError('InvalidConfig', `${directory} can't be watched: ${messageOf(cause)}`, { cause, hint }),
    );
  };
  const schedule = () => {
    poll = clock.setTimer(() => void check().then(() => closed || schedule()), pollInterval);
  };

  watchDirectories(loaded.files);
  schedule();
  return {
    check,
    close: async () => {
      closed = true;
      soon?.cancel();
      poll?.cancel();
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
      await last;
    },
  };
}
