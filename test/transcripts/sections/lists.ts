import { prepare, request, type Section, type Step } from '../model.ts';
import {
  change,
  configMap,
  configMaps,
  definesWidgets,
  group,
  now,
  partialList,
  partialObject,
  protobuf,
  tableForm,
  widget,
  widgets,
} from './shared.ts';

const names = (title: string, query: string, keep?: string) =>
  request(title, `${configMaps}?${query}`, { view: 'names', ...(keep !== undefined && { keep }) });
const future = { waits: true } as const;

/** Seven ConfigMaps in three namespaces each, and five widgets. */
const filled: readonly Step[] = [
  ...definesWidgets,
  ...['default', 'demo', 'team-b'].flatMap((namespace) =>
    [0, 1, 2, 3, 4, 5, 6].map((index) =>
      prepare(`/api/v1/namespaces/${namespace}/configmaps`, {
        body: configMap(`l${index}`, { labels: { app: index % 2 ? 'web' : 'db', n: String(index) } }),
      }),
    ),
  ),
  ...[0, 1, 2, 3, 4].map((index) =>
    prepare(widgets, {
      body: widget(
        `w${index}`,
        { size: index + 1, color: index % 2 ? 'green' : 'red' },
        { labels: { n: String(index) } },
      ),
    }),
  ),
];

const token = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

const refusals: readonly (readonly [title: string, query: string])[] = [
  ['a match rule without a resource version', 'resourceVersionMatch=NotOlderThan'],
  ['exactly any version', 'resourceVersion=0&resourceVersionMatch=Exact'],
  ['an unknown match rule', 'resourceVersion=1&resourceVersionMatch=Newest'],
  ['a match rule while continuing', 'resourceVersion=1&resourceVersionMatch=Exact&continue={{page.metadata.continue}}'],
  [
    'a resource version while continuing',
    'resourceVersion={{page.metadata.resourceVersion}}&continue={{page.metadata.continue}}',
  ],
  ['any version while continuing', 'resourceVersion=0&limit=2&continue={{page.metadata.continue}}'],
  ['a resource version that is no number', 'resourceVersion=abc'],
  ['a negative resource version', 'resourceVersion=-1'],
  ['a limit that is no number', 'limit=abc'],
  ['a negative limit', 'limit=-1'],
  ['a continue token that is no base64', 'limit=2&continue=***'],
  ['a continue token that holds something else', 'limit=2&continue=aGVsbG8'],
  [
    'a continue token that leads out of the collection',
    `limit=2&continue=${token({ v: 'meta.k8s.io/v1', rv: 1, start: '../../secrets' })}`,
  ],
  ['initial events in a list', 'sendInitialEvents=true'],
  ['a label selector that does not parse', 'labelSelector=a%3D%3D%3Db'],
  ['a label value that is none', 'labelSelector=a%3D_bad_'],
  ['a field selector that does not parse', 'fieldSelector=metadata.name'],
  ['a field that cannot be selected by', 'fieldSelector=data.k%3Dv'],
  ['a timeout that is no number', 'timeoutSeconds=abc'],
  ['an unknown parameter', 'nonsense=1&limit=1'],
  ['no watch, said in so many words', 'watch=0&labelSelector=none'],
];

const selectors: readonly (readonly [title: string, query: string])[] = [
  ['equality', 'labelSelector=app%3Dweb'],
  ['inequality', 'labelSelector=app%21%3Dweb'],
  ['one of several', 'labelSelector=n%20in%20(1,2)'],
  ['none of several', 'labelSelector=n%20notin%20(1,2)'],
  ['a label that is there', 'labelSelector=app'],
  ['a label that is not there', 'labelSelector=%21app'],
  ['greater than a number', 'labelSelector=n%3E4'],
  ['two terms', 'labelSelector=app%3Dweb,n%3D1'],
  ['a name', 'fieldSelector=metadata.name%3Dl3'],
  ['a name that nobody has', 'fieldSelector=metadata.name%3Dabsent'],
  ['another namespace', 'fieldSelector=metadata.namespace%3Dteam-b'],
];

export const lists: readonly Section[] = [
  {
    id: 'lists',
    title: 'Lists and pages',
    area: 'lists',
    steps: [
      ...filled,
      request('one namespace', configMaps),
      request('all namespaces, in order', '/api/v1/configmaps', { view: 'names' }),
      request('nothing there', '/api/v1/secrets'),
      request('no custom objects there', `/apis/${group}/v1/namespaces/ghost/widgets`),
      request('one custom object a page', `${widgets}?limit=1`),
      names('the first page', 'limit=3', 'page'),
      names('the second page', 'limit=3&continue={{page.metadata.continue}}', 'second'),
      names('the last page', 'limit=3&continue={{second.metadata.continue}}'),
      names('a limit that equals the number', 'limit=7'),
      names('the rest without a limit', 'continue={{page.metadata.continue}}'),
      names('a page of those with a label', 'limit=2&labelSelector=app%3Dweb'),
      names('a page of those with a field', 'limit=2&fieldSelector=metadata.name%21%3Dl0'),
      request('a page over all namespaces', '/api/v1/configmaps?limit=9', { view: 'names', keep: 'all' }),
      request('... and the next', '/api/v1/configmaps?limit=9&continue={{all.metadata.continue}}', { view: 'names' }),
    ],
  },
  {
    id: 'versions',
    title: 'Lists at a resource version',
    area: 'lists',
    steps: [
      ...filled,
      names('any version', 'resourceVersion=0'),
      names('any version with a limit', 'resourceVersion=0&limit=2'),
      now('now'),
      names('now', 'resourceVersion={{now.metadata.resourceVersion}}'),
      names('now with a limit', 'resourceVersion={{now.metadata.resourceVersion}}&limit=2'),
      names('not older than now', 'resourceVersion={{now.metadata.resourceVersion}}&resourceVersionMatch=NotOlderThan'),
      names(
        'not older than now with a limit',
        'resourceVersion={{now.metadata.resourceVersion}}&resourceVersionMatch=NotOlderThan&limit=2',
      ),
      names('not older than anything with a limit', 'resourceVersion=0&resourceVersionMatch=NotOlderThan&limit=2'),
      change(`${configMaps}/l0`, { data: { k: 'later' } }),
      request(
        'exactly before the last write',
        `${configMaps}?resourceVersion={{now.metadata.resourceVersion}}&resourceVersionMatch=Exact&labelSelector=n%3D0`,
      ),
      names(
        'exactly before the last write, a page',
        'resourceVersion={{now.metadata.resourceVersion}}&resourceVersionMatch=Exact&limit=2',
        'past',
      ),
      names('... and the next page', 'limit=2&continue={{past.metadata.continue}}'),
      names('before the last write or later', 'resourceVersion={{now.metadata.resourceVersion}}'),
      request('in the future', `${configMaps}?resourceVersion={{now.metadata.resourceVersion+100000}}`, future),
      request(
        'not older than the future',
        `${configMaps}?resourceVersion={{now.metadata.resourceVersion+100000}}&resourceVersionMatch=NotOlderThan`,
        future,
      ),
      request(
        'exactly in the future',
        `${configMaps}?resourceVersion={{now.metadata.resourceVersion+100000}}&resourceVersionMatch=Exact`,
        future,
      ),
      request(
        'custom objects in the future',
        `${widgets}?resourceVersion={{now.metadata.resourceVersion+100000}}`,
        future,
      ),
      request(
        'one object in the future',
        `${configMaps}/l0?resourceVersion={{now.metadata.resourceVersion+100000}}`,
        future,
      ),
      request('one object at any version', `${configMaps}/l0?resourceVersion=0`),
      request('no object at any version', `${configMaps}/absent?resourceVersion=0`),
    ],
  },
  {
    id: 'refused-lists',
    title: 'Lists that are refused, and oddities',
    area: 'errors',
    steps: [
      ...filled,
      prepare(`${configMaps}?limit=3`, { keep: 'page' }),
      ...refusals.map(([title, query]) => names(title, query)),
      request('a field of custom objects that cannot be selected by', `${widgets}?fieldSelector=spec.size%3D1`),
      request('a field of pods that cannot be selected by', '/api/v1/pods?fieldSelector=spec.foo%3D1'),
    ],
  },
  {
    id: 'selectors',
    title: 'Selectors',
    area: 'lists',
    steps: [
      ...filled,
      ...selectors.map(([title, query]) => names(title, query)),
      request('a field that the definition names', `${widgets}?fieldSelector=spec.color%3Dgreen`, { view: 'names' }),
      request(
        'a namespace and a name over all namespaces',
        '/api/v1/configmaps?fieldSelector=metadata.namespace%3Dteam-b,metadata.name%3Dl1',
        { view: 'names' },
      ),
    ],
  },
  {
    id: 'forms',
    title: 'Forms of an answer',
    area: 'lists',
    steps: [
      ...filled,
      request('only the metadata of a list', `${configMaps}?limit=2`, { accept: partialList }),
      request('only the metadata of custom objects', `${widgets}?limit=2`, {
        accept: `${partialList},application/json`,
      }),
      request('only the metadata of one object', `${configMaps}/l0`, { accept: partialObject }),
      request('a list of metadata, of one object', `${configMaps}/l0`, { accept: partialList }),
      request('metadata of one object, of a list', configMaps, { accept: partialObject }),
      request('a table', `${widgets}?limit=2`, { accept: tableForm }),
      request('a table without objects', `${widgets}?limit=2&includeObject=None`, { accept: tableForm }),
      request('a form of an unknown version', configMaps, {
        accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v9',
      }),
      request('a form of an unknown version, or JSON', `${configMaps}?limit=1`, {
        accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v9,application/json',
      }),
      request('protobuf', `${configMaps}?limit=1`, { accept: protobuf, view: 'presence' }),
      request('protobuf of custom objects', `${widgets}?limit=1`, { accept: protobuf, view: 'presence' }),
      request('protobuf of custom objects, or JSON', `${widgets}?limit=1`, { accept: `${protobuf},application/json` }),
      request('CBOR', `${configMaps}?limit=1`, { accept: 'application/cbor' }),
      request('CBOR, or JSON', `${configMaps}?limit=1`, { accept: 'application/cbor,application/json' }),
      request('YAML', `${configMaps}/l0`, { accept: 'application/yaml', view: 'presence' }),
      request('no wish', `${configMaps}/l0`, { accept: null }),
      request('any form', `${configMaps}/l0`, { accept: '*/*' }),
      request('a failure in protobuf', `${configMaps}/absent`, { accept: protobuf, view: 'presence' }),
      request('indented', `${configMaps}/l0?pretty=true`),
      request('the head alone', `${configMaps}/l0`, { method: 'HEAD' }),
      request('the options', configMaps, { method: 'OPTIONS' }),
      ...Array.from({ length: 50 }, (_, index) =>
        prepare('/api/v1/namespaces/big/configmaps', {
          body: configMap(`g${index}`, { data: { k: 'x'.repeat(3000) } }),
        }),
      ),
      ...(
        [
          ['a large list, compressed', '', 'gzip'],
          ['a small list is not compressed', '?limit=1&labelSelector=none', 'gzip'],
          ['a large list, among other encodings', '', 'gzip, deflate, br'],
          ['a large list, gzip ruled out', '', 'gzip;q=0'],
          ['a large list, no encoding named', '', undefined],
        ] as const
      ).map(([title, query, encoding]) =>
        request(title, `/api/v1/namespaces/big/configmaps${query}`, {
          view: 'presence',
          ...(encoding !== undefined && { headers: { 'Accept-Encoding': encoding } }),
        }),
      ),
      request('over HTTP/2', `${configMaps}?limit=1&labelSelector=none`, { http2: true }),
    ],
  },
];
