import { apiVersionOf, type DeepReadonly, type ResourceDefinition } from 'kube-informer';
import { configMaps, deployments, managedBy, services, type Website, websites } from './website.ts';

/** A child as it shall be. */
export interface Child {
  readonly resource: ResourceDefinition;
  readonly manifest: { readonly metadata: { readonly name: string; readonly namespace: string | undefined } };
}

/** What a website is made of. Everything here follows from its spec, so that applying it twice is the same as once. */
export function childrenOf(website: DeepReadonly<Website>): Child[] {
  const children = [deploymentOf(website), serviceOf(website)];
  // What the deployment mounts comes before it.
  if (website.spec.page !== undefined) children.unshift(pageOf(website, website.spec.page));
  return children;
}

function deploymentOf(website: DeepReadonly<Website>): Child {
  const { image, replicas, page } = website.spec;
  const labels = labelsOf(website);
  const mount = page !== undefined && {
    volumeMounts: [{ name: 'page', mountPath: '/usr/share/nginx/html' }],
  };
  const volume = page !== undefined && { volumes: [{ name: 'page', configMap: { name: website.metadata.name } }] };
  return child(website, deployments, {
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'web', image, ports: [{ containerPort: 80 }], ...mount }], ...volume },
      },
    },
  });
}

function serviceOf(website: DeepReadonly<Website>): Child {
  return child(website, services, { spec: { selector: labelsOf(website), ports: [{ port: 80, protocol: 'TCP' }] } });
}

function pageOf(website: DeepReadonly<Website>, page: string): Child {
  return child(website, configMaps, { data: { 'index.html': page } });
}

function labelsOf(website: DeepReadonly<Website>): Record<string, string> {
  return { 'app.kubernetes.io/name': 'website', 'app.kubernetes.io/instance': website.metadata.name };
}

function child(website: DeepReadonly<Website>, resource: ResourceDefinition, content: object): Child {
  const { name, namespace, uid } = website.metadata;
  const owner = { apiVersion: apiVersionOf(websites), kind: websites.kind, name, uid, controller: true };
  const metadata = {
    name,
    namespace,
    labels: { ...labelsOf(website), ...managedBy },
    ownerReferences: [{ ...owner, blockOwnerDeletion: true }],
  };
  return {
    resource,
    manifest: { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata, ...content },
  } as Child;
}
