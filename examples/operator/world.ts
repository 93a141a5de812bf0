import {
  type DynamicSharedInformerFactory,
  EventRecorder,
  type KubeClient,
  type KubeInformerError,
  type KubeObject,
  type SharedIndexInformer,
} from 'kube-informer';
import {
  childResources,
  type Deployment,
  fieldManager,
  type Host,
  hosts,
  managedBy,
  type Website,
  websites,
} from './website.ts';

/** What the operator sees, from caches, and how it writes. */
export interface World {
  readonly client: KubeClient;
  readonly websites: SharedIndexInformer<Website, 'host'>;
  /** `website`: by the uid of the website that has claimed it. */
  readonly hosts: SharedIndexInformer<Host, 'website'>;
  readonly deployments: SharedIndexInformer<Deployment>;
  readonly services: SharedIndexInformer<KubeObject>;
  readonly configMaps: SharedIndexInformer<KubeObject>;
  readonly events: EventRecorder;
  /** Hears of every write. */
  readonly log: (line: string) => void;
}

export function openWorld(
  factory: DynamicSharedInformerFactory,
  log: (line: string) => void,
  onError: (error: KubeInformerError) => void,
): World {
  const [deployments, services, configMaps] = childResources;
  const labelSelector = Object.entries(managedBy)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  return {
    client: factory.client,
    websites: factory.forResource(websites, { indexers: { host: ({ spec }) => [spec.host] } }),
    hosts: factory.forResource(hosts, { indexers: { website: ({ spec }) => [spec.website.uid] } }),
    deployments: factory.forResource(deployments, { labelSelector }),
    services: factory.forResource(services, { labelSelector }),
    configMaps: factory.forResource(configMaps, { labelSelector }),
    events: new EventRecorder(factory.client, { component: fieldManager, onError }),
    log,
  };
}
