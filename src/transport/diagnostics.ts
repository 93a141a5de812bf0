import { channel } from 'node:diagnostics_channel';

/**
 * What is published on the diagnostics channel `kube-informer:request`: one `start` for each request, then one `end` when the head
 * of the answer is here, or one `error`. No headers, no bodies.
 */
export interface RequestDiagnostics {
  readonly phase: 'start' | 'end' | 'error';
  /** The same in the messages of one request, different in those of others. */
  readonly id: number;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Of the answer; with `end` only. */
  readonly status?: number;
  /** With `error` only. */
  readonly error?: unknown;
}

const requests = channel('kube-informer:request');

let lastId = 0;

/** Publishes what becomes of `send`, if anybody listens. */
export async function published<R extends { readonly status: number }>(
  method: string,
  path: string,
  send: () => Promise<R>,
): Promise<R> {
  if (!requests.hasSubscribers) return send();
  const about = { id: ++lastId, method, path };
  const publish = (message: RequestDiagnostics) => requests.publish(message);
  publish({ phase: 'start', ...about });
  try {
    const answer = await send();
    publish({ phase: 'end', ...about, status: answer.status });
    return answer;
  } catch (error) {
    publish({ phase: 'error', ...about, error });
    throw error;
  }
}
