import { type DeepReadonly, type KubeObject, type LabelSelectorObject, toLabelSelector } from '../../index.ts';
import { controllerOf, defineRelation } from './define-relation.ts';
import type { Keys } from './relation.ts';

const deployment = { group: 'apps', version: 'v1', kind: 'Deployment' };
const replicaSet = { group: 'apps', version: 'v1', kind: 'ReplicaSet' };
const pod = { version: 'v1', kind: 'Pod' };

interface Selecting extends KubeObject {
  spec?: { selector?: LabelSelectorObject };
}

const revision = 'deployment.kubernetes.io/revision';

/** One label that all selected objects have; for a selector that names none, what every object has. */
const selected: Keys<Selecting> = ({ spec }) => {
  if (!spec?.selector) return [];
  const [label] = Object.entries(spec.selector.matchLabels ?? {});
  return [label ? label.join('=') : '*'];
};

/** What nobody controls can be found by each of its labels. */
const uncontrolled: Keys<KubeObject> = (object) =>
  controllerOf(object).length > 0
    ? []
    : ['*', ...Object.entries(object.metadata.labels ?? {}).map((label) => label.join('='))];

const selects = ({ spec }: DeepReadonly<Selecting>, { metadata }: DeepReadonly<KubeObject>) =>
  spec?.selector !== undefined && toLabelSelector(spec.selector as LabelSelectorObject).matches(metadata.labels);

/** What a Deployment selects and nobody controls: it was let go, or was never its own. */
const orphansOf = (name: string, to: typeof pod) =>
  defineRelation<Selecting, KubeObject>({
    name,
    from: deployment,
    to,
    by: { from: selected, to: uncontrolled },
    when: selects,
    via: 'selector',
    show: { to: () => ({ orphan: true }) },
  });

/** Deployment → ReplicaSet → Pod, by the uid of the controller. The ReplicaSet of the present revision is `current`; what only the selector fits is `orphan`. */
export const deploymentTree = defineRelation({
  name: 'deployment-tree',
  from: deployment,
  to: replicaSet,
  by: 'owner',
  show: {
    to: ({ metadata }, owners) => {
      const own = metadata.annotations?.[revision];
      return {
        ...(own !== undefined && { revision: own }),
        current: own !== undefined && owners.some((owner) => owner.metadata.annotations?.[revision] === own),
      };
    },
  },
  and: [
    defineRelation({ name: 'replicaset-pods', from: replicaSet, to: pod, by: 'owner' }),
    orphansOf('deployment-orphaned-replicasets', replicaSet),
    orphansOf('deployment-orphaned-pods', pod),
  ],
});
