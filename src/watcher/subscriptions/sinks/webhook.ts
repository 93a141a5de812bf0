import { type Clock, messageOf } from '../../../index.ts';
import type { Post } from './post.ts';
import { signatureHeaders } from './sign.ts';
import { dropped, type Outcome, type Sink } from './sink.ts';
import { parseUrlTemplate } from './url-template.ts';
import { within } from './within.ts';

export interface WebhookOptions {
  /** A template. */
  readonly url: string;
  readonly method: 'POST' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  /** Keys that messages are signed with, all of them; none: unsigned. */
  readonly secrets: readonly string[];
  /** Milliseconds until an answer must be there. */
  readonly timeout: number;
  readonly post: Post;
  readonly clock: Clock;
}

/** A receiver that is told by HTTP. */
export function webhook({ url, method, headers, secrets, timeout, post, clock }: WebhookOptions): Sink {
  const addressOf = parseUrlTemplate(url);
  return {
    deliver: async (message, signal) => {
      const address = addressOf(message.about);
      if ('missing' in address) return dropped(address.missing);
      const signed = secrets.length === 0 ? {} : signatureHeaders(message, secrets, clock.now());
      try {
        const request = { method, headers: { ...headers, ...message.headers, ...signed }, body: message.body };
        const { status, retryAfter } = await within((ending) => post(address.url, { ...request, signal: ending }), {
          timeout,
          signal,
          clock,
        });
        return outcomeOf(status, retryAfterOf(retryAfter, clock.now()));
      } catch (thrown) {
        return { type: 'failed', problem: messageOf(thrown), retryAfter: undefined };
      }
    },
    // What sends belongs to who made it.
    close: async () => {},
  };
}

function outcomeOf(status: number, retryAfter: number | undefined): Outcome {
  const problem = `the receiver answered ${status}`;
  if (status >= 200 && status < 300) return { type: 'delivered' };
  if (status === 410) return { type: 'gone', problem };
  if (status === 408 || status === 425 || status === 429 || status >= 500)
    return { type: 'failed', problem, retryAfter };
  return { type: 'refused', problem };
}

/** Milliseconds from now: the header has seconds, or a date. */
function retryAfterOf(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const delay = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isNaN(delay) ? undefined : Math.max(0, delay);
}
