/** Telling others: which objects a subscription is about, what it still has to deliver, how that is written. */
export { type FollowSetOptions, followSet, type Matches, matcherOf, type SetText } from './follow-set.ts';
export { type FormatOptions, formatNotice, type Message } from './format.ts';
export { laneOf, type Notice } from './notice.ts';
export { type Entry, Outbox, type OutboxOptions } from './outbox.ts';
