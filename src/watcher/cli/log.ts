import type { Clock } from '../../index.ts';
import type { WatcherConfig } from '../config/index.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';

const levels: readonly (Level | 'silent')[] = ['debug', 'info', 'warn', 'error', 'silent'];

export type Log = Readonly<Record<Level, (message: string, details?: Readonly<Record<string, unknown>>) => void>>;

/** A log of lines: JSON for machines, or one for people. */
export function logTo(write: (line: string) => void, { level, format }: WatcherConfig['logging'], clock: Clock): Log {
  const least = levels.indexOf(level);
  const at =
    (own: Level) =>
    (message: string, details: Readonly<Record<string, unknown>> = {}) => {
      if (levels.indexOf(own) < least) return;
      const time = new Date(clock.now()).toISOString();
      if (format === 'json') return write(`${JSON.stringify({ time, level: own, message, ...details })}\n`);
      const rest = Object.entries(details).map(
        ([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
      );
      return write(`${time} ${own.toUpperCase().padEnd(5)} ${message}${rest.join('')}\n`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
