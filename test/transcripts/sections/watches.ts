import { type Ask, mergePatch, prepare, request, type Section, watch } from '../model.ts';
import {
  change,
  configMap,
  configMaps,
  definesWidgets,
  now,
  partialObject,
  podsPath,
  protobuf,
  tableForm,
  watchList,
  widget,
  widgets,
} from './shared.ts';

const remove = (path: string): Ask => ({ method: 'DELETE', path });
const fromNow = 'watch=1&resourceVersion={{now.metadata.resourceVersion}}';
const second = 'timeoutSeconds=1';
const elsewhere = (name: string): Ask => ({ path: '/api/v1/namespaces/other/configmaps', body: configMap(name) });
const future = '{{now.metadata.resourceVersion+100000}}';

const filled = [
  ...definesWidgets,
  ...[0, 1, 2].map((index) =>
    prepare(widgets, { body: widget(`w${index}`, { size: index + 1 }, { labels: { n: String(index) } }) }),
  ),
  prepare(configMaps, { body: configMap('b') }),
  prepare(configMaps, { body: configMap('a') }),
];

export const watches: readonly Section[] = [
  {
    id: 'watches',
    title: 'Watches',
    area: 'watches',
    steps: [
      ...filled,
      now('now'),
      watch('from now: an object is added, modified, deleted', `${configMaps}?${fromNow}&${second}`, {
        meanwhile: [
          { path: configMaps, body: configMap('c') },
          mergePatch(`${configMaps}/c`, { data: { k: '2' } }),
          remove(`${configMaps}/c`),
        ],
      }),
      watch('the same, later, from the past', `${configMaps}?${fromNow}&${second}`),
      watch('no resource version', `${configMaps}?watch=1&${second}`),
      watch('any version', `${configMaps}?watch=true&resourceVersion=0&${second}`),
      watch(
        'any version, with bookmarks',
        `${configMaps}?watch=true&resourceVersion=0&allowWatchBookmarks=true&${second}`,
      ),
      watch('no resource version, with bookmarks', `${configMaps}?watch=true&allowWatchBookmarks=true&${second}`),
      watch('a limit', `${configMaps}?watch=true&resourceVersion=0&limit=1&${second}`),
      now('now'),
      watch('a deadline after two seconds', `${configMaps}?${fromNow}&timeoutSeconds=2`),
      watch(
        'a deadline after two seconds, with bookmarks',
        `${configMaps}?${fromNow}&timeoutSeconds=2&allowWatchBookmarks=true`,
      ),
      watch(
        'a write elsewhere moves the bookmark before the deadline, over HTTP/2',
        `${configMaps}?${fromNow}&timeoutSeconds=20&allowWatchBookmarks=true`,
        {
          http2: true,
          meanwhile: [elsewhere('moved')],
        },
      ),
      now('now'),
      watch(
        'no wish for a watch, but a parameter that is no boolean',
        `${configMaps}?watch=maybe&${second}&fieldSelector=metadata.name%3Da`,
      ),
      watch(
        'from the future: silence',
        `${configMaps}?watch=1&allowWatchBookmarks=true&resourceVersion=${future}&${second}`,
        {
          meanwhile: [mergePatch(`${configMaps}/a`, { data: { k: 'future' } })],
        },
      ),
      now('now'),
      watch('a write elsewhere and a change of nothing', `${configMaps}?${fromNow}&${second}`, {
        meanwhile: [elsewhere('elsewhere'), mergePatch(`${configMaps}/a`, { data: { k: 'future' } })],
      }),
      watch('events in the order of the writes', `/api/v1/namespaces/order/configmaps?${fromNow}&${second}`, {
        meanwhile: ['m', 'z', 'b', 'k', 'a'].map((name) => ({
          path: '/api/v1/namespaces/order/configmaps',
          body: configMap(name),
        })),
      }),
      watch(
        'the same as initial events: in the order of the names',
        `/api/v1/namespaces/order/configmaps?${watchList}&${second}`,
      ),
      watch('all namespaces', `/api/v1/configmaps?${watchList}&${second}`),
      watch('the path of old', `/api/v1/watch/namespaces/demo/configmaps/a?resourceVersion=0&${second}`),
      request('a watch of one object, by its path', `${configMaps}/a?watch=1&resourceVersion=0`),
      watch('compression is not for watches', `${configMaps}?watch=1&resourceVersion=0&${second}`, {
        headers: { 'Accept-Encoding': 'gzip' },
      }),
      request('in protobuf', `${configMaps}?watch=1&resourceVersion=0&${second}`, {
        accept: protobuf,
        view: 'presence',
        waits: true,
      }),
      request('in YAML', `${configMaps}?watch=1&resourceVersion=0&${second}`, {
        accept: 'application/yaml',
        view: 'presence',
        waits: true,
      }),
    ],
  },
  {
    id: 'watch-lists',
    title: 'Watches that begin with the state',
    area: 'watches',
    steps: [
      ...filled,
      watch('no resource version', `${configMaps}?${watchList}`, {
        until: 4,
        meanwhile: [{ path: configMaps, body: configMap('d') }],
      }),
      watch('any version', `${configMaps}?${watchList}&resourceVersion=0&${second}`),
      now('now'),
      watch(
        'not older than now',
        `${configMaps}?${watchList}&resourceVersion={{now.metadata.resourceVersion}}&${second}`,
      ),
      watch('not older than the future', `${configMaps}?${watchList}&resourceVersion=${future}`),
      watch('nothing there', `/api/v1/namespaces/ghost/configmaps?${watchList}&${second}`),
      watch('custom objects', `${widgets}?${watchList}&${second}`),
      watch('a label selector', `${widgets}?${watchList}&labelSelector=n%3D2&${second}`),
      watch('only the metadata', `${widgets}?${watchList}&labelSelector=n%3D2`, {
        until: 3,
        accept: partialObject,
        meanwhile: [mergePatch(`${widgets}/w2`, { metadata: { annotations: { x: 'y' } } })],
      }),
      watch('only the metadata of built-in objects', `${configMaps}?${watchList}&${second}`, { accept: partialObject }),
      watch('a table', `${widgets}?watch=1&allowWatchBookmarks=true&resourceVersion=0&labelSelector=n%3D2&${second}`, {
        accept: tableForm,
      }),
      watch(
        'no bookmarks wanted: no end mark',
        `${configMaps}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&${second}`,
      ),
      watch(
        'initial events declined, no resource version',
        `${configMaps}?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&${second}`,
      ),
      watch(
        'initial events declined, any version',
        `${configMaps}?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&resourceVersion=0&${second}`,
      ),
    ],
  },
  {
    id: 'refused-watches',
    title: 'Watches that are refused',
    area: 'errors',
    steps: [
      ...filled,
      ...(
        [
          ['initial events without a match rule', 'watch=1&sendInitialEvents=true'],
          [
            'initial events exactly at a version',
            'watch=1&sendInitialEvents=true&resourceVersionMatch=Exact&resourceVersion=1',
          ],
          ['a match rule without initial events', 'watch=1&resourceVersionMatch=NotOlderThan&resourceVersion=5'],
          ['a resource version that is no number', 'watch=1&resourceVersion=abc'],
          ['a continue token', 'watch=1&continue=abc&timeoutSeconds=1'],
          ['a timeout that is no number', 'watch=1&timeoutSeconds=abc'],
          ['a field that cannot be selected by', 'watch=1&fieldSelector=data.k%3Dv'],
        ] as const
      ).map(([title, query]) => request(title, `${configMaps}?${query}`)),
      request('a form that nobody writes', `${configMaps}?watch=1`, { accept: 'text/html' }),
    ],
  },
  {
    id: 'watched-selections',
    title: 'Watches with selectors',
    area: 'watches',
    steps: [
      ...filled,
      now('now'),
      watch(
        'an object comes into the selection, changes, leaves, comes again, is deleted',
        `${configMaps}?${fromNow}&labelSelector=app%3Dweb&${second}`,
        {
          meanwhile: [
            { path: configMaps, body: configMap('s') },
            mergePatch(`${configMaps}/s`, { metadata: { labels: { app: 'web' } } }),
            mergePatch(`${configMaps}/s`, { data: { k: '2' } }),
            mergePatch(`${configMaps}/s`, { metadata: { labels: { app: 'db' } } }),
            mergePatch(`${configMaps}/s`, { metadata: { labels: { app: 'web' } } }),
            remove(`${configMaps}/s`),
          ],
        },
      ),
      now('now', podsPath),
      watch(
        'a pod comes to a node and is deleted with grace',
        `${podsPath}?${fromNow}&fieldSelector=spec.nodeName%3Dn1&${second}`,
        {
          meanwhile: [
            {
              path: podsPath,
              body: {
                apiVersion: 'v1',
                kind: 'Pod',
                metadata: { name: 'p2' },
                spec: { terminationGracePeriodSeconds: 30, containers: [{ name: 'c', image: 'i', resources: {} }] },
              },
            },
            mergePatch(`${podsPath}/p2`, { spec: { nodeName: 'n1' } }),
            remove(`${podsPath}/p2`),
            remove(`${podsPath}/p2?gracePeriodSeconds=0`),
          ],
        },
      ),
      watch(
        'one object by its name',
        `${configMaps}?watch=1&fieldSelector=metadata.name%3Da&resourceVersion=0&${second}`,
      ),
      now('now'),
      prepare(configMaps, { body: configMap('held') }),
      change(`${configMaps}/held`, { metadata: { finalizers: ['transcripts.example.com/hold'] } }),
      watch(
        'an object with a finalizer is deleted',
        `${configMaps}?${fromNow}&fieldSelector=metadata.name%3Dheld&${second}`,
        {
          meanwhile: [
            remove(`${configMaps}/held`),
            mergePatch(`${configMaps}/held`, { metadata: { finalizers: null } }),
          ],
        },
      ),
    ],
  },
];
