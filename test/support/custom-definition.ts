export interface DefinitionChoice {
  readonly kind?: string;
  readonly group?: string;
  /** The first is the one that is stored. */
  readonly versions?: readonly string[];
  /** More of them. */
  readonly names?: object;
  readonly columns?: readonly object[];
}

/** The definition of a custom resource whose objects have a namespace and may say anything. Default: `Widget` of `example.com/v1`. */
export function customDefinition(choice: DefinitionChoice = {}) {
  const { kind = 'Widget', group = 'example.com', versions = ['v1'], names = {}, columns } = choice;
  const singular = kind.toLowerCase();
  const plural = `${singular}s`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular, ...names },
      versions: versions.map((name, at) => ({
        name,
        served: true,
        storage: at === 0,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        ...(columns && { additionalPrinterColumns: columns }),
      })),
    },
  };
}
