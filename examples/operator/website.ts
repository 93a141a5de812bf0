import { type Condition, type DeepReadonly, defineResource, type KubeObject } from 'kube-informer';

/** What somebody wants: so many copies of an image, to be reached under a host name. */
export interface Website extends KubeObject {
  spec: {
    image: string;
    replicas: number;
    host: string;
    /** The text of `index.html`. Default: what the image has. */
    page?: string;
  };
  status?: WebsiteStatus;
}

export interface WebsiteStatus {
  /** The generation of the spec that the rest speaks of. */
  observedGeneration: number;
  readyReplicas: number;
  /** `HostClaimed` and `Ready`. */
  conditions: readonly Condition[];
}

/**
 * A host name that is taken, cluster-wide. It stands for something outside of the cluster, an entry in a name server, say: no owner
 * reference reaches it, so somebody has to give it back before the website goes.
 */
export interface Host extends KubeObject {
  spec: { website: { namespace: string; name: string; uid: string } };
}

export interface Deployment extends KubeObject {
  spec: { replicas: number };
  status?: { observedGeneration?: number; readyReplicas?: number };
}

export const group = 'example.com';
/** Keeps a website until its host is given back. */
export const finalizer = `${group}/host`;
/** The name under which the operator writes. What others write into fields of its own is taken back. */
export const fieldManager = 'website-operator';
/** On everything that the operator makes, and so all that it needs to see of such resources. */
export const managedBy = { 'app.kubernetes.io/managed-by': fieldManager };

export const websites = defineResource<Website>({ group, version: 'v1', kind: 'Website', plural: 'websites' });
export const hosts = defineResource<Host>({ group, version: 'v1', kind: 'Host', plural: 'hosts', namespaced: false });
export const deployments = defineResource<Deployment>({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
});
export const services = defineResource({ group: '', version: 'v1', kind: 'Service', plural: 'services' });
export const configMaps = defineResource({ group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps' });

/** The kinds of children, which belong to a website by an owner reference. */
export const childResources = [deployments, services, configMaps] as const;

/** Whether `object` is a child of exactly this website, not of an earlier one of the same name. */
export function isChildOf(object: DeepReadonly<KubeObject>, website: DeepReadonly<Website>): boolean {
  return object.metadata.ownerReferences?.some((owner) => owner.uid === website.metadata.uid) ?? false;
}
