import type { Status } from '../../index.ts';

/** Where the bytes of a stream go. */
export interface Sink {
  /** @returns whether more is wanted at once; if not, wait for `drained`. */
  write(bytes: Buffer): boolean;
  /** Resolves when there is room again, or `signal` is aborted. */
  drained(): Promise<void>;
  /** Aborted when nobody reads any more. */
  readonly signal: AbortSignal;
}

/** What a query is answered with: bytes that are there, or a stream of them. */
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
} & ({ readonly body: readonly Buffer[] } | { readonly stream: (sink: Sink) => Promise<void> });

export const json = 'application/json';

export function jsonAnswer(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': json, ...headers }, body: [Buffer.from(`${JSON.stringify(value)}\n`)] };
}

export function notModified(headers: Readonly<Record<string, string>>): Answer {
  return { status: 304, headers, body: [] };
}

export function statusAnswer(status: Status): Answer {
  const seconds = status.details?.retryAfterSeconds;
  const headers = seconds === undefined ? {} : { 'retry-after': String(seconds) };
  return jsonAnswer(status, status.code ?? 500, headers);
}
