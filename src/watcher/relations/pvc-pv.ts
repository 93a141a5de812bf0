import type { DeepReadonly, KubeObject } from '../../index.ts';
import { controllerOf, defineRelation } from './define-relation.ts';
import type { RelationBy } from './relation.ts';

const claim = { version: 'v1', kind: 'PersistentVolumeClaim' };
const volume = { version: 'v1', kind: 'PersistentVolume' };
const pod = { version: 'v1', kind: 'Pod' };

interface Claim extends KubeObject {
  spec?: { volumeName?: string };
  status?: { phase?: string };
}

interface Volume extends KubeObject {
  spec?: { claimRef?: { namespace?: string; name?: string; uid?: string } };
  status?: { phase?: string };
}

interface Pod extends KubeObject {
  spec?: {
    volumes?: { name: string; persistentVolumeClaim?: { claimName: string }; ephemeral?: object }[];
  };
}

/** Whether neither of them says that it belongs to another. A volume that was given to an earlier claim of the same name belongs to another. */
function agree({ metadata, spec }: DeepReadonly<Claim>, volume: DeepReadonly<Volume>): boolean {
  const claimRef = volume.spec?.claimRef;
  if (spec?.volumeName && spec.volumeName !== volume.metadata.name) return false;
  if (!claimRef) return true;
  const isSame = claimRef.namespace === metadata.namespace && claimRef.name === metadata.name;
  return isSame && (!claimRef.uid || claimRef.uid === metadata.uid);
}

/**
 * - `bound`: both name each other, the volume by uid.
 * - `lost`: it was bound, and its volume is gone or is no longer its own.
 * - `unbound`: neither.
 */
function stateOf(claim: DeepReadonly<Claim>, volumes: readonly DeepReadonly<Volume>[]): 'bound' | 'unbound' | 'lost' {
  const { metadata, spec, status } = claim;
  if (!spec?.volumeName) return 'unbound';
  if (volumes.some((volume) => volume.spec?.claimRef?.uid === metadata.uid)) return 'bound';
  const wasBound = status?.phase === 'Bound' || status?.phase === 'Lost';
  return wasBound || metadata.annotations?.['pv.kubernetes.io/bind-completed'] !== undefined ? 'lost' : 'unbound';
}

const byClaimRef: RelationBy<Claim, Volume> = {
  from: ({ metadata }) => [`${metadata.namespace}/${metadata.name}`],
  to: ({ spec }) => (spec?.claimRef ? [`${spec.claimRef.namespace}/${spec.claimRef.name}`] : []),
};

/** A PersistentVolumeClaim, its volume, and the Pods that use it: `spec.volumeName` forward, `spec.claimRef` back. */
export const pvcPv = defineRelation<Claim, Volume>({
  name: 'pvc-pv',
  from: claim,
  to: volume,
  by: { field: 'spec.volumeName' },
  when: agree,
  show: {
    from: (claim, volumes) => ({ state: stateOf(claim, volumes) }),
  },
  and: [
    defineRelation<Claim, Volume>({
      name: 'claimed-volumes',
      from: claim,
      to: volume,
      by: byClaimRef,
      when: agree,
      via: 'spec.claimRef',
    }),
    defineRelation<Pod, Claim>({
      name: 'pod-claims',
      from: pod,
      to: claim,
      by: ({ metadata, spec }) =>
        (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) =>
          persistentVolumeClaim ? [persistentVolumeClaim.claimName] : ephemeral ? [`${metadata.name}-${name}`] : [],
        ),
      // A claim that was made for a volume of a pod is that pod's; another that happens to have its name is not used.
      when: (pod, claim) =>
        (pod.spec?.volumes ?? []).some(
          ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === claim.metadata.name,
        ) || controllerOf(claim).includes(pod.metadata.uid),
      via: 'spec.volumes',
    }),
  ],
});
