import type { Status } from '../../index.ts';
import { line } from './forms.ts';

/** How the lines of a stream are written. */
export interface Framing {
  readonly headers: Readonly<Record<string, string>>;
  /** Goes before everything else. */
  readonly preamble: Buffer | undefined;
  /** After so many milliseconds of silence a sign of life is written; `undefined`: none is. */
  readonly keepAlive: number | undefined;
  /** @param bytes a line: ends with a line feed and has no other. @param id where to go on from after this event. */
  event(bytes: Buffer, id: () => string): Buffer;
  /** What ends the stream. @param forget whether there is nothing to go on from. */
  error(status: Status, forget: boolean): Buffer;
  /** @param id where to go on from. */
  alive(id: string): Buffer;
}

const none = Buffer.alloc(0);

function errorLine(status: Status): Buffer {
  return line('ERROR', status);
}

/** JSON line by line: watches as an API server has them. */
export const jsonLines: Framing = {
  headers: { 'content-type': 'application/json' },
  preamble: undefined,
  keepAlive: undefined,
  event: (bytes) => bytes,
  error: errorLine,
  alive: () => none,
};

const data = Buffer.from('data: ');
const end = Buffer.from('\n');

/**
 * Server-sent events. Each has an id that a new connection may go on from (`Last-Event-ID`); signs of life have one, too, so that whoever hears of few changes
 * does not fall behind. What ends a stream for good takes the id away: who connects again begins anew.
 */
export const eventStream: Framing = {
  headers: {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    // Proxies that gather bytes before they pass them on are asked not to.
    'x-accel-buffering': 'no',
  },
  preamble: Buffer.from('retry: 2000\n\n'),
  keepAlive: 15_000,
  event: (bytes, id) => Buffer.concat([Buffer.from(`id: ${id()}\n`), data, bytes, end]),
  error: (status, forget) => Buffer.concat([Buffer.from(forget ? 'id\n' : ''), data, errorLine(status), end]),
  alive: (id) => Buffer.from(`:\nid: ${id}\n\n`),
};
