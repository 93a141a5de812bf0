import { mergePatch, prepare, request, type Section } from '../model.ts';
import { change, configMap, configMaps, definesWidgets, group, podsPath, widget, widgets } from './shared.ts';

const noUid = '00000000-0000-0000-0000-000000000000';
const object = `${configMaps}/a`;
const bare = (metadata: object, rest: object = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata, ...rest });
const patch = (title: string, path: string, body: object) => request(title, path, mergePatch(path, body));
const jsonPatch = (title: string, body: object) =>
  request(title, object, { method: 'PATCH', body, contentType: 'application/json-patch+json' });
const put = (title: string, path: string, body: unknown) => request(title, path, { method: 'PUT', body });
const remove = (title: string, path: string, body?: object) =>
  request(title, path, { method: 'DELETE', ...(body && { body }) });
const apply = (title: string, query: string, k: string) =>
  request(title, `${configMaps}/applied${query}`, {
    method: 'PATCH',
    body: configMap('applied', { data: { k } }),
    contentType: 'application/apply-patch+yaml',
  });

export const writes: readonly Section[] = [
  {
    id: 'creation',
    title: 'Creating built-in objects',
    area: 'writes',
    steps: [
      request('an object', configMaps, { body: configMap('a', { labels: { app: 'x' } }) }),
      request('the same object again', configMaps, { body: configMap('a') }),
      request('a name to be generated', configMaps, { body: bare({ generateName: 'gen-' }) }),
      request('no name', configMaps, { body: bare({}) }),
      request('a name that is none', configMaps, { body: configMap('Bad_Name') }),
      request('a resource version in it', configMaps, { body: bare({ name: 'rv', resourceVersion: '1' }) }),
      request('another namespace in it', configMaps, { body: bare({ name: 'b', namespace: 'other' }) }),
      request('another kind in it', configMaps, {
        body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'b' } },
      }),
      request('no kind in it', configMaps, { body: { metadata: { name: 'nokind' } } }),
      request('broken JSON', configMaps, { body: '{"apiVersion":"v1",' }),
      request('a number where text must be', configMaps, { body: bare({ name: 'b' }, { data: { a: 1 } }) }),
      request('an unknown field', configMaps, { body: bare({ name: 'warned' }, { bogus: 1 }) }),
      request('an unknown field, strictly', `${configMaps}?fieldValidation=Strict`, {
        body: bare({ name: 'strict' }, { bogus: 1 }),
      }),
      request('an unknown field beside the spec', podsPath, {
        body: {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'beside' },
          spec: { containers: [{ name: 'c', image: 'i', resources: {} }] },
          bogus: 1,
        },
      }),
      request('a structure that is printed though it is empty', podsPath, {
        body: {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'z' },
          spec: { containers: [{ name: 'c', image: 'i' }] },
        },
      }),
      request('an unknown field deep inside', podsPath, {
        body: {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'deep' },
          spec: { containers: [{ name: 'c', image: 'i', resources: {}, bogus: 1 }], bogus: true },
        },
      }),
      request(
        'an unknown field in the spec of a Deployment, strictly',
        '/apis/apps/v1/namespaces/demo/deployments?fieldValidation=Strict',
        {
          body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: { bogus: 1 } },
        },
      ),
      request('a dry run', `${configMaps}?dryRun=All`, { body: configMap('dry') }),
      request('... leaves nothing', `${configMaps}/dry`),
      request('a content type that nobody reads', configMaps, { body: 'x', contentType: 'text/plain' }),
      request('a body over three mebibytes', configMaps, {
        body: configMap('big', { data: { k: 'x'.repeat(3 << 20) } }),
      }),
      request('a form of the answer that nobody writes', object, { accept: 'text/html' }),
      request('a method that collections do not have', configMaps, { method: 'PUT', body: configMap('a') }),
    ],
  },
  {
    id: 'changes',
    title: 'Changing built-in objects',
    area: 'writes',
    steps: [
      prepare(configMaps, { body: configMap('a', { labels: { app: 'x' } }) }),
      request('an object as it is', object, { keep: 'first' }),
      put('an old resource version', object, bare({ name: 'a', resourceVersion: '1' }, { data: { k: 'stale' } })),
      put('no resource version', object, configMap('a', { data: { k: 'v2' }, labels: { app: 'x' } })),
      prepare(object, { keep: 'current' }),
      put('nothing changed', object, '{{current}}'),
      put('another name in it', object, configMap('zzz')),
      put('another uid in it', object, bare({ name: 'a', uid: noUid })),
      put('an object that does not exist', `${configMaps}/absent`, configMap('absent')),
      patch('a merge patch', object, { data: { k: 'v3' } }),
      jsonPatch('a JSON patch', [{ op: 'replace', path: '/data/k', value: 'v4' }]),
      jsonPatch('a JSON patch whose test fails', [{ op: 'test', path: '/data/k', value: 'no' }]),
      patch('a merge patch with an old resource version', object, {
        metadata: { resourceVersion: '1' },
        data: { k: 'v5' },
      }),
      request('a patch of no known form', object, { method: 'PATCH', body: { data: {} } }),
      patch('a patch of an object that does not exist', `${configMaps}/absent`, { data: {} }),
      request('a strategic merge patch', object, {
        method: 'PATCH',
        body: { data: { other: 'x' } },
        contentType: 'application/strategic-merge-patch+json',
      }),
      apply('server-side apply of a new object', '?fieldManager=one', 'one'),
      apply('server-side apply of what belongs to another', '?fieldManager=two', 'two'),
      apply('server-side apply by force', '?fieldManager=two&force=true', 'two'),
      apply('server-side apply by nobody', '', 'two'),
    ],
  },
  {
    id: 'deletion',
    title: 'Deleting built-in objects',
    area: 'writes',
    steps: [
      prepare(configMaps, { body: configMap('a') }),
      remove('a precondition on the uid that fails', object, {
        kind: 'DeleteOptions',
        apiVersion: 'v1',
        preconditions: { uid: noUid },
      }),
      remove('a precondition on the resource version that fails', object, {
        kind: 'DeleteOptions',
        apiVersion: 'v1',
        preconditions: { resourceVersion: '1' },
      }),
      remove('an object', object),
      remove('an object that is gone', object),
      prepare(configMaps, { body: bare({ name: 'held', finalizers: ['transcripts.example.com/hold'] }) }),
      remove('an object with a finalizer', `${configMaps}/held`),
      patch('its finalizer taken away', `${configMaps}/held`, { metadata: { finalizers: null } }),
      request('... and it is gone', `${configMaps}/held`),
      prepare(configMaps, { body: configMap('foreground') }),
      remove('in the foreground', `${configMaps}/foreground?propagationPolicy=Foreground`),
      change(`${configMaps}/foreground`, { metadata: { finalizers: null } }),
      prepare(podsPath, {
        body: {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'p1' },
          spec: {
            nodeName: 'n1',
            terminationGracePeriodSeconds: 30,
            containers: [{ name: 'c', image: 'i', resources: {} }],
          },
        },
      }),
      remove('a pod on a node', `${podsPath}/p1`),
      remove('... without grace', `${podsPath}/p1?gracePeriodSeconds=0`),
      request('... and it is gone, too', `${podsPath}/p1`),
      ...['x', 'y', 'z'].map((name) => prepare(configMaps, { body: configMap(`c-${name}`, { labels: { c: '1' } }) })),
      remove('those that a selector selects', `${configMaps}?labelSelector=c%3D1`),
      remove('those that a selector selects, when there are none', `${configMaps}?labelSelector=c%3D1`),
    ],
  },
  {
    id: 'custom-writes',
    title: 'Writing custom objects',
    area: 'writes',
    steps: [
      ...definesWidgets,
      request('an object', widgets, { body: widget('w1') }),
      request('a number that the schema does not allow', widgets, { body: widget('w2', { size: 1000 }) }),
      request('a word that the schema does not allow', widgets, { body: widget('w2', { size: 1, color: 'pink' }) }),
      request('a text where the schema wants a number', widgets, { body: widget('w2', { size: 'large' }) }),
      request('a required field left out', widgets, { body: widget('w2', {}) }),
      request('an unknown field', widgets, { body: widget('w3', { size: 1, bogus: 1 }) }),
      request('an unknown field, strictly', `${widgets}?fieldValidation=Strict`, {
        body: widget('w4', { size: 1, bogus: 1 }),
      }),
      put('no resource version', `${widgets}/w1`, widget('w1', { size: 2 })),
      patch('the spec', `${widgets}/w1`, { spec: { size: 3 } }),
      patch('the labels', `${widgets}/w1`, { metadata: { labels: { a: 'b' } } }),
      patch('the status, where it may not be changed', `${widgets}/w1`, { status: { phase: 'Nope' } }),
      patch('the status', `${widgets}/w1/status`, { status: { phase: 'Ready' } }),
      request('a strategic merge patch', `${widgets}/w1`, {
        method: 'PATCH',
        body: { spec: { size: 4 } },
        contentType: 'application/strategic-merge-patch+json',
      }),
      request('its scale, without a number', `${widgets}/w1/scale`),
      change(`${widgets}/w1`, { spec: { replicas: 2 } }),
      request('its scale', `${widgets}/w1/scale`, { keep: 'scale' }),
      patch('its scale, changed', `${widgets}/w1/scale`, { spec: { replicas: 5 } }),
      put('its scale with an old resource version', `${widgets}/w1/scale`, '{{scale}}'),
      request('... as the object has it', `${widgets}/w1`),
      request('a subresource that does not exist', `${widgets}/w1/nope`),
      remove('the object gone', `${widgets}/w1`),
      remove('all of them', widgets),
      request('a rule in CEL that fails', widgets, { body: widget('w2', { size: 13 }) }),
      request('an object of another kind', widgets, {
        body: { apiVersion: `${group}/v1`, kind: 'Gadget', metadata: { name: 'g' } },
      }),
    ],
  },
];
