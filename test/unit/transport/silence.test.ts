import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kubernetes/index.ts';
import { FakeClock, settle } from '../../../src/testing/index.ts';
import { KubeClient } from '../../../src/transport/index.ts';
import { configFor, serve } from './server.ts';

const pods = { group: '', version: 'v1', resource: 'pods' };
const never = new AbortController().signal;

describe('a server that has gone silent', () => {
  test('before the head of an answer: lists and watches are given up after the answer timeout, and no timer is left', async () => {
    const clock = new FakeClock();
    await using server = await serve(() => undefined);
    await using client = new KubeClient(configFor(server.url), { clock, answerTimeout: 5_000 });
    const resource = client.resource<KubeObject>(pods);
    const outcomes = [resource.list({}, never), resource.watch({}, never)].map((promise) =>
      promise.then(
        () => 'answered',
        (error) => error,
      ),
    );
    while (server.requests.length < 2) await settle();
    await clock.advance(4_999);
    expect(await Promise.race([...outcomes, 'pending'])).toBe('pending');
    await clock.advance(1);
    for (const outcome of await Promise.all(outcomes)) {
      expect(outcome).toMatchObject({ code: 'ConnectionFailed', message: expect.stringContaining('5000 ms') });
    }
    expect(clock.pendingTimers).toBe(0);
  });

  test('in the middle of a list: it is given up; bytes that come in between give it more time', async () => {
    const clock = new FakeClock();
    let more = (): void => undefined;
    await using server = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"kind":"PodList","apiVersion":"v1","items":[');
      more = () => void response.write(' ');
    });
    await using client = new KubeClient(configFor(server.url), { clock, answerTimeout: 5_000 });
    const outcome = client
      .resource<KubeObject>(pods)
      .list({}, never)
      .then(
        () => 'answered',
        (error) => error,
      );
    while (server.requests.length < 1) await settle();
    await settle(50);
    await clock.advance(4_000);
    more();
    await settle(50);
    await clock.advance(4_000);
    expect(await Promise.race([outcome, 'pending'])).toBe('pending');
    await clock.advance(1_000);
    expect(await outcome).toMatchObject({ code: 'ConnectionFailed' });
    expect(clock.pendingTimers).toBe(0);
  });

  test('in an open watch: that is for the reader to judge', async () => {
    const clock = new FakeClock();
    await using server = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
    });
    await using client = new KubeClient(configFor(server.url), { clock, answerTimeout: 5_000 });
    const stream = await client.resource<KubeObject>(pods).watch({}, never);
    expect(clock.pendingTimers).toBe(0);
    stream.close();
  });
});
