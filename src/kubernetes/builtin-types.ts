import type * as models from '@kubernetes/client-node';
import type { KubeObject, ResourceOf } from './objects.ts';

/** A model that the oldest supported client-node does not have yet: its type where it exists, else the bare object. */
type NewerModel<Name extends string> = typeof models extends { readonly [K in Name]: new () => infer Model }
  ? ResourceOf<Model>
  : KubeObject;

/**
 * The types of the built-in resources, by accessor: group, version, plural. `BuiltInTypes['core']['v1']['pods']` is a pod.
 * It exists for the compiler only; `builtInTable` in `builtin-resources.ts` is its counterpart at run time and is
 * checked against it.
 */
export interface BuiltInTypes {
  core: {
    v1: {
      configmaps: ResourceOf<models.V1ConfigMap>;
      endpoints: ResourceOf<models.V1Endpoints>;
      events: ResourceOf<models.CoreV1Event>;
      limitranges: ResourceOf<models.V1LimitRange>;
      namespaces: ResourceOf<models.V1Namespace>;
      nodes: ResourceOf<models.V1Node>;
      persistentvolumeclaims: ResourceOf<models.V1PersistentVolumeClaim>;
      persistentvolumes: ResourceOf<models.V1PersistentVolume>;
      pods: ResourceOf<models.V1Pod>;
      podtemplates: ResourceOf<models.V1PodTemplate>;
      replicationcontrollers: ResourceOf<models.V1ReplicationController>;
      resourcequotas: ResourceOf<models.V1ResourceQuota>;
      secrets: ResourceOf<models.V1Secret>;
      serviceaccounts: ResourceOf<models.V1ServiceAccount>;
      services: ResourceOf<models.V1Service>;
    };
  };
  admissionregistration: {
    v1: {
      mutatingadmissionpolicies: NewerModel<'V1MutatingAdmissionPolicy'>;
      mutatingadmissionpolicybindings: NewerModel<'V1MutatingAdmissionPolicyBinding'>;
      mutatingwebhookconfigurations: ResourceOf<models.V1MutatingWebhookConfiguration>;
      validatingadmissionpolicies: ResourceOf<models.V1ValidatingAdmissionPolicy>;
      validatingadmissionpolicybindings: ResourceOf<models.V1ValidatingAdmissionPolicyBinding>;
      validatingwebhookconfigurations: ResourceOf<models.V1ValidatingWebhookConfiguration>;
    };
  };
  apiextensions: { v1: { customresourcedefinitions: ResourceOf<models.V1CustomResourceDefinition> } };
  apiregistration: { v1: { apiservices: ResourceOf<models.V1APIService> } };
  apps: {
    v1: {
      controllerrevisions: ResourceOf<models.V1ControllerRevision>;
      daemonsets: ResourceOf<models.V1DaemonSet>;
      deployments: ResourceOf<models.V1Deployment>;
      replicasets: ResourceOf<models.V1ReplicaSet>;
      statefulsets: ResourceOf<models.V1StatefulSet>;
    };
  };
  autoscaling: {
    v1: { horizontalpodautoscalers: ResourceOf<models.V1HorizontalPodAutoscaler> };
    v2: { horizontalpodautoscalers: ResourceOf<models.V2HorizontalPodAutoscaler> };
  };
  batch: { v1: { cronjobs: ResourceOf<models.V1CronJob>; jobs: ResourceOf<models.V1Job> } };
  certificates: { v1: { certificatesigningrequests: ResourceOf<models.V1CertificateSigningRequest> } };
  coordination: { v1: { leases: ResourceOf<models.V1Lease> } };
  discovery: { v1: { endpointslices: ResourceOf<models.V1EndpointSlice> } };
  events: { v1: { events: ResourceOf<models.EventsV1Event> } };
  flowcontrol: {
    v1: {
      flowschemas: ResourceOf<models.V1FlowSchema>;
      prioritylevelconfigurations: ResourceOf<models.V1PriorityLevelConfiguration>;
    };
  };
  networking: {
    v1: {
      ingressclasses: ResourceOf<models.V1IngressClass>;
      ingresses: ResourceOf<models.V1Ingress>;
      ipaddresses: ResourceOf<models.V1IPAddress>;
      networkpolicies: ResourceOf<models.V1NetworkPolicy>;
      servicecidrs: ResourceOf<models.V1ServiceCIDR>;
    };
  };
  node: { v1: { runtimeclasses: ResourceOf<models.V1RuntimeClass> } };
  policy: { v1: { poddisruptionbudgets: ResourceOf<models.V1PodDisruptionBudget> } };
  rbac: {
    v1: {
      clusterrolebindings: ResourceOf<models.V1ClusterRoleBinding>;
      clusterroles: ResourceOf<models.V1ClusterRole>;
      rolebindings: ResourceOf<models.V1RoleBinding>;
      roles: ResourceOf<models.V1Role>;
    };
  };
  resource: {
    v1: {
      deviceclasses: ResourceOf<models.V1DeviceClass>;
      resourceclaims: ResourceOf<models.ResourceV1ResourceClaim>;
      resourceclaimtemplates: ResourceOf<models.V1ResourceClaimTemplate>;
      resourceslices: ResourceOf<models.V1ResourceSlice>;
    };
  };
  scheduling: { v1: { priorityclasses: ResourceOf<models.V1PriorityClass> } };
  storage: {
    v1: {
      csidrivers: ResourceOf<models.V1CSIDriver>;
      csinodes: ResourceOf<models.V1CSINode>;
      csistoragecapacities: ResourceOf<models.V1CSIStorageCapacity>;
      storageclasses: ResourceOf<models.V1StorageClass>;
      volumeattachments: ResourceOf<models.V1VolumeAttachment>;
      volumeattributesclasses: ResourceOf<models.V1VolumeAttributesClass>;
    };
  };
}

/** The short name of a built-in group: `core`, `apps`, `rbac`, ... */
export type BuiltInGroup = keyof BuiltInTypes;
