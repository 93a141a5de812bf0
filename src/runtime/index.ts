/** What the outside world gives: time, chance, turns on the event loop, errors. The leftmost room. */
export { abortable } from './abortable.ts';
export { Backoff, type BackoffOptions } from './backoff.ts';
export { type Clock, type Random, requireAtLeast, sleep, systemClock, type Timer } from './clock.ts';
export { type Hop, hops, publishHop } from './diagnostics.ts';
export {
  asKubeInformerError,
  type ErrorCode,
  isBranded,
  KubeInformerError,
  type KubeInformerErrorOptions,
  messageOf,
} from './errors.ts';
export { sharedTurns, type Task, type Turn, Turns, type TurnsOptions } from './turns.ts';
export { warnUnheard } from './unheard.ts';
