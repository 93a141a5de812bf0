import type { KubeObject } from '../../index.ts';

/** A column that tables of the objects are to have. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
}

interface Version {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly additionalPrinterColumns?: readonly PrinterColumn[];
}

/** What is kept of a definition of a custom resource: its schemas are most of it, and nobody here reads them. */
export interface Definition extends KubeObject {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string; readonly plural: string };
    readonly scope: string;
    readonly versions: readonly Version[];
  };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

export const definitions = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
} as const;
export const apiServices = { group: 'apiregistration.k8s.io', version: 'v1', resource: 'apiservices' } as const;

/** Takes from a definition what is kept of it. */
export function slim(definition: Definition): Definition {
  const { apiVersion, kind, metadata, spec, status } = definition;
  return {
    apiVersion,
    kind,
    metadata,
    spec: {
      group: spec.group,
      names: { kind: spec.names.kind, plural: spec.names.plural },
      scope: spec.scope,
      versions: spec.versions.map(({ name, served, storage, additionalPrinterColumns: columns }) => ({
        name,
        served,
        storage,
        ...(columns && { additionalPrinterColumns: columns }),
      })),
    },
    ...(status && {
      status: { conditions: (status.conditions ?? []).map(({ type, status: value }) => ({ type, status: value })) },
    }),
  };
}
