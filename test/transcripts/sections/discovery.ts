import { request, type Section } from '../model.ts';
import { configMaps, definesWidgets, group, widgets } from './shared.ts';

const aggregated =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,' +
  'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';

export const discovery: readonly Section[] = [
  {
    id: 'server',
    title: 'The server itself',
    area: 'other',
    steps: [
      request('its version', '/version'),
      request('health in one word', '/healthz', { accept: null }),
      request('readiness in detail', '/readyz?verbose', { accept: null, view: 'presence' }),
      request('liveness', '/livez', { accept: null }),
    ],
  },
  {
    id: 'discovery',
    title: 'Discovery',
    area: 'discovery',
    steps: [
      ...definesWidgets,
      request('the versions of the core group', '/api'),
      request('the groups', '/apis', { view: 'shared' }),
      request('one group', '/apis/apps'),
      request('the resources of the core group', '/api/v1', { view: 'shared' }),
      request('the resources of apps', '/apis/apps/v1', { view: 'shared' }),
      request('the resources of a group of custom resources', `/apis/${group}/v1`),
      request('a group of custom resources', `/apis/${group}`),
      request('everything of the core group in one document', '/api', { accept: aggregated, view: 'shared' }),
      request('everything of the other groups in one document', '/apis', {
        accept: aggregated,
        view: 'shared',
        keep: 'document',
      }),
      request('the same document again, unchanged', '/apis', {
        accept: aggregated,
        headers: { 'If-None-Match': '{{document.headers.etag}}' },
      }),
      request('a form of the document that does not exist, and no other', '/apis', {
        accept: 'application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList',
      }),
    ],
  },
  {
    id: 'absent',
    title: 'What is not there',
    area: 'errors',
    steps: [
      ...definesWidgets,
      request('a group that nobody serves', '/apis/absent.example.com'),
      request('a version of a built-in group that is not served', '/apis/apps/v2/deployments'),
      request('a resource of a group that nobody serves', '/apis/absent.example.com/v1/things'),
      request('an unknown resource of the core group', '/api/v1/namespaces/demo/gadgets'),
      request('an unknown resource of apps', '/apis/apps/v1/gadgets'),
      request('an unknown resource of a custom group', `/apis/${group}/v1/gadgets`),
      request('a version of a custom group that is not served', `/apis/${group}/v2/widgets`),
      request('a watch of a resource that nobody serves', '/apis/absent.example.com/v1/things?watch=1'),
      request('a path outside the API', '/over/there'),
      request('an object of a namespaced resource without its namespace', '/api/v1/configmaps/a'),
      request('a cluster-scoped resource inside a namespace', '/api/v1/namespaces/demo/nodes'),
      request('an object that does not exist', `${configMaps}/absent`),
      request('a custom object that does not exist', `${widgets}/absent`),
      request('a namespace that does not exist', '/api/v1/namespaces/ghost/configmaps'),
    ],
  },
];
