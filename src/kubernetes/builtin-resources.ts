import type { BuiltInGroup, BuiltInTypes } from './builtin-types.ts';
import type { ApiResource } from './define-resource.ts';
import { gvrText } from './group-version.ts';
import type { GroupVersionResource } from './resources.ts';

/** A resource that comes with Kubernetes itself, as its discovery document describes it. */
export interface BuiltInResource extends ApiResource {
  /** The short name of the group, as typed factories spell it: `core`, `rbac`, ... */
  readonly accessor: BuiltInGroup;
}

/** Kind, scope, and three lists of words: short names, categories, subresources. */
type Row = readonly [
  kind: string,
  scope: 'Namespaced' | 'Cluster',
  shortNames?: string,
  categories?: string,
  subresources?: string,
];

interface Group<Versions> {
  readonly group: string;
  readonly versions: { readonly [V in keyof Versions]: { readonly [R in keyof Versions[V]]: Row } };
}

/** Every group, version and resource of `BuiltInTypes`, and none besides: the compiler refuses a row too many or too few. */
const builtInTable: { readonly [G in BuiltInGroup]: Group<BuiltInTypes[G]> } = {
  core: {
    group: '',
    versions: {
      v1: {
        configmaps: ['ConfigMap', 'Namespaced', 'cm'],
        endpoints: ['Endpoints', 'Namespaced', 'ep'],
        events: ['Event', 'Namespaced', 'ev'],
        limitranges: ['LimitRange', 'Namespaced', 'limits'],
        namespaces: ['Namespace', 'Cluster', 'ns', '', 'finalize status'],
        nodes: ['Node', 'Cluster', 'no', '', 'proxy status'],
        persistentvolumeclaims: ['PersistentVolumeClaim', 'Namespaced', 'pvc', '', 'status'],
        persistentvolumes: ['PersistentVolume', 'Cluster', 'pv', '', 'status'],
        pods: [
          'Pod',
          'Namespaced',
          'po',
          'all',
          'attach binding ephemeralcontainers eviction exec log portforward proxy resize status',
        ],
        podtemplates: ['PodTemplate', 'Namespaced'],
        replicationcontrollers: ['ReplicationController', 'Namespaced', 'rc', 'all', 'scale status'],
        resourcequotas: ['ResourceQuota', 'Namespaced', 'quota', '', 'status'],
        secrets: ['Secret', 'Namespaced'],
        serviceaccounts: ['ServiceAccount', 'Namespaced', 'sa', '', 'token'],
        services: ['Service', 'Namespaced', 'svc', 'all', 'proxy status'],
      },
    },
  },
  admissionregistration: {
    group: 'admissionregistration.k8s.io',
    versions: {
      v1: {
        mutatingadmissionpolicies: ['MutatingAdmissionPolicy', 'Cluster', '', 'api-extensions'],
        mutatingadmissionpolicybindings: ['MutatingAdmissionPolicyBinding', 'Cluster', '', 'api-extensions'],
        mutatingwebhookconfigurations: ['MutatingWebhookConfiguration', 'Cluster', '', 'api-extensions'],
        validatingadmissionpolicies: ['ValidatingAdmissionPolicy', 'Cluster', '', 'api-extensions', 'status'],
        validatingadmissionpolicybindings: ['ValidatingAdmissionPolicyBinding', 'Cluster', '', 'api-extensions'],
        validatingwebhookconfigurations: ['ValidatingWebhookConfiguration', 'Cluster', '', 'api-extensions'],
      },
    },
  },
  apiextensions: {
    group: 'apiextensions.k8s.io',
    versions: {
      v1: {
        customresourcedefinitions: ['CustomResourceDefinition', 'Cluster', 'crd crds', 'api-extensions', 'status'],
      },
    },
  },
  apiregistration: {
    group: 'apiregistration.k8s.io',
    versions: { v1: { apiservices: ['APIService', 'Cluster', '', 'api-extensions', 'status'] } },
  },
  apps: {
    group: 'apps',
    versions: {
      v1: {
        controllerrevisions: ['ControllerRevision', 'Namespaced'],
        daemonsets: ['DaemonSet', 'Namespaced', 'ds', 'all', 'status'],
        deployments: ['Deployment', 'Namespaced', 'deploy', 'all', 'scale status'],
        replicasets: ['ReplicaSet', 'Namespaced', 'rs', 'all', 'scale status'],
        statefulsets: ['StatefulSet', 'Namespaced', 'sts', 'all', 'scale status'],
      },
    },
  },
  autoscaling: {
    group: 'autoscaling',
    versions: {
      v1: { horizontalpodautoscalers: ['HorizontalPodAutoscaler', 'Namespaced', 'hpa', 'all', 'status'] },
      v2: { horizontalpodautoscalers: ['HorizontalPodAutoscaler', 'Namespaced', 'hpa', 'all', 'status'] },
    },
  },
  batch: {
    group: 'batch',
    versions: {
      v1: {
        cronjobs: ['CronJob', 'Namespaced', 'cj', 'all', 'status'],
        jobs: ['Job', 'Namespaced', '', 'all', 'status'],
      },
    },
  },
  certificates: {
    group: 'certificates.k8s.io',
    versions: {
      v1: { certificatesigningrequests: ['CertificateSigningRequest', 'Cluster', 'csr', '', 'approval status'] },
    },
  },
  coordination: { group: 'coordination.k8s.io', versions: { v1: { leases: ['Lease', 'Namespaced'] } } },
  discovery: { group: 'discovery.k8s.io', versions: { v1: { endpointslices: ['EndpointSlice', 'Namespaced'] } } },
  events: { group: 'events.k8s.io', versions: { v1: { events: ['Event', 'Namespaced', 'ev'] } } },
  flowcontrol: {
    group: 'flowcontrol.apiserver.k8s.io',
    versions: {
      v1: {
        flowschemas: ['FlowSchema', 'Cluster', '', '', 'status'],
        prioritylevelconfigurations: ['PriorityLevelConfiguration', 'Cluster', '', '', 'status'],
      },
    },
  },
  networking: {
    group: 'networking.k8s.io',
    versions: {
      v1: {
        ingressclasses: ['IngressClass', 'Cluster'],
        ingresses: ['Ingress', 'Namespaced', 'ing', '', 'status'],
        ipaddresses: ['IPAddress', 'Cluster', 'ip'],
        networkpolicies: ['NetworkPolicy', 'Namespaced', 'netpol'],
        servicecidrs: ['ServiceCIDR', 'Cluster', '', '', 'status'],
      },
    },
  },
  node: { group: 'node.k8s.io', versions: { v1: { runtimeclasses: ['RuntimeClass', 'Cluster'] } } },
  policy: {
    group: 'policy',
    versions: { v1: { poddisruptionbudgets: ['PodDisruptionBudget', 'Namespaced', 'pdb', '', 'status'] } },
  },
  rbac: {
    group: 'rbac.authorization.k8s.io',
    versions: {
      v1: {
        clusterrolebindings: ['ClusterRoleBinding', 'Cluster'],
        clusterroles: ['ClusterRole', 'Cluster'],
        rolebindings: ['RoleBinding', 'Namespaced'],
        roles: ['Role', 'Namespaced'],
      },
    },
  },
  resource: {
    group: 'resource.k8s.io',
    versions: {
      v1: {
        deviceclasses: ['DeviceClass', 'Cluster'],
        resourceclaims: ['ResourceClaim', 'Namespaced', '', '', 'status'],
        resourceclaimtemplates: ['ResourceClaimTemplate', 'Namespaced'],
        resourceslices: ['ResourceSlice', 'Cluster'],
      },
    },
  },
  scheduling: { group: 'scheduling.k8s.io', versions: { v1: { priorityclasses: ['PriorityClass', 'Cluster', 'pc'] } } },
  storage: {
    group: 'storage.k8s.io',
    versions: {
      v1: {
        csidrivers: ['CSIDriver', 'Cluster'],
        csinodes: ['CSINode', 'Cluster'],
        csistoragecapacities: ['CSIStorageCapacity', 'Namespaced'],
        storageclasses: ['StorageClass', 'Cluster', 'sc'],
        volumeattachments: ['VolumeAttachment', 'Cluster', '', '', 'status'],
        volumeattributesclasses: ['VolumeAttributesClass', 'Cluster', 'vac'],
      },
    },
  },
};

const allVerbs: readonly string[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
/** Namespaces are deleted one by one. */
const verbsOfNamespaces = allVerbs.filter((verb) => verb !== 'deletecollection');

const none: readonly string[] = [];
const words = (text = ''): readonly string[] => (text === '' ? none : text.split(' '));

function describe(accessor: BuiltInGroup, group: string, version: string, resource: string, row: Row): BuiltInResource {
  const [kind, scope, shortNames, categories, subresources] = row;
  return {
    accessor,
    group,
    version,
    resource,
    kind,
    singular: kind.toLowerCase(),
    namespaced: scope === 'Namespaced',
    shortNames: words(shortNames),
    categories: words(categories),
    subresources: words(subresources),
    verbs: group === '' && resource === 'namespaces' ? verbsOfNamespaces : allVerbs,
  };
}

/**
 * Every stable resource of Kubernetes 1.36 that can be listed and watched. For typed factories, for the embedded server,
 * and for naming resources without asking a server; what a given server really has, discovery tells.
 */
export const builtInResources: readonly BuiltInResource[] = (Object.keys(builtInTable) as BuiltInGroup[]).flatMap(
  (accessor) => {
    const { group, versions } = builtInTable[accessor];
    return Object.entries<Readonly<Record<string, Row>>>(versions).flatMap(([version, rows]) =>
      Object.entries(rows).map(([resource, row]) => describe(accessor, group, version, resource, row)),
    );
  },
);

const byGvr: ReadonlyMap<string, BuiltInResource> = new Map(builtInResources.map((entry) => [gvrText(entry), entry]));

/** The built-in resource of that group, version and plural; `undefined` if there is none. */
export function findBuiltInResource(gvr: GroupVersionResource): BuiltInResource | undefined {
  return byGvr.get(gvrText(gvr));
}
