import type { ConditionState } from './conditions.ts';
import type { HandlerState } from './subscription.ts';

export interface HandlerLimits {
  /** Milliseconds. */
  readonly handlerDeadline: number;
  readonly queueLimit: number;
}

/** What is to be thought of the handlers of a watch. They are only reported: one that is slow harms nobody but itself. */
export function judgeHandlers(
  states: Iterable<HandlerState>,
  { handlerDeadline, queueLimit }: HandlerLimits,
): ConditionState<'HandlerHealthy'> {
  for (const { callFor, lag, failure } of states) {
    if (callFor !== undefined && callFor >= handlerDeadline) {
      const message = `a call has been waited for longer than ${handlerDeadline} ms`;
      return { status: 'False', reason: 'CallTooLong', message };
    }
    if (lag > queueLimit) {
      const message = `more than ${queueLimit} events wait; those of one object are merged`;
      return { status: 'False', reason: 'QueueTooLong', message };
    }
    if (failure) return { status: 'False', reason: 'CallFailed', message: failure.message };
  }
  return { status: 'True', reason: 'Healthy', message: '' };
}
