import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KubeObject, Status } from '../../src/index.ts';
import type { ApiServer } from '../../src/testing/index.ts';
import { customDefinition } from '../support/custom-definition.ts';
import { type KubeList, pod, type Rig, rig, upstream, watchPods } from './s003-rig.ts';

async function post<T = KubeList>(world: Rig, fields: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${world.watcher.url}/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof fields === 'string' ? fields : JSON.stringify(fields),
  });
  return { status: response.status, body: (await response.json()) as T };
}

const names = ({ items }: KubeList) => items.map(({ metadata }) => metadata.name);
const query = (fields: Record<string, string>) => `/query?${new URLSearchParams(fields)}`;

const owned = (kind: string, apiVersion: string, name: string, owner?: KubeObject) => ({
  apiVersion,
  kind,
  metadata: {
    name,
    namespace: 'web',
    ...(owner && {
      ownerReferences: [
        { apiVersion: owner.apiVersion!, kind: owner.kind!, name: owner.metadata.name, uid: owner.metadata.uid },
      ],
    }),
  },
});

describe('queries by kind', () => {
  test('S003-25: a kind and what determines an object give that object; less gives a list; no kind is 400', async () => {
    await using world = await rig({
      config: { watches: [watchPods] },
      seed: (server) => void server.seed([pod('a'), pod('a', { namespace: 'b' }), pod('c')]),
    });
    const one = await world.get<KubeObject>(query({ apiVersion: 'v1', kind: 'Pod', namespace: 'web', name: 'a' }));
    expect(one.body).toMatchObject({ kind: 'Pod', metadata: { name: 'a', namespace: 'web' } });
    expect(one.headers.get('x-cache')).toBe('hit');
    const byName = (await world.get(query({ kind: 'Pod', name: 'a' }))).body;
    expect(byName.items.map(({ metadata }) => metadata.namespace)).toEqual(['b', 'web']);
    expect(names((await world.get(query({ kind: 'Pod', namespace: 'web' }))).body)).toEqual(['a', 'c']);
    expect(names((await world.get(query({ kind: 'Pod', uid: one.body.metadata.uid }))).body)).toEqual(['a']);
    const missing = await world.get<Status>(query({ namespace: 'web' }));
    expect(missing.body).toMatchObject({ code: 400, details: { causes: [{ field: 'kind' }] } });
    expect((await world.get<Status>(query({ kind: 'Pood' }))).body).toMatchObject({ code: 404 });
    expect((await world.get<Status>(query({ kind: 'Pod', labels: 'a' }))).body).toMatchObject({ code: 400 });
    expect((await world.get<Status>(query({ kind: 'Pod', apiVersion: 'a/b/c' }))).body).toMatchObject({ code: 400 });
  });

  test('S003-25: a missing version is the preferred one', async () => {
    await using world = await rig({
      seed: (server) => void server.create(owned('Deployment', 'apps/v1', 'shop')),
    });
    const { body } = await world.get(query({ apiVersion: 'apps', kind: 'Deployment' }));
    expect([body.apiVersion, ...names(body)]).toEqual(['apps/v1', 'shop']);
  });

  test('S003-28: the body of a POST has the same fields, and values by path', async () => {
    await using world = await rig({
      config: { watches: [{ ...watchPods, indexes: [{ name: 'byNode', path: 'spec.nodeName' }] }] },
      seed: (server) =>
        void server.seed([
          pod('a', { labels: { app: 'x' }, spec: { nodeName: 'n1', priority: 3 } }),
          pod('b', { labels: { app: 'x' }, spec: { nodeName: 'n1', priority: 4 } }),
          pod('c', { labels: { app: 'y' }, spec: { nodeName: 'n2', priority: 3 } }),
        ]),
    });
    const pods = { apiVersion: 'v1', kind: 'Pod' };
    const found = async (fields: object) => names((await post(world, { ...pods, ...fields })).body);
    expect(await found({ fieldMatches: { 'spec.nodeName': 'n1' }, where: 'spec.priority>3' })).toEqual(['b']);
    expect(await found({ fieldMatches: { metadata: { labels: { app: 'x' } }, 'spec.priority': 3 } })).toEqual(['a']);
    expect(await found({ fieldMatches: { 'spec.priority': '3' } })).toEqual([]);
    expect(await found({ orderBy: 'spec.priority:desc', limit: 1 })).toEqual(['b']);
    const page = (await post(world, { ...pods, limit: 2 })).body;
    expect(await found({ limit: 2, continue: page.metadata.continue })).toEqual(['c']);
    const other = { ...pods, limit: 2, fieldMatches: { kind: 'Pod' }, continue: page.metadata.continue };
    expect((await post(world, other)).status).toBe(400);
    const refusals = [
      [{ ...pods, owners: 'x' }, 400],
      [{ ...pods, limit: {} }, 400],
      ['{', 400],
    ] as const;
    for (const [fields, status] of refusals) expect((await post<Status>(world, fields)).body.code).toBe(status);
    expect((await post<Status>(world, pods, { 'content-type': 'text/plain' })).body.code).toBe(415);
    const large = { ...pods, where: `a in (${'x,'.repeat(600_000)}x)` };
    expect((await post<Status>(world, large)).body.code).toBe(413);
  });

  test('S003-59: who may not list the kind is refused, by GET and by POST', async () => {
    await using world = await rig({
      config: {
        watches: [watchPods],
        server: { auth: { type: 'token', tokens: [{ name: 'me', token: 'a'.repeat(16) }] } },
      },
      waitUntilReady: false,
    });
    expect((await world.get<Status>(query({ kind: 'Pod' }))).body.code).toBe(401);
    expect((await post<Status>(world, { kind: 'Pod' })).body.code).toBe(401);
    const allowed = await post(world, { kind: 'Pod' }, { authorization: `Bearer ${'a'.repeat(16)}` });
    expect(allowed.body.kind).toBe('PodList');
  });

  const some = <T>(...values: T[]) => fc.constantFrom(...values);
  test('S003-34: values by path, annotations, names and an order together are what each of them is', async () => {
    const object = fc.record({
      node: some('n1', 'n2', undefined),
      at: some(1, 2, 3, undefined),
      note: some('a', 'b', undefined),
    });
    const question = fc.record({ node: some('n1', undefined), note: some('a', undefined), part: some('1', undefined) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(object, { maxLength: 20 }),
        fc.array(question, { minLength: 4, maxLength: 4 }),
        async (objects, questions) => {
          const made = objects.map(({ node, at, note }, index) => {
            const { metadata, ...rest } = pod(`p${index}`, { spec: { nodeName: node, priority: at } });
            return { ...rest, metadata: { ...metadata, ...(note && { annotations: { note } }) } };
          });
          await using world = await rig({ config: { watches: [watchPods] }, seed: (server) => void server.seed(made) });
          for (const { node, note, part } of questions) {
            const expected = objects
              .map((each, index) => ({ ...each, name: `p${index}` }))
              .filter((each) => !node || each.node === node)
              .filter((each) => !note || each.note !== note)
              .filter((each) => !part || each.name.includes(part))
              .sort((a, b) => (a.at ?? 9) - (b.at ?? 9) || (a.name < b.name ? -1 : 1));
            const { body } = await post(world, {
              kind: 'Pod',
              orderBy: 'spec.priority',
              ...(node && { fieldMatches: { spec: { nodeName: node } } }),
              ...(note && { annotationSelector: `note!=${note}` }),
              ...(part && { nameContains: part }),
            });
            expect(names(body)).toEqual(expected.map(({ name }) => name));
          }
        },
      ),
      { numRuns: 10 },
    );
  });
});

describe('several versions', () => {
  const widgets = customDefinition({ versions: ['v2', 'v1'] });

  test('S003-33: of any version are the objects of all that are cached, each once; of none cached, the preferred', async () => {
    await using world = await rig({
      seed: (server) => {
        server.create(widgets);
        server.seed(['a', 'b'].map((name) => owned('Widget', 'example.com/v2', name)));
      },
    });
    const any = query({ apiVersion: 'example.com/*', kind: 'Widget' });
    const first = await world.get(any);
    expect([first.body.apiVersion, ...names(first.body)]).toEqual(['example.com/v2', 'a', 'b']);
    const watched = () => world.watcher.kinds().map(({ key }) => key);
    expect(watched()).toEqual(['example.com/v2/widgets']);
    await world.get('/cache/apis/example.com/v1/widgets');
    expect(watched()).toHaveLength(2);
    const before = upstream(world.server, 'widgets').length;
    const merged = await world.get(any);
    expect(names(merged.body)).toEqual(['a', 'b']);
    expect(merged.body.items.map(({ apiVersion }) => apiVersion)).toEqual(['example.com/v2', 'example.com/v2']);
    const one = await world.get<KubeObject>('/cache/apis/example.com/*/namespaces/web/widgets/a');
    expect(one.body.metadata.name).toBe('a');
    expect(upstream(world.server, 'widgets')).toHaveLength(before);
    expect((await world.get<Status>(`${any}&watch=1`)).body.code).toBe(400);
    expect((await world.get<Status>('/cache/apis/example.com/*/gadgets')).body.code).toBe(404);
  });
});

describe('owners over others', () => {
  /** A deployment with two replica sets with a pod each, and a pod of its own; others that are not its. */
  function seed(server: ApiServer): void {
    const make = (kind: string, apiVersion: string, name: string, owner?: KubeObject): KubeObject => {
      server.create(owned(kind, apiVersion, name, owner));
      return server.get<KubeObject>(`${kind.toLowerCase()}s`, 'web', name)!;
    };
    const shop = make('Deployment', 'apps/v1', 'shop');
    const other = make('Deployment', 'apps/v1', 'other');
    for (const [at, owner] of [shop, shop, other].entries()) {
      make('Pod', 'v1', `p${at}`, make('ReplicaSet', 'apps/v1', `r${at}`, owner));
    }
    make('Pod', 'v1', 'own', shop);
    make('Pod', 'v1', 'stray');
  }

  test('S003-33: x-ownerDepth goes over the kinds between, which are watched for it', async () => {
    await using world = await rig({ seed });
    const { uid } = world.server.get<KubeObject>('deployments', 'web', 'shop')!.metadata;
    const pods = (params: string) => world.names(`/cache/api/v1/pods?x-owner=${uid}${params}`);
    expect(await pods('')).toEqual(['own']);
    expect(await pods('&x-ownerDepth=2')).toEqual(['own', 'p0', 'p1']);
    expect(await pods('&x-ownerDepth=8')).toEqual(['own', 'p0', 'p1']);
    for (const wrong of ['x-owner=u&x-ownerDepth=9', 'x-ownerDepth=2', 'x-owner=u&x-ownerDepth=2&watch=1']) {
      expect((await world.get<Status>(`/cache/api/v1/pods?${wrong}`)).body.code).toBe(400);
    }
  });

  test('S003-33: x-ownerDepth is refused where a kind between may not be watched: the answer would lack objects', async () => {
    await using world = await rig({
      config: { onDemandWatch: { only: ['v1/Pod'] } },
      seed,
    });
    const { body } = await world.get<Status>('/cache/api/v1/pods?x-owner=d1&x-ownerDepth=2');
    expect(body).toMatchObject({ code: 404, message: expect.stringContaining('may not be on demand') });
  });
});

describe('packed answers', () => {
  test('S003-27: large lists are gzip for those who accept it, others as they are, and the same to their tags', async () => {
    await using world = await rig({
      config: { watches: [watchPods] },
      seed: (server) => void server.seed(Array.from({ length: 1_000 }, (_, at) => pod(`pod-${at}`))),
    });
    const ask = (path: string, headers: Record<string, string>) =>
      new Promise<{ headers: NodeJS.Dict<string | string[]>; status: number | undefined; body: Buffer }>(
        (resolve, reject) => {
          request(`${world.watcher.url}${path}`, { headers }, (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk) => chunks.push(chunk));
            response.on('end', () =>
              resolve({ headers: response.headers, status: response.statusCode, body: Buffer.concat(chunks) }),
            );
          })
            .on('error', reject)
            .end();
        },
      );
    const path = '/cache/api/v1/pods';
    const plain = await ask(path, {});
    const packed = await ask(path, { 'accept-encoding': 'br, gzip;q=0.5' });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(packed.body.length).toBeLessThan(plain.body.length / 2);
    expect(gunzipSync(packed.body).equals(plain.body)).toBe(true);
    expect(packed.headers.etag).toBe(`W/${plain.headers.etag}`);
    expect((await ask(path, { 'if-none-match': `"x", ${packed.headers.etag}` })).status).toBe(304);
    expect((await ask(path, { 'accept-encoding': 'gzip;q=0' })).headers['content-encoding']).toBeUndefined();
    const small = await ask(`${path}?limit=3`, { 'accept-encoding': 'gzip' });
    expect(small.headers['content-encoding']).toBeUndefined();
  });
});
