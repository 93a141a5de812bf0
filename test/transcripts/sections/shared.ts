import { mergePatch, prepare, type Step } from '../model.ts';

export const configMaps = '/api/v1/namespaces/demo/configmaps';
export const podsPath = '/api/v1/namespaces/demo/pods';
export const group = 'transcripts.example.com';
export const widgets = `/apis/${group}/v1/namespaces/demo/widgets`;
export const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
export const definitionPath = `${definitions}/widgets.${group}`;

export const partialObject = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
export const partialList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
export const tableForm = 'application/json;as=Table;g=meta.k8s.io;v=v1';
export const protobuf = 'application/vnd.kubernetes.protobuf';

/** The parameters with which a watch begins with the state. */
export const watchList = 'watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan';

export function configMap(name: string, rest: { data?: object; labels?: object } = {}) {
  const { data = { k: 'v' }, labels } = rest;
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...(labels && { labels }) }, data };
}

export function widget(name: string, spec: object = { size: 1 }, metadata: object = {}) {
  return { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name, ...metadata }, spec };
}

export const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `widgets.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: {
      plural: 'widgets',
      singular: 'widget',
      kind: 'Widget',
      listKind: 'WidgetList',
      shortNames: ['wdg'],
      categories: ['all'],
    },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['size'],
                properties: {
                  size: { type: 'integer', minimum: 1, maximum: 100 },
                  color: { type: 'string', enum: ['red', 'green', 'blue'], default: 'red' },
                  replicas: { type: 'integer' },
                },
                'x-kubernetes-validations': [{ rule: 'self.size != 13', message: 'thirteen is taken' }],
              },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
        },
        selectableFields: [{ jsonPath: '.spec.color' }],
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
          { name: 'Color', type: 'string', jsonPath: '.spec.color' },
        ],
      },
    ],
  },
};

/** Creates the definition and waits until its objects can be listed. */
export const definesWidgets: readonly Step[] = [
  prepare(definitions, { body: definition }),
  prepare(widgets, { until: 200 }),
];

/** The resource version of now, kept as `name`, by a list of nothing. */
export function now(name: string, collection = configMaps): Step {
  return prepare(`${collection}?limit=1&labelSelector=none`, { keep: name });
}

export function change(path: string, patch: object): Step {
  return { kind: 'prepare', ...mergePatch(path, patch) };
}
