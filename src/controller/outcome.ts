import { KubeInformerError, messageOf } from '../runtime/index.ts';

/** Whether something ended only because `signal` told it to. */
export function isAbort(thrown: unknown, signal: AbortSignal): boolean {
  return thrown === signal.reason || (thrown instanceof Error && thrown.name === 'AbortError');
}

/**
 * Whether it looks like a mistake in the program: an error of the language itself, what a panic is elsewhere. Those of `fetch` have a
 * cause.
 */
export function isDefect(thrown: unknown): boolean {
  const native = thrown instanceof TypeError || thrown instanceof ReferenceError || thrown instanceof RangeError;
  return native && thrown.cause === undefined;
}

/**
 * What a reconcile function throws if trying again is of no use: the request is given up, until its next event.
 *
 * @param why an error, or a text.
 * @example
 * const reconcile = ({ name }: Request) => {
 *   if (name === 'octarine') throw terminal('there is no such colour');
 * };
 */
export function terminal(why: unknown): KubeInformerError {
  return new KubeInformerError('ReconcileGivenUp', messageOf(why), {
    ...(typeof why !== 'string' && { cause: why }),
    hint: 'It is not tried again before the next event of the object.',
  });
}

/** For what runs once. */
export function alreadyStarted(what: string): KubeInformerError {
  return new KubeInformerError('AlreadyStarted', `${what} runs already, or has run`, {
    hint: 'Create another one to run again.',
  });
}
