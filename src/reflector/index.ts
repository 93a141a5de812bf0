/** Keeping a store equal to the server. */
export { type Action, type Activity, classifyFailure, type FailureClass, failurePolicy } from './failure-policy.ts';
export type { ReflectorOptions, ReflectorStore } from './options.ts';
export { Reflector } from './reflector.ts';
export type { ReflectorFailure, ReflectorState, ReflectorStatus } from './status.ts';
export { Tally } from './tally.ts';
export { type PlainWatch, type PlainWatchEvent, type PlainWatchOptions, watch } from './watch.ts';
