/** Telling others: which objects a subscription is about, what it still has to deliver, how that is written. */

export type { DeadLetter } from './dead-letters.ts';
export { Delivery, type DeliveryOptions, type DeliveryStatus } from './delivery.ts';
export { type FollowSetOptions, followSet, type Matches, matcherOf, type SetText } from './follow-set.ts';
export { type FormatOptions, formatterOf } from './format.ts';
export { Election } from './leading/index.ts';
export type { Memory, MemoryStore, Told } from './memory/index.ts';
export { type AnyNotice, laneOf, type Notice } from './notice.ts';
export { type Entry, Outbox, type OutboxOptions } from './outbox.ts';
export { formatServiceNotice, type ServiceDetails, type ServiceNotice } from './service-notice.ts';
export type { CallbackEvent, Message, Outcome, Sink, SinkCallback } from './sinks/index.ts';
export type { SubscriptionStatus } from './subscription.ts';
export {
  type DeadLetterOfSink,
  type NamedSubscription,
  Subscriptions,
  type SubscriptionsOptions,
} from './subscriptions.ts';
