/** What reads of the Kubernetes API know, too. */
export const kubernetesParameters: readonly string[] = [
  'labelSelector',
  'fieldSelector',
  'limit',
  'continue',
  'resourceVersion',
  'resourceVersionMatch',
  'watch',
  'allowWatchBookmarks',
  'sendInitialEvents',
  'timeoutSeconds',
  'includeObject',
];

/** Parameters that are not Kubernetes' own, with what they mean. Below `/cache` they begin with `x-`; `/query` has them without. */
export const extensionParameters = {
  'x-dedicated': 'Answer from a cache of its own for these selectors.',
  'x-where':
    'More conditions on fields: spec.replicas>3, status.phase in (Failed,Unknown), spec.nodeName, !spec.paused.',
  'x-index': 'Objects with a value in a declared index: name:value.',
  'x-owner': 'Objects that the object with this uid owns.',
  'x-ownerDepth':
    'With x-owner: also what its objects own, and so on, up to so many steps (1 to 8). The kinds between are watched, too.',
  'x-nameContains': 'Objects whose names have this in them.',
  'x-annotationSelector':
    'Conditions on annotations: key, !key, key=value, key!="a, b", key in (a,b), key notin (a,b).',
  'x-orderBy': 'The order of a list: metadata.creationTimestamp:desc,metadata.name. What has no value comes last.',
  'x-fields': 'Only these fields of each object, and its apiVersion and kind: metadata.name,status.phase.',
  'x-maxWait': 'How long to wait for contact: 500ms, 5s.',
  'x-onStale': 'Without contact: serve what is cached, or fail.',
} as const satisfies Readonly<Record<`x-${string}`, string>>;

export const extensionNames = Object.keys(extensionParameters) as readonly (keyof typeof extensionParameters)[];
