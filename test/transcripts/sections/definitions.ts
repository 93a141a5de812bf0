import { type Ask, prepare, request, type Section, watch } from '../model.ts';
import { definesWidgets, definition, definitionPath, definitions, group, now, widget, widgets } from './shared.ts';

const fromNow = 'watch=1&allowWatchBookmarks=true&resourceVersion={{now.metadata.resourceVersion}}';

const edit = (operations: readonly object[]): Ask => ({
  method: 'PATCH',
  path: definitionPath,
  body: operations,
  contentType: 'application/json-patch+json',
});

const [v1] = definition.spec.versions;

/** What happens to resources whose definitions come, change and go. */
export const definitionSections: readonly Section[] = [
  {
    id: 'definitions',
    title: 'Definitions of custom resources',
    area: 'writes',
    steps: [
      request('a definition', definitions, { body: definition }),
      prepare(widgets, { until: 200 }),
      request('a list a moment later', widgets),
      request('the definition as it is now', definitionPath),
      request('a definition that is none', definitions, {
        body: {
          apiVersion: 'apiextensions.k8s.io/v1',
          kind: 'CustomResourceDefinition',
          metadata: { name: `bad.${group}` },
          spec: {
            group,
            scope: 'Namespaced',
            names: { plural: 'bads', kind: 'Bad' },
            versions: [{ name: 'v1', served: true, storage: true }],
          },
        },
      }),
    ],
  },
  {
    id: 'watched-definitions',
    title: 'Definitions that change under a watch',
    area: 'watches',
    steps: [
      ...definesWidgets,
      ...['w0', 'w1', 'w2'].map((name) => prepare(widgets, { body: widget(name) })),
      now('now', widgets),
      watch('a column is added', `${widgets}?${fromNow}`, {
        meanwhile: [
          edit([
            {
              op: 'add',
              path: '/spec/versions/0/additionalPrinterColumns/-',
              value: { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
            },
          ]),
        ],
      }),
      {
        kind: 'prepare',
        ...edit([{ op: 'add', path: '/spec/versions/-', value: { ...v1, name: 'v2', storage: false } }]),
      },
      prepare(`/apis/${group}/v2/widgets`, { until: 200 }),
      request('a second version', `/apis/${group}/v2/namespaces/demo/widgets?limit=1`),
      now('now', widgets),
      watch('the version is served no longer', `/apis/${group}/v2/namespaces/demo/widgets?${fromNow}`, {
        meanwhile: [edit([{ op: 'remove', path: '/spec/versions/1' }])],
      }),
      prepare(`/apis/${group}/v2/widgets`, { until: 404 }),
      request('a list of that version', `/apis/${group}/v2/namespaces/demo/widgets`),
      prepare(widgets, { until: 200 }),
      now('now', widgets),
      watch('the definition is deleted', `${widgets}?${fromNow}`, {
        meanwhile: [{ method: 'DELETE', path: definitionPath }],
      }),
      prepare(definitionPath, { until: 404 }),
      prepare(widgets, { until: 404 }),
      request('a list of what is no longer defined', widgets),
      request('a watch of what is no longer defined', `${widgets}?watch=1&resourceVersion=1`),
      request('discovery of what is no longer defined', `/apis/${group}/v1`),
      ...definesWidgets,
      request('defined again: nothing there', widgets),
      request('the answer to the deletion of a definition', definitionPath, { method: 'DELETE' }),
    ],
  },
];
