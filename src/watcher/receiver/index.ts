/** The other end: receives what a watcher tells of by webhook. It needs none of the packages that the watcher needs. */
export type { HeartbeatOptions, MissedHeartbeat } from './heartbeat-alarm.ts';
export type { ReceivedEvent } from './read-events.ts';
export {
  createEventReceiver,
  type EventReceiver,
  type EventReceiverOptions,
  type ReceiverSecrets,
} from './receiver.ts';
