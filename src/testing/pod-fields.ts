import { printFieldsOf } from './server/field-sets.ts';
import { isObject, type JsonObject } from './server/json.ts';

/** What the managed fields of a pod follow from. */
interface WrittenPod {
  readonly metadata: { readonly [key: string]: unknown };
  readonly spec: { readonly [key: string]: unknown };
  readonly status: { readonly [key: string]: unknown };
}

/**
 * The managed fields that a pod has in a cluster, where three write it: `creator` its metadata and its spec; then the API server, which
 * is on no record, the node and the condition `PodScheduled` when the pod is bound, and the phase `Pending` and the class of service
 * when it is created; last the kubelet what else there is of the status. Times are those of the first and the last transition.
 */
export function podManagedFields(pod: WrittenPod, creator: string): object[] {
  const { nodeName: _bound, ...spec } = pod.spec;
  const { qosClass: _class, conditions, phase, ...status } = pod.status;
  const list = Array.isArray(conditions) ? conditions.filter(isObject) : [];
  const transitions = list.map(({ lastTransitionTime }) => String(lastTransitionTime)).sort();
  const reported = list.filter(({ type }) => type !== 'PodScheduled');
  const byCreator = printFieldsOf({ metadata: pod.metadata, spec }, 'main');
  const conditionsOfKubelet = reported.length > 0 && { conditions: reported };
  const phaseOfKubelet = phase !== 'Pending' && { phase };
  const byKubelet = printFieldsOf({ status: { ...status, ...conditionsOfKubelet, ...phaseOfKubelet } }, 'status');
  if (reported.length > 0 && reported.length < list.length) {
    // The list itself was there before the kubelet added to it.
    delete ((byKubelet['f:status'] as JsonObject)['f:conditions'] as JsonObject)['.'];
  }
  return [
    entryOf(creator, transitions[0], byCreator),
    { ...entryOf('kubelet', transitions.at(-1), byKubelet), subresource: 'status' },
  ];
}

function entryOf(manager: string, time: string | undefined, fieldsV1: JsonObject): object {
  return {
    manager,
    operation: 'Update',
    apiVersion: 'v1',
    ...(time !== undefined && { time }),
    fieldsType: 'FieldsV1',
    fieldsV1,
  };
}
