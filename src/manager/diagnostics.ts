import { channel } from 'node:diagnostics_channel';

/**
 * The measures of a manager, and what they are labelled with beside `group`, `version` and `resource`, which all of them have. All label values
 * come from closed sets; there are no names of objects and no texts of errors among them.
 *
 * | measure | kind | further labels |
 * |---|---|---|
 * | `sources` | gauge | `verdict` |
 * | `watches`, `objects`, `store_bytes`, `queue_depth`, `last_contact_seconds` | gauge | |
 * | `lists_total` | counter | `outcome`: `success`, or a `FailureClass` |
 * | `watches_started_total` | counter | `outcome`: as above |
 * | `watch_disconnects_total` | counter | `reason`: `renewed`, or a `FailureClass` |
 * | `restarts_total` | counter | `reason`: `stale`, `dead` |
 * | `events_total` | counter | `type`: `add`, `update`, `delete`; `origin`: `live`, `initial`, `relist`, `resync` |
 * | `event_lag_seconds` | histogram | |
 * | `handler_seconds` | histogram | |
 * | `handler_errors_total` | counter | |
 */
export type ManagerMeasureName =
  | 'sources'
  | 'watches'
  | 'objects'
  | 'store_bytes'
  | 'queue_depth'
  | 'last_contact_seconds'
  | 'lists_total'
  | 'watches_started_total'
  | 'watch_disconnects_total'
  | 'restarts_total'
  | 'events_total'
  | 'event_lag_seconds'
  | 'handler_seconds'
  | 'handler_errors_total';

/**
 * What a manager publishes on the diagnostics channel `kube-informer:manager`. Gauges are published with each health check; a `gone` ends all
 * series with these labels: the last source of a resource has stopped.
 */
export type ManagerMessage =
  | {
      /** The name of the manager. */
      readonly manager: string;
      /** A counter grows by `value`, a gauge is `value`, a histogram gets one more observation. */
      readonly kind: 'counter' | 'gauge' | 'histogram';
      readonly name: ManagerMeasureName;
      readonly labels: Readonly<Record<string, string>>;
      readonly value: number;
    }
  | { readonly manager: string; readonly kind: 'gone'; readonly labels: Readonly<Record<string, string>> };

/** Publish under `if (managerChannel.hasSubscribers)`, so that nothing is made for nobody. */
export const managerChannel = channel('kube-informer:manager');
