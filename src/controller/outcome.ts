import { KubeInformerError } from '../runtime/index.ts';

/** Whether something ended only because `signal` told it to. */
export function isAbort(thrown: unknown, signal: AbortSignal): boolean {
  return thrown === signal.reason || (thrown instanceof Error && thrown.name === 'AbortError');
}

/** Where errors go that nobody listens for: seen, and no reason to end the process. */
export function warn(error: KubeInformerError): void {
  process.emitWarning(error);
}

/** For what runs once. */
export function alreadyStarted(what: string): KubeInformerError {
  return new KubeInformerError('AlreadyStarted', `${what} runs already, or has run`, {
    hint: 'Create another one to run again.',
  });
}
