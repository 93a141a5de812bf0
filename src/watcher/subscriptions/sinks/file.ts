import { open } from 'node:fs/promises';
import { type Clock, messageOf } from '../../../index.ts';
import type { Message, Outcome, Sink } from './sink.ts';
import { within } from './within.ts';

export interface LinesOptions {
  /** Milliseconds that one delivery may take. */
  readonly timeout: number;
  readonly clock: Clock;
}

/**
 * Appends messages to a file, a line each. They are delivered when they are on the disk. The file is opened for each round of lines, so that it may be moved away by who
 * rotates it; a line that a crash has cut off is ended before the next is written.
 */
export function fileSink(path: string, options: LinesOptions): Sink {
  const lines = new Lines((text) => append(path, text), options);
  return { deliver: (message, signal) => lines.deliver(message, signal), close: () => lines.settled() };
}

/** Streams whose errors are heard of. */
const heard = new WeakSet<NodeJS.WritableStream>();

/** Writes messages to a stream, a line each. They are delivered when it has taken them. */
export function streamSink(stream: NodeJS.WritableStream, options: LinesOptions): Sink {
  // An error is that of the write that it ends, which is told of it; nobody listening, it would end the process. The event comes after that, perhaps when the sink is closed.
  if (!heard.has(stream)) stream.on('error', () => undefined);
  heard.add(stream);
  const write = (text: string) =>
    new Promise<void>((resolve, reject) => {
      stream.write(text, (error) => (error ? reject(error) : resolve()));
    });
  const lines = new Lines(write, options);
  // What the stream has not taken by then may never be.
  return { deliver: (message, signal) => lines.deliver(message, signal), close: async () => {} };
}

/** One write at a time; the lines that come meanwhile are the next one, as a whole. */
class Lines {
  readonly #write: (text: string) => Promise<void>;
  readonly #options: LinesOptions;
  readonly #waiting = new Set<Message>();
  #writing = Promise.resolve();
  /** The round that will write what waits. */
  #next: Promise<void> | undefined;

  constructor(write: (text: string) => Promise<void>, options: LinesOptions) {
    this.#write = write;
    this.#options = options;
  }

  async deliver(message: Message, signal: AbortSignal): Promise<Outcome> {
    this.#waiting.add(message);
    const round = () => this.#round();
    this.#next ??= this.#writing.then(round, round);
    this.#writing = this.#next;
    try {
      await within(() => this.#writing, { ...this.#options, signal });
      return { type: 'delivered' };
    } catch (thrown) {
      return { type: 'failed', problem: messageOf(thrown), retryAfter: undefined };
    } finally {
      // It will be told again; once is enough.
      this.#waiting.delete(message);
    }
  }

  /** Resolves when nothing is being written. */
  async settled(): Promise<void> {
    await this.#writing.catch(() => undefined);
  }

  async #round(): Promise<void> {
    this.#next = undefined;
    const lines = Array.from(this.#waiting, ({ body }) => `${body}\n`);
    this.#waiting.clear();
    if (lines.length > 0) await this.#write(lines.join(''));
  }
}

async function append(path: string, lines: string): Promise<void> {
  const file = await open(path, 'a+');
  try {
    const { size } = await file.stat();
    const last = size === 0 ? undefined : await file.read(Buffer.alloc(1), 0, 1, size - 1);
    const isCut = last !== undefined && last.buffer.toString() !== '\n';
    await file.appendFile(isCut ? `\n${lines}` : lines);
    await file.datasync();
  } finally {
    await file.close();
  }
}
