import { prepare, request, type Section, watch } from '../model.ts';
import { configMap, configMaps, definesWidgets, now, watchList, widgets } from './shared.ts';

const reader = { user: 'reader' } as const;
const second = 'timeoutSeconds=1';

export const access: readonly Section[] = [
  {
    id: 'access',
    title: 'Who may do what',
    area: 'errors',
    steps: [
      ...definesWidgets,
      prepare(configMaps, { body: configMap('a') }),
      request('a token that is none', configMaps, { user: 'stranger' }),
      request('a watch with a token that is none', `${configMaps}?watch=1&resourceVersion=0`, { user: 'stranger' }),
      request('no token', configMaps, { user: null }),
      request('what is allowed', `${configMaps}?limit=1`, reader),
      request('a list over all namespaces', '/api/v1/configmaps', reader),
      request('a list in another namespace', '/api/v1/namespaces/team-b/configmaps', reader),
      request('a watch of another resource', '/api/v1/namespaces/demo/secrets?watch=1&resourceVersion=0', reader),
      request('a watch over all namespaces', `/api/v1/secrets?${watchList}`, reader),
      request('one object', '/api/v1/namespaces/demo/secrets/x', reader),
      request('a creation', configMaps, { ...reader, body: configMap('no') }),
      request('a patch', `${configMaps}/a`, {
        ...reader,
        method: 'PATCH',
        body: {},
        contentType: 'application/merge-patch+json',
      }),
      request('a deletion of many', configMaps, { ...reader, method: 'DELETE' }),
      request('a subresource', '/apis/apps/v1/namespaces/demo/deployments/x/status', reader),
      request('custom objects', widgets, reader),
      request('a cluster-scoped object', '/api/v1/nodes/n1', { user: 'nobody' }),
      request('a resource that nobody serves', '/apis/absent.example.com/v1/things', reader),
      request('in the name of another', configMaps, { ...reader, headers: { 'Impersonate-User': 'admin' } }),
    ],
  },
  {
    id: 'no-anonymous',
    title: 'No anonymous access',
    area: 'errors',
    setup: { anonymous: false },
    steps: [
      request('no token', configMaps, { user: null }),
      request('a watch without a token, over HTTP/2', `${configMaps}?watch=1`, { user: null, http2: true }),
    ],
  },
  {
    id: 'too-many',
    title: 'Too many requests',
    area: 'errors',
    setup: { narrow: true },
    steps: [
      prepare(configMaps, { body: configMap('a') }),
      { kind: 'incident', what: 'fill' },
      request('a list', `${configMaps}?resourceVersion=0`, reader),
      request('a list by a master', `${configMaps}?resourceVersion=0&labelSelector=none`),
      watch('a watch', `${configMaps}?watch=1&resourceVersion=0&labelSelector=none&${second}`, reader),
    ],
  },
  {
    id: 'no-cache',
    title: 'A server without a watch cache',
    area: 'other',
    setup: { watchCache: false },
    steps: [
      ...['e0', 'e1', 'e2'].map((name) => prepare(configMaps, { body: configMap(name) })),
      watch('a watch that begins with the state', `${configMaps}?${watchList}&${second}`),
      watch('any version', `${configMaps}?watch=1&resourceVersion=0&${second}`),
      request('any version with a limit', `${configMaps}?resourceVersion=0&limit=1`, { view: 'names' }),
      now('now'),
      ...(
        [
          ['in the future', ''],
          ['not older than the future', '&resourceVersionMatch=NotOlderThan'],
          ['exactly in the future', '&resourceVersionMatch=Exact'],
        ] as const
      ).map(([title, rule]) =>
        request(title, `${configMaps}?resourceVersion={{now.metadata.resourceVersion+100000}}${rule}`, { waits: true }),
      ),
      watch(
        'a watch from the future',
        `${configMaps}?watch=1&resourceVersion={{now.metadata.resourceVersion+100000}}&${second}`,
      ),
      watch(
        'no bookmarks',
        `${configMaps}?watch=1&resourceVersion={{now.metadata.resourceVersion}}&allowWatchBookmarks=true&timeoutSeconds=12`,
        {
          meanwhile: [{ path: '/api/v1/namespaces/other/configmaps', body: configMap('moved') }],
        },
      ),
    ],
  },
];
