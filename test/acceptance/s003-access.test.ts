import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { describe, expect, test } from 'vitest';
import type { KubeObject, Status } from '../../src/index.ts';
import { ApiServer, FakeClock } from '../../src/testing/index.ts';
import { createWatcher } from '../../src/watcher/index.ts';
import { until } from './s000-world.ts';
import { pod, rig, watchPods } from './s003-rig.ts';

const secretToken = 'a-token-that-is-long-enough';
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const pods = '/cache/api/v1/namespaces/web/pods';

describe('static tokens', () => {
  const auth = { type: 'token' as const, tokens: [{ name: 'ci', token: secretToken }] };

  test('S003-59: let in whoever has one, and nobody else; probes need none', async () => {
    await using world = await rig({ config: { server: { auth }, watches: [watchPods] } });
    expect((await world.get(pods, bearer(secretToken))).status).toBe(200);
    for (const headers of [{}, bearer(`${secretToken}x`), { authorization: `Basic ${secretToken}` }]) {
      const { status, body } = await world.get<Status>(pods, headers as Record<string, string>);
      expect([status, body.reason]).toEqual([401, 'Unauthorized']);
    }
    expect((await world.get('/cache/apis')).status).toBe(401);
    expect((await world.get('/apis/watcher.kube-informer.dev/v1alpha1/watches')).status).toBe(401);
    expect((await world.get('/readyz?verbose')).status).toBe(401);
    expect((await world.get('/readyz')).status).toBe(200);
  });

  test('S003-59: an open address is refused without one, before anything listens', async () => {
    await expect(createWatcher({ server: { host: '0.0.0.0' } })).rejects.toThrow('type "none" is for loopback only');
  });
});

test('S003-59: without credentials only names of this machine are answered, so that no page reads by a name that was made to lead here', async () => {
  await using world = await rig({ config: { watches: [watchPods] } });
  const { port } = new URL(world.watcher.url);
  const statusOf = (path: string, host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const asked = httpRequest({ port, host: '127.0.0.1', path, headers: { host } }, (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode));
      });
      asked.on('error', reject).end();
    });
  for (const host of ['localhost', `127.0.0.1:${port}`, '[::1]:80', 'watcher.localhost']) {
    expect(await statusOf(pods, host)).toBe(200);
  }
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
  ]) {
    expect(await statusOf(pods, host)).toBe(403);
    expect(await statusOf('/metrics', host)).toBe(403);
    expect(await statusOf('/readyz', host)).toBe(200);
  }
});

/** An API server in front of another: it knows tokens and what their owners may do. */
async function reviewer(
  server: ApiServer,
  may = ({ user, resourceAttributes }: Spec) => user === 'alice' && resourceAttributes?.namespace === 'web',
) {
  const asked: string[] = [];
  const listener = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    if (request.method !== 'POST') {
      const { port } = new URL(server.url);
      const onward = httpRequest({ port, host: '127.0.0.1', path: request.url, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      });
      response.on('close', () => onward.destroy());
      onward.on('error', () => response.destroy());
      onward.end();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { kind, spec } = JSON.parse(Buffer.concat(chunks).toString()) as { kind: string; spec: Spec };
    const name = spec.token?.replace('token-of-', '');
    const status =
      kind === 'TokenReview'
        ? name === 'nobody'
          ? { authenticated: false }
          : { authenticated: true, user: { username: name, groups: ['devs'] } }
        : { allowed: may(spec) };
    asked.push(
      kind === 'TokenReview'
        ? `who is ${name}`
        : spec.nonResourceAttributes
          ? `may ${spec.user} ${spec.nonResourceAttributes.verb} ${spec.nonResourceAttributes.path}`
          : `may ${spec.user} ${spec.resourceAttributes!.verb} in ${spec.resourceAttributes!.namespace ?? '*'}`,
    );
    response.writeHead(201, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ kind, status }));
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  return {
    asked,
    cluster: {
      getCurrentCluster: () => ({ name: 'reviewer', server: url }),
      applyToHTTPSOptions: async () => undefined,
    },
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        listener.close(() => resolve());
        listener.closeAllConnections();
      }),
  };
}

interface Spec {
  readonly token?: string;
  readonly user?: string;
  readonly resourceAttributes?: {
    readonly verb: string;
    readonly group: string;
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
  };
  readonly nonResourceAttributes?: { readonly verb: string; readonly path: string };
}

describe('tokens of the cluster', () => {
  test('S003-59: let each see what the API server would let them see, and the server is asked once in a while', async () => {
    const clock = new FakeClock();
    await using server = await ApiServer.start({ clock });
    server.create(pod('a'));
    await using front = await reviewer(server);
    await using watcher = await createWatcher(
      { server: { port: 0, auth: { type: 'tokenReview', cacheSeconds: 10 } }, watches: [watchPods] },
      { cluster: front.cluster, clock },
    );
    await watcher.ready();
    const get = async (path: string, name?: string) => {
      const response = await fetch(`${watcher.url}${path}`, { headers: name ? bearer(`token-of-${name}`) : {} });
      return { status: response.status, body: (await response.json()) as Status };
    };
    expect((await get(pods)).status).toBe(401);
    expect((await get(pods, 'nobody')).status).toBe(401);
    expect((await get(pods, 'alice')).status).toBe(200);
    expect((await get(`${pods}/a`, 'alice')).status).toBe(200);
    const everywhere = await get('/cache/api/v1/pods', 'alice');
    expect(everywhere.status).toBe(403);
    expect(everywhere.body.message).toBe(
      'pods is forbidden: User "alice" cannot list resource "pods" at the cluster scope',
    );
    const bob = await get(`${pods}?watch=1`, 'bob');
    expect(bob.body.message).toContain('User "bob" cannot watch resource "pods" in the namespace "web"');

    const watches = '/apis/watcher.kube-informer.dev/v1alpha1/watches';
    expect((await get(watches, 'alice')).body.message).toBe(
      'watches.watcher.kube-informer.dev is forbidden: User "alice" cannot list resource "watches" at the cluster scope',
    );
    const headers = bearer('token-of-alice');
    expect((await fetch(`${watcher.url}${watches}`, { method: 'POST', body: '{}', headers })).status).toBe(403);
    expect((await fetch(`${watcher.url}${watches}/pods`, { method: 'DELETE', headers })).status).toBe(403);
    expect((await get(watches.replace('/apis', '/%61pis'), 'alice')).status).toBe(403);
    expect(front.asked).toContain('may alice delete in *');

    const soFar = [...front.asked];
    expect(soFar).toContain('may alice list in web');
    expect(soFar).toContain('may alice get in web');
    await get(pods, 'alice');
    expect(front.asked).toEqual(soFar);
    await clock.advance(10_001);
    await get(pods, 'alice');
    expect(front.asked.slice(soFar.length)).toEqual(['who is alice', 'may alice list in web']);
  });

  test('S003-59: let those scrape who may get the path, as from the API server itself; probes and the description take a token alone', async () => {
    const clock = new FakeClock();
    await using server = await ApiServer.start({ clock });
    await using front = await reviewer(
      server,
      ({ user, nonResourceAttributes }) => user === 'prometheus' && nonResourceAttributes?.path === '/metrics',
    );
    await using watcher = await createWatcher(
      { server: { port: 0, auth: { type: 'tokenReview' } }, watches: [watchPods] },
      { cluster: front.cluster, clock },
    );
    await watcher.ready();
    const get = async (path: string, name: string) => {
      const response = await fetch(`${watcher.url}${path}`, { headers: bearer(`token-of-${name}`) });
      return [response.status, await response.text()] as const;
    };
    const [refused, reason] = await get('/metrics', 'alice');
    expect(refused).toBe(403);
    expect(JSON.parse(reason)).toMatchObject({ message: 'forbidden: User "alice" cannot get path "/metrics"' });
    expect((await get('/%6Detrics', 'alice'))[0]).toBe(403);
    const [status, text] = await get('/metrics', 'prometheus');
    expect([status, text.includes('# TYPE ')]).toEqual([200, true]);
    expect(front.asked).toEqual([
      'who is alice',
      'may alice get /metrics',
      'who is prometheus',
      'may prometheus get /metrics',
    ]);
    for (const path of ['/openapi.json', '/readyz?verbose']) expect((await get(path, 'alice'))[0]).toBe(200);
  });

  test('S003-59: have others told by subscriptions of no more than they may watch, and write what they may write', async () => {
    const clock = new FakeClock();
    await using server = await ApiServer.start({ clock });
    // Both may write subscriptions; alice may watch the pods of one namespace. Bob may not resume.
    await using front = await reviewer(server, ({ user, resourceAttributes }) => {
      const { group, resource, subresource, verb, namespace } = resourceAttributes!;
      if (group === 'watcher.kube-informer.dev') return user === 'alice' || subresource !== 'resume';
      return user === 'alice' && verb === 'watch' && resource === 'pods' && namespace === 'web';
    });
    await using watcher = await createWatcher(
      { server: { port: 0, auth: { type: 'tokenReview' } }, watches: [watchPods] },
      { cluster: front.cluster, clock },
    );
    await watcher.ready();
    const subscriptions = '/apis/watcher.kube-informer.dev/v1alpha1/subscriptions';
    const send = async (name: string, method: string, path: string, body?: object) => {
      const init = { method, headers: bearer(`token-of-${name}`), ...(body && { body: JSON.stringify(body) }) };
      const response = await fetch(`${watcher.url}${path}`, init);
      return { status: response.status, body: (await response.json()) as Status };
    };
    const about = (namespaces: string[] | '*', kind = 'Pod') => ({
      apiVersion: 'watcher.kube-informer.dev/v1alpha1',
      kind: 'Subscription',
      metadata: { name: 'a' },
      spec: {
        match: { target: { version: 'v1', kind }, namespaces },
        sinks: [{ type: 'webhook', url: 'https://hooks.example' }],
      },
    });
    for (const [who, body] of [
      ['bob', about(['web'])],
      ['alice', about('*')],
      ['alice', about(['web', 'other'])],
      ['alice', about(['web'], 'Node')],
      ['alice', about(['web'], 'NotThereYet')],
    ] as const) {
      const { status, body: refused } = await send(who, 'POST', subscriptions, body);
      expect([status, refused.reason]).toEqual([403, 'Forbidden']);
    }
    expect(watcher.subscriptions()).toEqual([]);
    expect((await send('alice', 'POST', subscriptions, about(['web']))).status).toBe(201);
    const wider = await send('alice', 'PUT', `${subscriptions}/a`, about('*'));
    expect(wider.body.message).toContain('User "alice" cannot watch resource "pods" at the cluster scope');
    expect((await send('bob', 'PUT', `${subscriptions}/a`, about(['web']))).status).toBe(403);
    expect((await send('bob', 'POST', `${subscriptions}/a/pause`)).status).toBe(200);
    const resume = await send('bob', 'POST', `${subscriptions}/a/resume`);
    expect(resume.body.message).toContain('User "bob" cannot create resource "subscriptions/resume"');
  });

  test('S003-59: see of relations only what they may list, kind by kind, and follow only what they may watch', async () => {
    const clock = new FakeClock();
    await using server = await ApiServer.start({ clock });
    const apps = (kind: string, name: string, owner?: { kind: string; name: string; uid: string }) =>
      server.create({
        apiVersion: 'apps/v1',
        kind,
        metadata: {
          name,
          namespace: 'web',
          ...(owner && { ownerReferences: [{ apiVersion: 'apps/v1', controller: true, ...owner }] }),
        },
        spec: { selector: { matchLabels: { app: 'shop' } }, template: { metadata: { labels: { app: 'shop' } } } },
      });
    const { uid } = apps('Deployment', 'shop').metadata;
    const owner = apps('ReplicaSet', 'shop-1', { kind: 'Deployment', name: 'shop', uid }).metadata;
    const reference = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'shop-1', uid: owner.uid, controller: true };
    const made = pod('shop-1-a');
    server.create({ ...made, metadata: { ...made.metadata, ownerReferences: [reference] } });
    // Alice may list everything in one namespace, and bob everything there but pods; neither may watch.
    await using front = await reviewer(server, ({ user, resourceAttributes }) => {
      const { group, resource, verb, namespace } = resourceAttributes!;
      if (group === 'watcher.kube-informer.dev') return true;
      return verb === 'list' && namespace === 'web' && (user === 'alice' || resource !== 'pods');
    });
    await using watcher = await createWatcher(
      { server: { port: 0, auth: { type: 'tokenReview' } }, watches: [watchPods] },
      { cluster: front.cluster, clock },
    );
    await watcher.ready();
    const get = async (name: string, path: string) => {
      const url = `${watcher.url}/apis/watcher.kube-informer.dev/v1alpha1/relations/${path}`;
      const response = await fetch(url, { headers: bearer(`token-of-${name}`) });
      const text = await response.text();
      return { status: response.status, text, body: JSON.parse(text) as Status & { versions: object } };
    };
    const root = 'root=apps/v1/namespaces/web/deployments/shop';
    const seen = await get('alice', `deployment-tree?${root}`);
    expect([seen.status, seen.text.includes('shop-1-a')]).toEqual([200, true]);
    const refused = await get('bob', `deployment-tree?${root}`);
    expect(refused.status).toBe(403);
    expect(refused.body.message).toContain('User "bob" cannot list resource "pods" in the namespace "web"');
    const followed = await get('alice', `deployment-tree?watch=1&${root}`);
    expect(followed.body.message).toContain('User "alice" cannot watch resource');
    const elsewhere = await get('alice', 'pvc-pv?root=v1/persistentvolumes/a');
    expect(elsewhere.body.message).toContain('at the cluster scope');
    // Whatever kinds are cached, an owner's are those that one may see.
    const all = await get('alice', `owned?${root}`);
    expect([Object.keys(all.body.versions).sort(), all.text.includes('shop-1-a')]).toEqual([
      ['apps/v1/deployments', 'apps/v1/replicasets', 'v1/pods'],
      true,
    ]);
    const some = await get('bob', `owned?${root}`);
    expect([some.status, some.text.includes('shop-1"'), some.text.includes('shop-1-a')]).toEqual([200, true, false]);
    expect((await get('bob', 'owners?root=v1/namespaces/web/pods/shop-1-a')).status).toBe(403);
  });

  test('S003-59: watch the resources of the service only if they may, however the parameter is written', async () => {
    await using server = await ApiServer.start();
    await using front = await reviewer(server, ({ resourceAttributes }) => resourceAttributes!.verb === 'list');
    await using watcher = await createWatcher(
      { server: { port: 0, auth: { type: 'tokenReview' } } },
      { cluster: front.cluster },
    );
    const ending = new AbortController();
    const statusOf = async (path: string) => {
      const url = `${watcher.url}/apis/watcher.kube-informer.dev/v1alpha1/${path}`;
      return (await fetch(url, { headers: bearer('token-of-alice'), signal: ending.signal })).status;
    };
    for (const resource of ['watches', 'subscriptions', 'discovery'])
      for (const [query, status] of [
        ['watch=0', 200],
        ['watch=1', 403],
        ['%77atch=1', 403],
        ['%77atch=1&watch=0', 403],
        ['watch=0&%77atch=1', 200],
      ] as const)
        expect([query, await statusOf(`${resource}?${query}`)]).toEqual([query, status]);
    ending.abort();
  });

  test('S003-59: let nobody in while the API server can not be asked', async () => {
    const clock = new FakeClock();
    await using server = await ApiServer.start({ clock });
    await using watcher = await createWatcher(
      { server: { port: 0, auth: { type: 'tokenReview' } } },
      { cluster: server.kubeConfig(), clock },
    );
    const response = await fetch(`${watcher.url}${pods}`, { headers: bearer(secretToken) });
    expect(response.status).toBe(503);
    expect(await response.text()).not.toContain(secretToken);
  });
});

describe('client certificates', () => {
  test('S003-59: let in those that the authority signed and the list names', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'watcher-tls-'));
    try {
      const authority = await generate([{ name: 'commonName', value: 'authority' }], {
        extensions: [{ name: 'basicConstraints', cA: true }],
      });
      const signed = (name: string) =>
        generate([{ name: 'commonName', value: name }], {
          ca: { key: authority.private, cert: authority.cert },
          extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
        });
      const [own, alice, bob] = await Promise.all([signed('watcher'), signed('alice'), signed('bob')]);
      const file = async (name: string, content: string) => {
        await writeFile(join(directory, name), content);
        return join(directory, name);
      };
      const tls = {
        certFile: await file('tls.crt', own.cert),
        keyFile: await file('tls.key', own.private),
        clientCaFile: await file('ca.crt', authority.cert),
      };
      await using world = await rig({
        config: { server: { tls, auth: { type: 'mtls', users: ['alice'] } }, watches: [watchPods] },
      });
      const get = (client?: { cert: string; private: string }) =>
        new Promise<number | string>((resolve) => {
          const options = {
            ca: authority.cert,
            agent: false as const,
            ...(client && { cert: client.cert, key: client.private }),
          };
          httpsRequest(`${world.watcher.url}${pods}`, options, (response) => {
            response.resume();
            resolve(response.statusCode!);
          })
            .on('error', () => resolve('refused'))
            .end();
        });
      expect(await get(alice)).toBe(200);
      expect(await get(bob)).toBe(401);
      expect(await get()).toBe('refused');
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe('Secrets', () => {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'a',
      namespace: 'web',
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"key":"aHVudGVyMg=="}}',
        kept: 'yes',
      },
    },
    data: { key: 'aHVudGVyMg==' },
  };
  const path = '/cache/api/v1/namespaces/web/secrets/a';

  test('S003-59: are served without their values when they are to be redacted, wherever a value may hide', async () => {
    await using world = await rig({ config: { secrets: 'redacted' }, seed: (server) => void server.create(secret) });
    const { body } = await world.get<KubeObject & { data: object }>(path);
    expect(body.data).toEqual({ key: '' });
    expect(body.metadata.annotations).toEqual({ kept: 'yes' });
    const reader = await world.watch('/cache/api/v1/secrets?watch=1');
    await until(() => reader.lines.length === 1);
    expect(JSON.stringify(reader.lines)).not.toContain('aHVudGVyMg');
    reader.stop();
  });

  test('S003-59: are served whole only when the configuration says so', async () => {
    await using world = await rig({ config: { secrets: 'full' }, seed: (server) => void server.create(secret) });
    expect((await world.get<typeof secret>(path)).body.data).toEqual(secret.data);
  });
});

describe('limits', () => {
  test('S003-59: too many watches, a URL that is too long, and writing are refused with a Status', async () => {
    await using world = await rig({
      config: { server: { limits: { maxWatches: 1, maxUrlLength: 300 } }, watches: [watchPods] },
    });
    const reader = await world.watch(`${pods}?watch=1`);
    expect((await world.get<Status>(`${pods}?watch=1`)).body).toMatchObject({
      kind: 'Status',
      code: 429,
      reason: 'TooManyRequests',
    });
    // All that go on count together, also those of the service's own resources.
    const own = `${world.watcher.url}/apis/watcher.kube-informer.dev/v1alpha1`;
    for (const resource of ['discovery', 'watches', 'subscriptions', 'relations/owned'])
      expect([resource, (await fetch(`${own}/${resource}?watch=1&root=v1/nodes/n1`)).status]).toEqual([resource, 429]);
    reader.stop();
    expect((await world.get(`${pods}?labelSelector=${'a'.repeat(300)}`)).status).toBe(414);
    const written = await fetch(`${world.watcher.url}${pods}`, { method: 'POST', body: '{}' });
    expect([written.status, ((await written.json()) as Status).reason]).toEqual([405, 'MethodNotAllowed']);
  });
});
