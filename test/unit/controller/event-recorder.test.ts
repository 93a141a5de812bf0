import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventRecorder } from '../../../src/controller/index.ts';
import type { KubeObject } from '../../../src/kubernetes/index.ts';
import type { KubeInformerError } from '../../../src/runtime/index.ts';
import { ApiServer, FakeClock } from '../../../src/testing/index.ts';
import { KubeClient } from '../../../src/transport/index.ts';
import { widget } from './fixtures.ts';

interface StoredEvent extends KubeObject {
  readonly count: number;
  readonly message: string;
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
}

describe('EventRecorder', () => {
  const blue = widget('blue');
  const scaled = { reason: 'Scaled', message: 'to 2' };
  let server: ApiServer;
  let client: KubeClient;
  let clock: FakeClock;
  let errors: KubeInformerError[];
  const recorderOf = (instance: string) =>
    new EventRecorder(client, { component: 'painter', instance, clock, onError: (error) => errors.push(error) });
  const stored = (namespace = 'shop') => server.list<StoredEvent>('events', { namespace });

  beforeEach(async () => {
    server = await ApiServer.start();
    client = new KubeClient(server.kubeConfig());
    clock = new FakeClock(Date.UTC(2026, 0, 1));
    errors = [];
  });

  afterEach(async () => {
    await client.close();
    await server.close();
  });

  it('writes what kubectl describe looks for', async () => {
    await recorderOf('one').record(blue, { type: 'Warning', reason: 'HostTaken', message: 'by another' });
    expect(stored()).toMatchObject([
      {
        involvedObject: {
          apiVersion: 'example.com/v1',
          kind: 'Widget',
          namespace: 'shop',
          name: 'blue',
          uid: blue.metadata.uid,
        },
        type: 'Warning',
        reason: 'HostTaken',
        message: 'by another',
        count: 1,
        firstTimestamp: '2026-01-01T00:00:00Z',
        source: { component: 'painter', host: 'one' },
        reportingComponent: 'painter',
        reportingInstance: 'one',
      },
    ]);
    const selector = `involvedObject.name=blue,involvedObject.uid=${blue.metadata.uid}`;
    expect(server.list('events', { fieldSelector: selector })).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  it('counts repetitions, also those of another process, in one event', async () => {
    await recorderOf('one').record(blue, scaled);
    await clock.advance(90_000);
    await recorderOf('two').record(blue, scaled);
    expect(stored()).toMatchObject([
      {
        count: 2,
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:01:30Z',
        reportingInstance: 'two',
      },
    ]);
  });

  it('loses no count when several count at once', async () => {
    await Promise.all([1, 2, 3].map((number) => recorderOf(String(number)).record(blue, scaled)));
    expect(stored()).toMatchObject([{ count: 3 }]);
    expect(errors).toEqual([]);
  });

  it('makes another event of whatever else is said, or said of another object, or of one of the same name', async () => {
    const recorder = recorderOf('one');
    await recorder.record(blue, scaled);
    await recorder.record(blue, { ...scaled, type: 'Warning' });
    await recorder.record(blue, { ...scaled, message: 'to 3' });
    await recorder.record(blue, { ...scaled, reason: 'Resized' });
    await recorder.record(widget('green'), scaled);
    await recorder.record(widget('blue', { metadata: { uid: 'another' } }), scaled);
    expect(stored().map(({ count }) => count)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('puts events of cluster-scoped objects into default, and cuts what is too long', async () => {
    const { namespace: _, ...metadata } = { ...blue.metadata, name: `${'a'.repeat(235)}-${'b'.repeat(17)}` };
    await recorderOf('one').record({ ...blue, metadata }, { reason: 'Long', message: 'x'.repeat(2_000) });
    const [event] = stored('default');
    expect(event?.message).toHaveLength(1_024);
    expect(event?.metadata.name).toMatch(/^a{235}\.[0-9a-f]{16}$/);
  });

  it('starts over when the event expired between look and count', async () => {
    const recorder = recorderOf('one');
    await recorder.record(blue, scaled);
    server.faults.add({
      match: (request) => {
        if (request.method === 'PATCH') server.delete('events', 'shop', stored()[0]!.metadata.name);
        return false;
      },
      action: { kind: 'reset' },
    });
    await recorder.record(blue, scaled);
    expect(stored()).toMatchObject([{ count: 1 }]);
  });

  it('never rejects: a refusal is reported, and a conflict that does not end is given up', async () => {
    const recorder = recorderOf('one');
    server.faults.add({
      match: { method: 'POST' },
      times: 1,
      action: { kind: 'status', code: 403, reason: 'Forbidden' },
    });
    await recorder.record(blue, scaled);
    expect(errors).toMatchObject([{ code: 'ApiStatus', status: { code: 403 } }]);
    server.faults.add({ match: { method: 'POST' }, action: { kind: 'status', code: 409, reason: 'AlreadyExists' } });
    server.requests.clear();
    await recorder.record(blue, scaled);
    expect(errors).toMatchObject([{}, { status: { code: 409 } }]);
    expect(server.requests.count({ method: 'POST' })).toBe(5);
  });

  it('ends with its signal, silently', async () => {
    await recorderOf('one').record(blue, scaled, AbortSignal.abort());
    expect(errors).toEqual([]);
    expect(stored()).toEqual([]);
  });
});
