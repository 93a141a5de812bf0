import { Ajv2020 } from 'ajv/dist/2020.js';
import { type CloudEvent, HTTP } from 'cloudevents';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { KubeObject } from '../../src/index.ts';
import type { WatcherConfigInput } from '../../src/watcher/index.ts';
import { customDefinition } from '../support/custom-definition.ts';
import { eventually } from '../support/eventually.ts';
import { type HttpReceiver, httpReceiver } from '../support/http-receiver.ts';
import { cloudEventSchema, dataSchema, watchSchema } from './notice-schemas.ts';
import { pod, rig, watchPods } from './s003-rig.ts';

type Subscription = NonNullable<WatcherConfigInput['subscriptions']>[number];

const definition = customDefinition({ group: 'example.dev' });

const widget = (name: string, size: number) => ({
  apiVersion: 'example.dev/v1',
  kind: 'Widget',
  metadata: { name, namespace: 'web', labels: { colour: 'grün' } },
  spec: { size },
});

/** Everything that a subscription tells, once at least: objects that come, change and go, and what the service tells of itself. */
async function tellEverything(format: Subscription['format']): Promise<HttpReceiver> {
  const receiver = { status: 204 };
  const hook = await httpReceiver((_, response) => void response.writeHead(receiver.status).end());
  const subscription: Subscription = {
    name: 'widgets',
    match: { target: { group: 'example.dev', version: 'v1', kind: 'Widget' } },
    format,
    includeOld: true,
    changedPaths: true,
    // So little room that some states are lost.
    delivery: { mode: 'every', bound: 2, concurrency: 1 },
    sinks: [{ type: 'webhook', url: hook.url }],
  };
  await using world = await rig({
    config: { egress: { allow: ['127.0.0.1'] }, cluster: { id: 'prod-eu' }, subscriptions: [subscription] },
    seed: (server) => {
      server.create(definition);
      server.create(widget('a', 1));
    },
  });
  const status = () => world.watcher.subscriptions()[0]!.sinks[0]!;
  const told = (what: string) =>
    eventually(async () => {
      await world.clock.advance(1_000);
      return hook.requests.some(({ body }) => body.includes(what)) && status().pendingNotices === 0;
    });
  await told('"SYNCED"');
  receiver.status = 503;
  for (let size = 2; size < 9; size++) world.server.update(widget('a', size));
  await eventually(() => status().lost > 0);
  receiver.status = 204;
  await told('"GAP"');
  await told('"HEARTBEAT"');
  world.server.delete('widgets', 'web', 'a');
  await told('"DELETED"');
  world.server.delete('customresourcedefinitions', '', 'widgets.example.dev');
  await told('"SUSPENDED"');
  return hook;
}

const types = ['ADDED', 'DELETED', 'GAP', 'HEARTBEAT', 'MODIFIED', 'SUSPENDED', 'SYNCED'];

describe('the format of a notice', () => {
  const ajv = new Ajv2020({
    allErrors: true,
    strictRequired: false,
    strictTypes: false,
    formats: {
      'date-time': /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/,
      uri: (text: string) => URL.canParse(text),
    },
  });

  /** What is wrong with the bodies, by the schema. */
  function problems(schema: object, hook: HttpReceiver): string[] {
    const validate = ajv.compile(schema);
    return hook.requests.flatMap(({ body }) =>
      validate(JSON.parse(body)) ? [] : [`${ajv.errorsText(validate.errors)} ${body}`],
    );
  }

  test('S003-38: watch: type and object as Kubernetes has them; what the service tells of itself are bookmarks', async () => {
    await using hook = await tellEverything('watch');
    expect(problems(watchSchema, hook)).toEqual([]);
    const told = hook.requests.map(({ headers, body }) => {
      expect(headers['content-type']).toBe('application/json');
      const { type, object } = JSON.parse(body);
      return type === 'BOOKMARK' ? object.metadata.annotations['watcher.kube-informer.dev/event'] : type;
    });
    expect([...new Set(told)].sort()).toEqual(types);
  });

  test.each([
    ['cloudevents', cloudEventSchema],
    ['cloudevents-binary', dataSchema],
  ] as const)('S003-38: %s: the SDK reads every type of event, as the schema has it', async (format, schema) => {
    await using hook = await tellEverything(format);
    expect(problems(schema, hook)).toEqual([]);
    const events = hook.requests.map(({ headers, body }) => {
      const event = HTTP.toEvent({ headers, body }) as CloudEvent<{ type: string; object?: KubeObject }>;
      expect(event.validate()).toBe(true);
      return event;
    });
    expect([...new Set(events.map(({ data }) => data!.type))].sort()).toEqual(types);
    for (const { type, data, id, source, subject, ...rest } of events) {
      const about = data!.object ? 'object' : 'subscription';
      expect(type).toBe(`dev.kube-informer.${about}.${data!.type.toLowerCase()}.v1`);
      expect([id, source].every((one) => one.includes('prod-eu'))).toBe(true);
      const path = '/apis/example.dev/v1/';
      expect(subject).toBe(data!.object ? `${path}namespaces/web/widgets/a` : `${path}widgets`);
      if (data!.object) expect(rest.partitionkey).toBe(data!.object.metadata.uid);
      // Names of extensions are short, and lower-case letters and digits alone.
      for (const name of Object.keys(rest)) expect(name).toMatch(/^([a-z0-9]{1,20}|data_base64)$/);
    }
    // Told again, it is the same event.
    const distinct = new Map(events.map((event) => [event.id, JSON.stringify(event.data)]));
    for (const event of events) expect(JSON.stringify(event.data)).toBe(distinct.get(event.id));
  });

  test('S003-38: old states, changed paths and projections are told if they are wanted, without what is secret', async () => {
    await using hook = await httpReceiver();
    const subscription: Subscription = {
      name: 'secrets',
      match: { target: { version: 'v1', kind: 'Secret' } },
      initial: 'none',
      includeOld: true,
      changedPaths: true,
      payload: 'projection',
      fields: ['type', 'data'],
      sinks: [{ type: 'webhook', url: hook.url }],
    };
    await using world = await rig({
      config: { secrets: 'full', egress: { allow: ['127.0.0.1'] }, subscriptions: [subscription] },
    });
    const secret = (password: string) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'a', namespace: 'web' },
      type: 'Opaque',
      data: { password },
    });
    await eventually(() => world.watcher.kinds().some(({ key, synced }) => key === 'v1/secrets' && synced));
    world.server.create(secret('b25l'));
    await hook.until(1);
    world.server.update(secret('dHdv'));
    await hook.until(2);
    const { data } = JSON.parse(hook.requests[1]!.body);
    expect(data).toMatchObject({
      type: 'MODIFIED',
      object: { kind: 'Secret', type: 'Opaque', data: { password: '' } },
      oldObject: { kind: 'Secret', data: { password: '' } },
      changedPaths: ['data.password'],
    });
    for (const { body } of hook.requests) expect(body).not.toMatch(/b25l|dHdv/);
  });
});

describe('the signature of a notice', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  const old = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const next = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';

  test.each([
    ['the one secret', [old], [old], [next]],
    ['each of two, while one replaces the other', [old, next], [old, next], ['whsec_AAAAsBQIhrscChlQIMV+b5sSYspob7oD']],
  ])('S003-44: is verified by the reference library with %s, and with no other', async (_, secrets, good, bad) => {
    await using hook = await httpReceiver();
    const subscription: Subscription = {
      name: 'pods',
      match: { target: { version: 'v1', kind: 'Pod' } },
      sinks: [{ type: 'webhook', url: hook.url, sign: { secrets } }],
    };
    await using world = await rig({
      config: { watches: [watchPods], egress: { allow: ['127.0.0.1'] }, subscriptions: [subscription] },
      seed: (server) => void server.seed([pod('a', { labels: { text: 'grün' } })]),
    });
    await hook.until(2);
    // The library asks the time of the process.
    vi.useFakeTimers({ toFake: ['Date'], now: world.clock.now() });
    for (const { headers, body } of hook.requests) {
      const sent = headers as Record<string, string>;
      expect(sent['webhook-id']).toBe(JSON.parse(body).id);
      expect(sent['webhook-signature']!.split(' ')).toHaveLength(secrets.length);
      for (const secret of good) expect(new Webhook(secret).verify(body, sent)).toEqual(JSON.parse(body));
      for (const secret of bad) expect(() => new Webhook(secret).verify(body, sent)).toThrow('No matching signature');
      expect(() => new Webhook(old).verify(`${body} `, sent)).toThrow('No matching signature');
      expect(() => new Webhook(old).verify(body, { ...sent, 'webhook-id': 'other' })).toThrow('No matching signature');
    }
    vi.setSystemTime(world.clock.now() + 6 * 60_000);
    const { headers, body } = hook.requests[0]!;
    expect(() => new Webhook(old).verify(body, headers as Record<string, string>)).toThrow('too old');
  });
});
