import { describe, expect, test } from 'vitest';
import { makeStream, natsServer, readStream } from '../../../support/brokers.ts';
import { eventually } from '../../../support/eventually.ts';
import { forever, message } from './messages.ts';
import { brokerWorld, sinkOf } from './sink-rig.ts';

const specOf = (port: number, more: object = {}) => ({ type: 'nats', servers: [`nats://127.0.0.1:${port}`], ...more });

const world = (more: object = {}, args: readonly string[] = []) =>
  brokerWorld(natsServer(args), (port) => specOf(port, more));

describe('a NATS sink', () => {
  test('publishes to the subject of the object, and has delivered when the stream has it', async () => {
    await using nats = await world();
    await makeStream(nats.server.port);
    const role = message({
      id: 'prod/r/2/MODIFIED',
      type: 'MODIFIED',
      resource: { group: 'rbac.authorization.k8s.io', resource: 'clusterroles', kind: 'ClusterRole' },
      metadata: { name: 'system:node.reader > *', namespace: undefined as never },
    });
    expect(await nats.sink.deliver(message(), forever)).toEqual({ type: 'delivered' });
    expect(await nats.sink.deliver(role, forever)).toEqual({ type: 'delivered' });
    const [first, second] = await readStream(nats.server.port);
    expect(first).toMatchObject({
      subject: 'k8s.prod.core.pods.web.a.ADDED',
      id: 'prod/u/1/ADDED',
      headers: { 'content-type': 'application/json' },
      body: '{"type":"ADDED"}',
    });
    expect(second!.subject).toBe(
      'k8s.prod.rbac%2Eauthorization%2Ek8s%2Eio.clusterroles._.system%3Anode%2Ereader%20%3E%20%2A.MODIFIED',
    );
  });

  test('S003-46: what is published twice after a forced retry, the stream has once', async () => {
    await using nats = await world();
    await makeStream(nats.server.port);
    const ids = async () => (await readStream(nats.server.port)).map(({ id }) => id);
    await nats.sink.deliver(message({ id: 'first' }), forever);
    // The stream gets it when the server goes on; we do not get to know.
    await nats.server.pause();
    const unheard = nats.sink.deliver(message({ id: 'second' }), forever);
    await nats.clock.advance(10_000);
    expect(await unheard).toMatchObject({ type: 'failed', problem: 'no answer in 10000 ms' });
    nats.server.resume();
    await eventually(async () => (await ids()).length === 2);
    expect(await nats.sink.deliver(message({ id: 'second' }), forever)).toEqual({ type: 'delivered' });
    expect(await nats.sink.deliver(message({ id: 'third' }), forever)).toEqual({ type: 'delivered' });
    expect(await ids()).toEqual(['first', 'second', 'third']);
  });

  test('fails while the server is away, and delivers by itself when it is back', async () => {
    await using nats = await world();
    await makeStream(nats.server.port);
    expect(await nats.sink.deliver(message({ id: '1' }), forever)).toEqual({ type: 'delivered' });
    await nats.server.kill();
    expect(await nats.sink.deliver(message({ id: '2' }), forever)).toMatchObject({ type: 'failed' });
    expect(await nats.sink.deliver(message({ id: '2' }), forever)).toMatchObject({ type: 'failed' });
    await nats.server.start();
    expect(await nats.sink.deliver(message({ id: '2' }), forever)).toEqual({ type: 'delivered' });
    expect((await readStream(nats.server.port)).map(({ id }) => id)).toEqual(['1', '2']);
    expect(nats.clock.pendingTimers).toBe(0);
  });

  test('fails while no stream takes the subject, and says so', async () => {
    await using nats = await world();
    expect(await nats.sink.deliver(message(), forever)).toMatchObject({
      type: 'failed',
      problem: 'no stream takes k8s.prod.core.pods.web.a.ADDED',
    });
  });

  test('gives up what is too large for the stream, and nothing else', async () => {
    await using nats = await world();
    await makeStream(nats.server.port, { max_msg_size: 1_000 });
    const large = { ...message(), body: 'x'.repeat(2_000) };
    const huge = { ...message(), body: 'x'.repeat(2_000_000) };
    expect(await nats.sink.deliver(large, forever)).toMatchObject({ type: 'refused' });
    expect(await nats.sink.deliver(huge, forever)).toMatchObject({ type: 'refused' });
    expect(await nats.sink.deliver(message(), forever)).toEqual({ type: 'delivered' });
  });

  test('says who it is, and never what its password is', async () => {
    await using nats = await world({ auth: { type: 'token', token: 'right-token' } }, ['--auth', 'right-token']);
    expect(await nats.sink.deliver(message(), forever)).toMatchObject({ problem: expect.stringMatching(/no stream/) });
    const wrong = sinkOf(specOf(nats.server.port, { auth: { type: 'user', user: 'me', password: 'wrong-password' } }));
    const sink = wrong.open();
    const outcome = await sink.deliver(message(), forever);
    expect(outcome).toMatchObject({ type: 'failed', problem: expect.stringMatching(/authorization/i) });
    expect(JSON.stringify(outcome)).not.toContain('wrong-password');
    await sink.close();
  });

  test('asks the next server when one does not answer', async () => {
    await using nats = await world();
    const servers = ['nats://127.0.0.1:1', `nats://127.0.0.1:${nats.server.port}`];
    const sink = sinkOf(specOf(0, { servers })).open();
    await makeStream(nats.server.port);
    expect(await sink.deliver(message(), forever)).toEqual({ type: 'delivered' });
    await sink.close();
  });

  test.each([
    [{ servers: ['nats://127.0.0.1:4222'] }, 'only tls://'],
    [{ servers: ['tls://127.0.0.1:4222'] }, 'forbidden'],
    [{ servers: ['tls://10.0.0.1:4222'], subject: 'a..b' }, 'no subject'],
    [{ servers: ['tls://10.0.0.1:4222'], subject: 'a.{cluster}.>' }, 'no subject'],
    [{ servers: ['tls://10.0.0.1:4222'], subject: 'a b' }, 'no subject'],
    [{ servers: ['tls://10.0.0.1:4222'], subject: 'a.{secret}' }, 'not known'],
    [{ servers: ['tls://me:secret@10.0.0.1:4222'] }, 'fields of their own'],
  ])('%j is refused at the start', (more, why) => {
    expect(() => sinkOf(specOf(0, more), { allow: [] }).check()).toThrowError(new RegExp(why));
  });

  test('is not let to a name that leads to a forbidden address', async () => {
    await using nats = await world();
    const sink = sinkOf(specOf(0, { servers: [`tls://localhost:${nats.server.port}`] }), { allow: [] }).open();
    expect(await sink.deliver(message(), forever)).toMatchObject({
      type: 'failed',
      problem: expect.stringContaining('nothing is sent to localhost'),
    });
    await sink.close();
  });
});
