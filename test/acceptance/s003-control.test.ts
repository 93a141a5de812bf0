import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Status } from '../../src/index.ts';
import { settle } from '../../src/testing/index.ts';
import type { WatcherConfigInput } from '../../src/watcher/index.ts';
import { until } from './s000-world.ts';
import { pod, type Rig, rig, upstream, watchPods } from './s003-rig.ts';

const api = '/apis/watcher.kube-informer.dev/v1alpha1';
const subscriptions = `${api}/subscriptions`;

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Got {
  readonly authorization: string | undefined;
  readonly signature: string | undefined;
  readonly text: string;
}

/** A receiver; `answer` says with which status it answers. */
async function receiver(answer = { status: 204 }) {
  const got: Got[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { type, data } = JSON.parse(body);
    // What the service tells of itself is not what these tests are about.
    if (type.endsWith('.synced.v1')) return void response.writeHead(204).end();
    const { authorization, 'webhook-signature': signature } = request.headers;
    const text = data.object ? `${data.type} ${data.object.metadata.name}` : type;
    got.push({ authorization, signature: signature as string | undefined, text });
    response.writeHead(answer.status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    answer,
    got,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    text: () => got.map(({ text }) => text),
  };
}

interface View {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation: number;
  };
  readonly spec: {
    readonly match: { readonly labelSelector: string };
    readonly sinks: readonly { readonly url: string; readonly headers: object; readonly sign?: object }[];
  };
  readonly status: {
    readonly origin: string;
    readonly delivered: number;
    readonly deadLetters: number;
    readonly pendingObjects: number;
    readonly conditions: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
  };
}

function subscription(url: string, more: { name?: string; match?: object; sink?: object; spec?: object } = {}) {
  return {
    apiVersion: 'watcher.kube-informer.dev/v1alpha1',
    kind: 'Subscription',
    metadata: { name: more.name ?? 'pods' },
    spec: {
      match: { target: { version: 'v1', kind: 'Pod' }, ...more.match },
      sinks: [{ type: 'webhook', url, ...more.sink }],
      ...more.spec,
    },
  };
}

/** A request with a body; the answer parsed. */
function requests(world: Rig) {
  return async <T = View>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const response = await fetch(`${world.watcher.url}${path}`, init);
    const text = await response.text();
    return { status: response.status, body: JSON.parse(text) as T, text };
  };
}

const mergePatch = { 'content-type': 'application/merge-patch+json' };
const config: WatcherConfigInput = { watches: [watchPods], egress: { allow: ['127.0.0.1'] } };

function condition(view: View, type: string) {
  return view.status.conditions.find((each) => each.type === type)?.status;
}

describe('a subscription made at run time', () => {
  test('S003-35: is told what there is and what changes, without a further request to the API server; DELETE ends it', async () => {
    const hook = await receiver();
    await using world = await rig({ config, seed: (server) => void server.seed([pod('a')]) });
    const send = requests(world);
    const before = upstream(world.server, 'pods').length;
    const made = await send('POST', subscriptions, subscription(hook.url));
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      kind: 'Subscription',
      metadata: { name: 'pods', generation: 1 },
      status: { origin: 'api', source: 'v1/pods' },
    });
    world.server.create(pod('b'));
    await until(() => hook.got.length === 2);
    expect(hook.text()).toEqual(['ADDED a', 'ADDED b']);
    expect(upstream(world.server, 'pods').length).toBe(before);
    await until(() => world.watcher.subscriptions()[0]?.sinks[0]?.delivered === 3);
    expect((await send('GET', `${subscriptions}/pods`)).body.status).toMatchObject({ delivered: 3, pendingObjects: 0 });

    const again = await send<Status>('POST', subscriptions, subscription(hook.url));
    expect([again.status, again.body.reason]).toEqual([409, 'AlreadyExists']);
    expect((await send('DELETE', `${subscriptions}/pods`)).body.metadata.uid).toBe(made.body.metadata.uid);
    world.server.create(pod('c'));
    await settle(50);
    expect(hook.got).toHaveLength(2);
    expect(world.watcher.subscriptions()).toEqual([]);
    const gone = await send<Status>('GET', `${subscriptions}/pods`);
    expect([gone.status, gone.body.reason]).toEqual([404, 'NotFound']);
  });

  test('S003-35: PUT and PATCH take the place of its spec; whoever has not seen the last change of it gets 409', async () => {
    const hook = await receiver();
    await using world = await rig({
      config,
      seed: (server) => void server.seed(['a', 'b'].map((name) => pod(name, { labels: { app: name } }))),
    });
    const send = requests(world);
    const match = { labelSelector: 'app=a' };
    const { body: made } = await send('POST', subscriptions, subscription(hook.url, { match }));
    await until(() => hook.got.length === 1);
    const path = `${subscriptions}/pods`;
    // What was delivered meanwhile is another version, and no conflict.
    const read = (await send('GET', path)).body;
    expect(Number(read.metadata.resourceVersion)).toBeGreaterThan(Number(made.metadata.resourceVersion));
    const next = { ...made, spec: { ...made.spec, match: { ...made.spec.match, labelSelector: 'app=b' } } };
    const put = await send('PUT', path, next);
    expect([put.status, put.body.metadata.generation]).toEqual([200, 2]);
    await until(() => hook.got.length === 2);
    expect(hook.text()).toEqual(['ADDED a', 'ADDED b']);

    const late = await send<Status>('PUT', path, next);
    expect([late.status, late.body.reason]).toEqual([409, 'Conflict']);
    const other = { ...put.body, metadata: { ...put.body.metadata, uid: 'another' } };
    expect((await send('PUT', path, other)).status).toBe(409);
    const same = await send('PUT', path, put.body);
    expect([same.status, same.body.metadata.generation]).toEqual([200, 2]);

    const patch = { spec: { match: { labelSelector: null } } };
    const patched = await send('PATCH', path, patch, mergePatch);
    expect([patched.status, patched.body.metadata.generation, patched.body.spec.match.labelSelector]).toEqual([
      200,
      3,
      '',
    ]);
    const stale = { metadata: { resourceVersion: made.metadata.resourceVersion }, ...patch };
    expect((await send('PATCH', path, stale, mergePatch)).status).toBe(409);
    expect((await send('PATCH', path, patch, { 'content-type': 'application/json-patch+json' })).status).toBe(415);
    await until(() => hook.got.length === 4);
    expect(hook.text().slice(2).sort()).toEqual(['ADDED a', 'ADDED b']);
  });

  test('S003-35: paused it keeps what is to be told; resumed it tells that', async () => {
    const hook = await receiver();
    await using world = await rig({ config });
    const send = requests(world);
    await send('POST', subscriptions, subscription(hook.url));
    const paused = await send('POST', `${subscriptions}/pods/pause`);
    expect(condition(paused.body, 'Paused')).toBe('True');
    world.server.create(pod('a'));
    await until(() => world.watcher.subscriptions()[0]!.sinks[0]!.pendingObjects === 1);
    await settle(50);
    expect(hook.got).toEqual([]);
    expect(condition((await send('POST', `${subscriptions}/pods/resume`)).body, 'Paused')).toBe('False');
    await until(() => hook.got.length === 1);
    // A change of the spec does not end the pause.
    await send('POST', `${subscriptions}/pods/pause`);
    const changed = await send('PATCH', `${subscriptions}/pods`, { spec: { includeOld: true } }, mergePatch);
    expect(condition(changed.body, 'Paused')).toBe('True');
    await settle(50);
    expect(hook.got).toHaveLength(1);
  });

  test('S003-35: a test event says whether the receiver can be reached, and how it answers', async () => {
    const hook = await receiver();
    await using world = await rig({ config });
    const send = requests(world);
    await send('POST', subscriptions, subscription(hook.url));
    const path = `${subscriptions}/pods/test`;
    expect((await send<object>('POST', path)).body).toMatchObject({ sinks: [{ outcome: 'delivered' }] });
    expect(hook.text()).toEqual(['dev.kube-informer.subscription.test.v1']);
    hook.answer.status = 400;
    expect((await send<object>('POST', path)).body).toMatchObject({
      sinks: [{ outcome: 'refused', problem: 'the receiver answered 400' }],
    });
    expect((await send('GET', `${subscriptions}/pods`)).body.status.deadLetters).toBe(0);
  });

  test('S003-35: dead letters can be seen without their contents, tried again, and forgotten', async () => {
    const hook = await receiver({ status: 400 });
    await using world = await rig({
      config,
      seed: (server) => void server.seed([pod('a', { spec: { text: 'private' } })]),
    });
    const send = requests(world);
    await send('POST', subscriptions, subscription(hook.url));
    const path = `${subscriptions}/pods/deadletters`;
    const count = () => world.watcher.subscriptions()[0]!.sinks[0]!.deadLetters;
    await until(() => count() === 1);
    const { body, text } = await send<{ items: object[] }>('GET', path);
    expect(body.items).toMatchObject([
      { sink: 0, type: 'ADDED', object: { namespace: 'web', name: 'a' }, problem: 'the receiver answered 400' },
    ]);
    expect(text).not.toContain('private');
    hook.answer.status = 200;
    expect((await send<object>('POST', `${path}/replay`)).body).toMatchObject({ count: 1 });
    await until(() => hook.got.length === 2);
    expect(hook.text()).toEqual(['ADDED a', 'ADDED a']);
    await until(() => count() === 0);
    hook.answer.status = 400;
    world.server.touch('pods', 'web', 'a');
    await until(() => count() === 1);
    expect((await send<object>('DELETE', path)).body).toMatchObject({ count: 1 });
    expect((await send<{ items: object[] }>('GET', path)).body.items).toEqual([]);
  });

  test('S003-35: is listed with those of the configuration, in pages, and watched with them', async () => {
    const hook = await receiver();
    const sinks = [{ type: 'webhook' as const, url: hook.url }];
    // With nothing to tell, its status stays as it is.
    const match = { target: { version: 'v1', kind: 'Pod' } };
    const configured = { name: 'first', match, initial: 'none' as const, sinks };
    await using world = await rig({ config: { ...config, subscriptions: [configured] } });
    const send = requests(world);
    const list = (await send<{ metadata: { resourceVersion: string }; items: View[] }>('GET', subscriptions)).body;
    expect(list).toMatchObject({ kind: 'SubscriptionList', items: [{ status: { origin: 'config' } }] });
    const watch = await world.watch(`${subscriptions}?watch=1&resourceVersion=${list.metadata.resourceVersion}`);
    await send('POST', subscriptions, subscription(hook.url, { name: 'second' }));
    await until(() => watch.lines.length >= 1);
    await send('POST', `${subscriptions}/second/pause`);
    await settle(20);
    await world.clock.advance(1_000);
    await until(() => watch.lines.length >= 2);
    await send('DELETE', `${subscriptions}/second`);
    await until(() => watch.text.at(-1) === 'DELETED second');
    expect(watch.text).toEqual(['ADDED second', 'MODIFIED second', 'DELETED second']);
    const versions = watch.lines.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
    // From a version that was seen on, what came later.
    const again = await world.watch(`${subscriptions}?watch=1&resourceVersion=${versions[0]}`);
    await until(() => again.lines.length === 2);
    expect(again.text).toEqual(['MODIFIED second', 'DELETED second']);
    const tooOld = await world.get<Status>(`${subscriptions}?watch=1&resourceVersion=1`);
    expect([tooOld.status, tooOld.body.reason]).toEqual([410, 'Expired']);
    const one = await world.get<{ items: View[] }>(`${subscriptions}?fieldSelector=metadata.name=first&limit=1`);
    expect(one.body.items.map(({ metadata }) => metadata.name)).toEqual(['first']);
    watch.stop();
    again.stop();
  });

  test('S003-35: one of the configuration is changed and deleted there, not by the API; it can be paused', async () => {
    const hook = await receiver();
    const sinks = [{ type: 'webhook' as const, url: hook.url }];
    const configured = { name: 'pods', match: { target: { version: 'v1', kind: 'Pod' } }, sinks };
    await using world = await rig({ config: { ...config, subscriptions: [configured] } });
    const send = requests(world);
    const path = `${subscriptions}/pods`;
    for (const [method, body, headers] of [
      ['DELETE', undefined, {}],
      ['PUT', subscription(hook.url, { match: { names: ['x'] } }), {}],
      ['PATCH', { spec: { includeOld: true } }, mergePatch],
    ] as const) {
      const { status, body: refused } = await send<Status>(method, path, body, headers);
      expect([method, status, refused.reason]).toEqual([method, 403, 'Forbidden']);
    }
    expect((await send('POST', `${path}/pause`)).status).toBe(200);
    expect((await send('GET', path)).body.metadata.generation).toBe(1);
  });
});

describe('what a subscription keeps to itself', () => {
  const key = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const sink = { headers: { authorization: 'Bearer very-private' }, sign: { secrets: [key] } };

  test('S003-44: headers and keys are shown as marks, which stand for them when they come back', async () => {
    const hook = await receiver();
    await using world = await rig({ config, seed: (server) => void server.seed([pod('a')]) });
    const send = requests(world);
    const made = await send('POST', subscriptions, subscription(hook.url, { sink }));
    const path = `${subscriptions}/pods`;
    const seen = [made.text, (await send('GET', path)).text, (await send('GET', subscriptions)).text];
    const watch = await world.watch(`${subscriptions}?watch=1`);
    await until(() => watch.lines.length === 1);
    seen.push(JSON.stringify(watch.lines));
    watch.stop();
    for (const text of seen) {
      expect(text).toContain('(hidden)');
      expect(text).not.toContain('very-private');
      expect(text).not.toContain(key);
    }
    const { body } = await send('GET', path);
    const put = await send('PUT', path, { ...body, spec: { ...body.spec, includeOld: true } });
    expect([put.status, put.body.metadata.generation]).toEqual([200, 2]);
    await until(() => hook.got.length === 2);
    expect(hook.got[1]).toMatchObject({
      authorization: 'Bearer very-private',
      signature: expect.stringMatching(/^v1,/),
    });
  });

  test('S003-44: they go to no other address than theirs, and a mark that stands for nothing is refused', async () => {
    const hook = await receiver();
    const thief = await receiver();
    await using world = await rig({ config, seed: (server) => void server.seed([pod('a')]) });
    const send = requests(world);
    await send('POST', subscriptions, subscription(hook.url, { sink }));
    const path = `${subscriptions}/pods`;
    const { body } = await send('GET', path);
    const moved = { ...body, spec: { ...body.spec, sinks: [{ ...body.spec.sinks[0], url: thief.url }] } };
    const refused = await send<Status>('PUT', path, moved);
    expect([refused.status, refused.body.reason]).toEqual([422, 'Invalid']);
    expect(refused.body.details?.causes?.map(({ field }) => field)).toEqual([
      'spec.sinks.0.headers.authorization',
      'spec.sinks.0.sign.secrets.0',
    ]);
    expect((await send('GET', path)).body.metadata.generation).toBe(1);
    const marked = subscription(hook.url, { name: 'other', sink: { headers: { authorization: '(hidden)' } } });
    expect((await send('POST', subscriptions, marked)).status).toBe(422);
    await settle(50);
    expect(thief.got).toEqual([]);
  });

  test('S003-54: files of the service are not read for whoever sends a spec', async () => {
    await using world = await rig({ config });
    const headers = { authorization: { $file: '/etc/hostname' } };
    const { status } = await requests(world)(
      'POST',
      subscriptions,
      subscription('http://127.0.0.1:1/', { sink: { headers } }),
    );
    expect(status).toBe(422);
    const tls = { certFile: '/etc/ssl/private/service.crt', keyFile: '/etc/ssl/private/service.key' };
    const named = subscription('http://127.0.0.1:1/', { sink: { tls } });
    const refused = await requests(world)<Status>('POST', subscriptions, named);
    expect([refused.status, refused.body.details?.causes?.[0]?.field]).toEqual([422, 'spec.sinks.0.tls']);
  });
});

/** POST with a `Host` of one's own. @returns the status */
function postAs(world: Rig, host: string, body: object): Promise<number> {
  return new Promise((resolve, reject) => {
    const sending = request(
      `${world.watcher.url}${subscriptions}`,
      { method: 'POST', headers: { host } },
      (response) => {
        response.resume();
        resolve(response.statusCode!);
      },
    );
    sending.on('error', reject);
    sending.end(JSON.stringify(body));
  });
}

describe('what is refused', () => {
  test('S003-35: addresses that nothing is sent to, Secrets that are not served, bodies that are wrong or too large', async () => {
    await using world = await rig({ config: { ...config, server: { limits: { maxBodyBytes: 2_048 } } } });
    const send = requests(world);
    const cases: [body: unknown, code: number, field: string | undefined][] = [
      [subscription('https://169.254.169.254/'), 422, 'spec.sinks'],
      [subscription('http://example.com/'), 422, 'spec.sinks'],
      [subscription('http://127.0.0.1/', { match: { target: { version: 'v1', kind: 'Secret' } } }), 422, 'spec.match'],
      [subscription('http://127.0.0.1/', { spec: { redact: 'none' } }), 422, 'spec.redact'],
      [subscription('http://127.0.0.1/', { match: { labelSelector: 'a in' } }), 422, 'spec.match.labelSelector'],
      [{ ...subscription('http://127.0.0.1/'), kind: 'Watch' }, 422, 'kind'],
      [subscription(`http://127.0.0.1/${'x'.repeat(3_000)}`), 413, undefined],
    ];
    for (const [body, code, field] of cases) {
      const { status, body: refused } = await send<Status>('POST', subscriptions, body);
      expect([status, refused.kind, refused.details?.causes?.[0]?.field]).toEqual([code, 'Status', field]);
    }
    expect(world.watcher.subscriptions()).toEqual([]);
  });

  test('S003-59: writes that a page of another site makes in a browser, and such by a name that is not of this machine', async () => {
    const hook = await receiver();
    await using world = await rig({ config });
    const send = requests(world);
    const own = { origin: world.watcher.url };
    expect((await send('POST', subscriptions, subscription(hook.url), { origin: 'http://evil.example' })).status).toBe(
      403,
    );
    expect((await send('POST', subscriptions, subscription(hook.url), { origin: 'null' })).status).toBe(403);
    expect(await postAs(world, 'evil.example', subscription(hook.url))).toBe(403);
    expect(await postAs(world, '[::1]:80', subscription(hook.url))).toBe(201);
    expect((await send('POST', subscriptions, subscription(hook.url, { name: 'own' }), own)).status).toBe(201);
  });
});
