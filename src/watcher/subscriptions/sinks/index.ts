/** Where messages go: each kind of receiver behind one interface. */
export type { CallbackEvent, SinkCallback } from './callback.ts';
export { percentEncode } from './percent-encode.ts';
export { createPoster, type Post, type Poster } from './post.ts';
export type { Message, Outcome, Sink, Subject } from './sink.ts';
export { Sinks, type SinksOptions } from './sinks.ts';
export { type WebhookOptions, webhook } from './webhook.ts';
