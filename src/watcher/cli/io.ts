import type { Clock, KubeConfigLike } from '../../index.ts';

/** What a command has of the world. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where relative paths begin. */
  readonly directory: string;
  readonly clock: Clock;
  /** Ends what runs until it is told to. Default: the signals of the process. */
  readonly signal?: AbortSignal;
  /** Calls `listener` whenever the configuration is to be read anew. @returns a function that ends this. Default: the signal SIGHUP. */
  readonly onHangup?: (listener: () => void) => () => void;
  /** Default: the one that the configuration, or the environment, says. */
  readonly cluster?: KubeConfigLike;
}

/** How a command ended. `misuse`: arguments or configuration are wrong; trying again changes nothing. */
export const exit = { ok: 0, failed: 1, misuse: 2 } as const;
