import type { KubeObject } from '../../index.ts';
import { defineRelation } from './define-relation.ts';
import { addressesOfEndpoints, addressesOfSlices, type EndpointSlice, type Endpoints } from './endpoints.ts';

const service = { version: 'v1', kind: 'Service' };

interface Service extends KubeObject {
  spec?: { type?: string; selector?: Record<string, string>; externalName?: string; ipFamilies?: string[] };
}

/** A Service and where it leads: its EndpointSlices, or the Endpoints of its name if there are none. `addresses` is what they say together. */
export const serviceEndpoints = defineRelation<Service, EndpointSlice>({
  name: 'service-endpoints',
  from: service,
  to: { group: 'discovery.k8s.io', version: 'v1', kind: 'EndpointSlice' },
  by: { label: 'kubernetes.io/service-name' },
  show: {
    from: ({ spec }, slices) => ({
      selectorless: Object.keys(spec?.selector ?? {}).length === 0,
      ...(spec?.externalName !== undefined && { externalName: spec.externalName }),
      addresses: addressesOfSlices(slices),
    }),
  },
  and: [
    defineRelation<Service, Endpoints>({
      name: 'service-legacy-endpoints',
      from: service,
      to: { version: 'v1', kind: 'Endpoints' },
      by: ({ metadata }) => [metadata.name],
      via: 'name',
      isFallback: true,
      show: { from: (_, endpoints) => ({ addresses: addressesOfEndpoints(endpoints) }) },
    }),
  ],
});
