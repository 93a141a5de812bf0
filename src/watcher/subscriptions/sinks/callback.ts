import { type Clock, messageOf } from '../../../index.ts';
import type { Sink } from './sink.ts';
import { within } from './within.ts';

/** What a callback is told. */
export interface CallbackEvent {
  /** The same whenever the same event is told again. */
  readonly id: string;
  /** As the format of the subscription has it. */
  readonly headers: Readonly<Record<string, string>>;
  /** As the format of the subscription has it, parsed. */
  readonly body: unknown;
}

/**
 * A receiver in the process of the watcher. If it throws or rejects, or takes longer than a delivery may, it is told again.
 *
 * @param signal says that nobody waits for it any more.
 */
export type SinkCallback = (event: CallbackEvent, signal: AbortSignal) => unknown;

export function callbackSink(callback: SinkCallback, timeout: number, clock: Clock): Sink {
  return {
    deliver: async ({ id, headers, body }, signal) => {
      try {
        await within(async (ending) => callback({ id, headers, body: JSON.parse(body) }, ending), {
          timeout,
          signal,
          clock,
        });
        return { type: 'delivered' };
      } catch (thrown) {
        return { type: 'failed', problem: messageOf(thrown), retryAfter: undefined };
      }
    },
    close: async () => {},
  };
}
