import type { DeepReadonly, KubeObject } from '../../index.ts';

interface Target {
  kind?: string;
  namespace?: string;
  name?: string;
  uid?: string;
}

interface Port {
  name?: string;
  port?: number;
  protocol?: string;
}

export interface EndpointSlice extends KubeObject {
  addressType?: string;
  ports?: Port[];
  endpoints?: {
    addresses?: string[];
    conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean };
    nodeName?: string;
    zone?: string;
    targetRef?: Target;
  }[];
}

interface LegacyAddress {
  ip: string;
  nodeName?: string;
  targetRef?: Target;
}

export interface Endpoints extends KubeObject {
  subsets?: { addresses?: LegacyAddress[]; notReadyAddresses?: LegacyAddress[]; ports?: Port[] }[];
}

/** One address of a service: what all that is said of it comes to. */
export interface EndpointAddress {
  readonly address: string;
  readonly family: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly ports: readonly DeepReadonly<Port>[];
  readonly nodeName?: string;
  readonly zone?: string;
  /** What is behind it: as a rule a Pod. */
  readonly target?: DeepReadonly<Target>;
}

/** The addresses of all slices, each once, in order. A slice that says less (an endpoint may stand in two while it moves) takes nothing back. */
export function addressesOfSlices(slices: readonly DeepReadonly<EndpointSlice>[]): EndpointAddress[] {
  return merged(
    slices.flatMap(({ addressType = 'IPv4', ports = [], endpoints = [] }) =>
      endpoints.flatMap(({ addresses = [], conditions = {}, nodeName, zone, targetRef }) => {
        // What is not said of readiness is to be taken for ready; serving is as ready unless it is said.
        const { ready = true, terminating = false } = conditions;
        const { serving = ready } = conditions;
        const rest = { ready, serving, terminating, ports, ...placeOf({ nodeName, zone, targetRef }) };
        return addresses.map((address) => ({ address, family: addressType, ...rest }));
      }),
    ),
  );
}

/** The same of Endpoints, which know ready and not ready alone. */
export function addressesOfEndpoints(all: readonly DeepReadonly<Endpoints>[]): EndpointAddress[] {
  return merged(
    all.flatMap(({ subsets = [] }) =>
      subsets.flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }) => {
        const one =
          (ready: boolean) =>
          ({ ip, nodeName, targetRef }: DeepReadonly<LegacyAddress>): EndpointAddress => ({
            address: ip,
            family: ip.includes(':') ? 'IPv6' : 'IPv4',
            ready,
            serving: ready,
            terminating: false,
            ports,
            ...placeOf({ nodeName, targetRef }),
          });
        return [...addresses.map(one(true)), ...notReadyAddresses.map(one(false))];
      }),
    ),
  );
}

function placeOf({
  nodeName,
  zone,
  targetRef,
}: {
  readonly nodeName?: string | undefined;
  readonly zone?: string | undefined;
  readonly targetRef?: DeepReadonly<Target> | undefined;
}): Pick<EndpointAddress, 'nodeName' | 'zone' | 'target'> {
  const { kind, namespace, name, uid } = targetRef ?? {};
  return {
    ...(nodeName !== undefined && { nodeName }),
    ...(zone !== undefined && { zone }),
    ...(targetRef && {
      target: {
        ...(kind !== undefined && { kind }),
        ...(namespace !== undefined && { namespace }),
        ...(name !== undefined && { name }),
        ...(uid !== undefined && { uid }),
      },
    }),
  };
}

function merged(all: readonly EndpointAddress[]): EndpointAddress[] {
  const byAddress = new Map<string, EndpointAddress>();
  for (const next of all) {
    const key = `${next.family} ${next.address} ${next.target?.uid ?? ''}`;
    const known = byAddress.get(key);
    byAddress.set(key, known ? both(known, next) : next);
  }
  return [...byAddress].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, address]) => address);
}

function both(a: EndpointAddress, b: EndpointAddress): EndpointAddress {
  const ports = new Map([...a.ports, ...b.ports].map((port) => [JSON.stringify(port), port]));
  return {
    ...b,
    ...a,
    ready: a.ready || b.ready,
    serving: a.serving || b.serving,
    terminating: a.terminating && b.terminating,
    ports: [...ports.values()],
  };
}
