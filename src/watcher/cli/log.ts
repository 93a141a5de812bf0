import type { Clock } from '../../index.ts';
import type { WatcherConfig } from '../config/index.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';
type Details = Readonly<Record<string, unknown>>;
type Settings = WatcherConfig['logging'];

const levels: readonly (Level | 'silent')[] = ['debug', 'info', 'warn', 'error', 'silent'];

export type Log = Readonly<Record<Level, (message: string, details?: Details) => void>>;

/** A log of lines: JSON for machines, or one for people. What it writes and how may change at any time. */
export class Logger implements Log {
  readonly #write: (line: string) => void;
  readonly #clock: Clock;
  #settings: Settings;

  constructor(write: (line: string) => void, settings: Settings, clock: Clock) {
    this.#write = write;
    this.#settings = settings;
    this.#clock = clock;
  }

  configure(settings: Settings): void {
    this.#settings = settings;
  }

  debug(message: string, details?: Details): void {
    this.#line('debug', message, details);
  }

  info(message: string, details?: Details): void {
    this.#line('info', message, details);
  }

  warn(message: string, details?: Details): void {
    this.#line('warn', message, details);
  }

  error(message: string, details?: Details): void {
    this.#line('error', message, details);
  }

  #line(own: Level, message: string, details: Details = {}): void {
    const { level, format } = this.#settings;
    if (levels.indexOf(own) < levels.indexOf(level)) return;
    const time = new Date(this.#clock.now()).toISOString();
    if (format === 'json') {
      this.#write(`${JSON.stringify({ time, level: own, message, ...details })}\n`);
      return;
    }
    const rest = Object.entries(details).map(
      ([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
    this.#write(`${time} ${own.toUpperCase().padEnd(5)} ${message}${rest.join('')}\n`);
  }
}
