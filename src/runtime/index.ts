/** What the outside world gives: time, chance, turns on the event loop, errors. The leftmost room. */
export { type Clock, type Random, requireAtLeast, sleep, systemClock, type Timer } from './clock.ts';
export {
  asKubeInformerError,
  type ErrorCode,
  KubeInformerError,
  type KubeInformerErrorOptions,
  messageOf,
} from './errors.ts';
