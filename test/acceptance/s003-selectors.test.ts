import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KubeObject, Status } from '../../src/index.ts';
import { pod, type Rig, rig, watchPods } from './s003-rig.ts';

const indexes = [
  { name: 'byNode', path: 'spec.nodeName' },
  { name: 'byPhase', path: '.status.phase' },
];

function serve(objects: readonly ReturnType<typeof pod>[]): Promise<Rig> {
  return rig({ config: { watches: [{ ...watchPods, indexes }] }, seed: (server) => void server.seed(objects) });
}

const fields = (selector: string) => `/cache/api/v1/pods?fieldSelector=${encodeURIComponent(selector)}`;
const labels = (selector: string) => `/cache/api/v1/pods?labelSelector=${encodeURIComponent(selector)}`;

describe('field selectors', () => {
  test('S003-28: take any path, with or without a dot before it, and all of their terms must hold', async () => {
    await using world = await serve([
      pod('a', { spec: { nodeName: 'n1' }, status: { phase: 'Running' } }),
      pod('b', { spec: { nodeName: 'n1' }, status: { phase: 'Failed' } }),
      pod('c', { spec: { nodeName: 'n2' }, status: { phase: 'Failed' } }),
      pod('d', {}),
    ]);
    expect(await world.names(fields('spec.nodeName=n1'))).toEqual(['a', 'b']);
    expect(await world.names(fields('.spec.nodeName==n1,.status.phase!=Running'))).toEqual(['b']);
    // What is absent is the empty text, as in Kubernetes.
    expect(await world.names(fields('spec.nodeName='))).toEqual(['d']);
    expect(await world.names(fields('status.phase!=Failed'))).toEqual(['a', 'd']);
    expect(await world.names(fields('spec.nodeName=n1,status.phase=Pending'))).toEqual([]);
  });

  test.each([
    ['spec.replicas>1', ['b', 'c']],
    ['spec.replicas>=1,spec.replicas<3', ['a', 'b']],
    ['spec.replicas<=1', ['a']],
    ['status.phase in (Failed,Unknown)', ['b', 'c']],
    ['status.phase notin (Failed)', ['a', 'c', 'd']],
    ['spec.replicas in (1, 3)', ['a', 'c']],
    ['spec.replicas', ['a', 'b', 'c']],
    ['!status.phase', ['d']],
    ['.spec.nodeName=="n,1", status.phase!=Failed', ['c']],
    ['spec.nodeName=n1', ['a']],
    ['spec.since>2026-01-01T00:00:00Z', ['b']],
    ['spec.list', ['d']],
  ])('S003-28: x-where=%s selects %j', async (where, expected) => {
    await using world = await serve([
      pod('a', { spec: { replicas: 1, nodeName: 'n1', since: '2025-12-31T00:00:00Z' }, status: { phase: 'Running' } }),
      pod('b', { spec: { replicas: 2, nodeName: 'n2', since: '2026-01-02T00:00:00Z' }, status: { phase: 'Failed' } }),
      pod('c', { spec: { replicas: 3, nodeName: 'n,1' }, status: { phase: 'Unknown' } }),
      pod('d', { spec: { list: [] } }),
    ]);
    expect(await world.names(`/cache/api/v1/pods?x-where=${encodeURIComponent(where)}`)).toEqual(expected);
  });

  test('S003-28: what is more than a field selector is no field selector, and what is no condition is 400', async () => {
    await using world = await serve([]);
    expect((await world.get(fields('spec.replicas>1'))).status).toBe(400);
    for (const where of ['a b', 'in (a)', ',', 'a=1,']) {
      const { status, body } = await world.get<Status>(`/cache/api/v1/pods?x-where=${encodeURIComponent(where)}`);
      expect([where, status, body.details?.causes?.[0]?.field]).toEqual([where, 400, 'x-where']);
    }
    expect((await world.get<Status>('/cache/api/v1/pods?x-were=a')).body.message).toContain('x-were: is not known');
  });

  test.each([
    ['spec.priority=3', ['number']],
    ['spec.priority="3"', ['text']],
    ['spec.priority=true', ['boolean']],
    ['spec.priority="true"', ['word']],
    ['spec.priority=03', []],
    ['spec.priority!=3', ['absent', 'boolean', 'text', 'word']],
    ['metadata.name=3', ['3']],
  ])('S003-29: %s selects %j', async (selector, expected) => {
    await using world = await serve([
      pod('number', { spec: { priority: 3 } }),
      pod('text', { spec: { priority: '3' } }),
      pod('boolean', { spec: { priority: true } }),
      pod('word', { spec: { priority: 'true' } }),
      pod('absent'),
      ...(selector.startsWith('metadata') ? [pod('3')] : []),
    ]);
    expect(await world.names(fields(selector))).toEqual(expected);
  });

  test('S003-29: an object or a list at the path is 400, and says which path', async () => {
    await using world = await serve([pod('a', { spec: { containers: [{ name: 'c' }], affinity: {} } })]);
    for (const [path, what] of [
      ['spec.containers', 'a list'],
      ['spec.affinity', 'an object'],
    ] as const) {
      const { status, body } = await world.get<Status>(fields(`${path}=x`));
      expect(status).toBe(400);
      expect(body).toMatchObject({
        reason: 'BadRequest',
        details: { causes: [{ field: path, message: expect.stringContaining(what) }] },
      });
    }
  });

  test('S003-30: an index answers what a scan would, and is named', async () => {
    await using world = await serve([
      pod('a', { spec: { nodeName: 'n1', zone: 'n1' } }),
      pod('b', { spec: { nodeName: 'n2', zone: 'n2' } }),
    ]);
    const indexed = await world.get(fields('spec.nodeName=n1'));
    const scanned = await world.get(fields('spec.zone=n1'));
    expect([indexed.headers.get('x-cache-index'), scanned.headers.get('x-cache-index')]).toEqual(['byNode', 'scan']);
    expect(indexed.body.items).toEqual(scanned.body.items);
    const none = await world.get(fields('spec.nodeName=nowhere,status.phase=Running'));
    expect(none.body.items).toEqual([]);
    expect(await world.names('/cache/api/v1/pods?x-index=byNode%3An2')).toEqual(['b']);
    expect((await world.get('/cache/api/v1/pods?x-index=byMoon%3An2')).status).toBe(400);
  });

  test('S003-30: a term over a path that is no selector is 400', async () => {
    await using world = await serve([]);
    const { status, body } = await world.get<Status>(fields('spec.nodeName'));
    expect(status).toBe(400);
    expect(body.details?.causes?.[0]).toMatchObject({ field: 'fieldSelector' });
  });
});

describe('label selectors', () => {
  test.each([
    ['app=web', ['a', 'b']],
    ['app==web,tier!=front', ['b']],
    ['app in (web,db)', ['a', 'b', 'c']],
    ['app notin (web)', ['c', 'd']],
    ['tier', ['a', 'c']],
    ['!tier', ['b', 'd']],
    ['tier!=front', ['b', 'c', 'd']],
    ['size>2', ['c']],
    ['size<3', ['a']],
    ['app=web,!tier', ['b']],
    ['app=', []],
  ])('S003-31: %s selects %j', async (selector, expected) => {
    await using world = await serve([
      pod('a', { labels: { app: 'web', tier: 'front', size: '2' } }),
      pod('b', { labels: { app: 'web' } }),
      pod('c', { labels: { app: 'db', tier: 'back', size: '3' } }),
      pod('d'),
    ]);
    expect(await world.names(labels(selector))).toEqual(expected);
  });

  test('S003-31: one that does not parse is 400, with the place of the fault', async () => {
    await using world = await serve([]);
    const { status, body } = await world.get<Status>(labels('app in web'));
    expect(status).toBe(400);
    expect(body.message).toMatch(/position 7/);
    expect(body.details?.causes).toEqual([expect.objectContaining({ field: 'labelSelector' })]);
  });
});

describe('lists', () => {
  test('S003-32: are of one namespace, filtered by fields and labels, limited, and typed: the list and each of its items', async () => {
    const one = (name: string, namespace: string, app: string, nodeName: string) =>
      pod(name, { namespace, labels: { app }, spec: { nodeName } });
    await using world = await serve([
      one('a', 'web', 'x', 'n1'),
      one('b', 'web', 'x', 'n1'),
      one('c', 'web', 'x', 'n1'),
      one('d', 'web', 'y', 'n1'),
      one('e', 'web', 'x', 'n2'),
      one('f', 'db', 'x', 'n1'),
    ]);
    const question = '/cache/api/v1/namespaces/web/pods?fieldSelector=spec.nodeName%3Dn1&labelSelector=app%3Dx';
    expect(await world.names(question)).toEqual(['a', 'b', 'c']);
    const { body } = await world.get(`${question}&limit=2`);
    expect(body).toMatchObject({ kind: 'PodList', apiVersion: 'v1', metadata: { remainingItemCount: 1 } });
    expect(body.items.map(({ kind, apiVersion, metadata }) => [kind, apiVersion, metadata.name])).toEqual([
      ['Pod', 'v1', 'a'],
      ['Pod', 'v1', 'b'],
    ]);
  });
});

describe('combined conditions', () => {
  const some = <T>(...values: T[]) => fc.constantFrom(...values);
  const object = fc.record({
    namespace: some('web', 'db', 'ops'),
    app: some('a', 'b', undefined),
    node: some('n1', 'n2', 'n3', undefined),
    phase: some('Running', 'Failed', undefined),
    owner: some('u1', 'u2', undefined),
  });
  const question = fc.record({
    namespace: some('web', 'db', 'nowhere', undefined),
    app: some('a', 'b', 'c', undefined),
    node: some('n1', 'n2', 'n9', undefined),
    notPhase: some('Running', undefined),
    owner: some('u1', 'u3', undefined),
  });

  test('S003-34: namespace, labels, fields and owner together select what each of them does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(object, { maxLength: 30 }),
        fc.array(question, { minLength: 5, maxLength: 5 }),
        async (objects, questions) => {
          const pods = objects.map(({ namespace, app, node, phase, owner }, at) => {
            const made = pod(`p${String(at).padStart(2, '0')}`, {
              namespace,
              ...(app && { labels: { app } }),
              ...(node && { spec: { nodeName: node } }),
              ...(phase && { status: { phase } }),
            });
            const owners = [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: owner! }];
            return owner ? { ...made, metadata: { ...made.metadata, ownerReferences: owners } } : made;
          });
          await using world = await serve(pods);
          for (const { namespace, app, node, notPhase, owner } of questions) {
            const expected = objects.flatMap((each, at) => {
              const fits =
                (!namespace || each.namespace === namespace) &&
                (!app || each.app === app) &&
                (!node || each.node === node) &&
                (!notPhase || each.phase !== notPhase) &&
                (!owner || each.owner === owner);
              return fits ? [`p${String(at).padStart(2, '0')}`] : [];
            });
            const terms = [node && `spec.nodeName=${node}`, notPhase && `status.phase!=${notPhase}`].filter(Boolean);
            const params = new URLSearchParams({
              ...(app && { labelSelector: `app=${app}` }),
              ...(terms.length > 0 && { fieldSelector: terms.join(',') }),
              ...(owner && { 'x-owner': owner }),
            });
            const { body } = await world.get(
              `/cache/api/v1/${namespace ? `namespaces/${namespace}/` : ''}pods?${params}`,
            );
            expect(body.items.map(({ metadata }) => metadata.name).sort()).toEqual(expected);
            const keys = body.items.map(({ metadata }: KubeObject) => `${metadata.namespace}/${metadata.name}`);
            expect(keys).toEqual([...keys].sort());
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test('S003-34: the search begins with the smallest index', async () => {
    await using world = await serve([
      ...Array.from({ length: 20 }, (_, at) =>
        pod(`w${at}`, { spec: { nodeName: 'n1' }, status: { phase: at === 0 ? 'Failed' : 'Running' } }),
      ),
      pod('x', { namespace: 'db', spec: { nodeName: 'n1' } }),
    ]);
    const begins = async (path: string) => (await world.get(path)).headers.get('x-cache-index');
    expect(await begins(fields('spec.nodeName=n1,status.phase=Failed'))).toBe('byPhase');
    expect(await begins('/cache/api/v1/namespaces/db/pods?fieldSelector=spec.nodeName%3Dn1')).toBe('namespace');
  });
});
