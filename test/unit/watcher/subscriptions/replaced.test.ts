import { afterEach, expect, test } from 'vitest';
import { settle } from '../../../../src/testing/index.ts';
import { until } from '../../../acceptance/s000-world.ts';
import { pod, rig, watchPods } from '../../../acceptance/s003-rig.ts';
import { blackHole } from './black-hole.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const path = '/apis/watcher.kube-informer.dev/v1alpha1/subscriptions';

/** A subscription whose sink is connecting, so that its end takes until that is cut. */
async function world() {
  const hole = await blackHole();
  closing.push(hole.cut);
  const rest = await rig({
    config: { watches: [watchPods], egress: { allow: ['127.0.0.1'] } },
    seed: (server) => void server.seed([pod('a')]),
  });
  const send = (method: string, to: string, body?: object) => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const request = { method, headers: { 'content-type': type }, ...(body && { body: JSON.stringify(body) }) };
    const sent = { status: 0, done: Promise.resolve() };
    sent.done = fetch(`${rest.watcher.url}${to}`, request).then(
      (response) => {
        sent.status = response.status;
      },
      () => undefined,
    );
    return sent;
  };
  const subscription = {
    apiVersion: 'watcher.kube-informer.dev/v1alpha1',
    kind: 'Subscription',
    metadata: { name: 'pods' },
    spec: {
      match: { target: { version: 'v1', kind: 'Pod' } },
      sinks: [{ type: 'nats', servers: [hole.url] }],
    },
  };
  await send('POST', path, subscription).done;
  await until(() => hole.sockets.length === 1);
  return { ...rest, hole, send, subscription, [Symbol.asyncDispose]: rest[Symbol.asyncDispose] };
}

const named = (labelSelector: string) => ({ spec: { match: { labelSelector } } });

test('a subscription that is replaced twice begins when nothing is left of the first', async () => {
  await using it = await world();
  const first = it.send('PATCH', `${path}/pods`, named('app=b'));
  await settle(50);
  const second = it.send('PATCH', `${path}/pods`, named('app=c'));
  await settle(100);
  expect([first.status, second.status]).toEqual([0, 0]);
  it.hole.cut();
  await Promise.all([first.done, second.done]);
  expect([first.status, second.status]).toEqual([200, 200]);
});

test('one that is made under the name of another that is ending begins after that', async () => {
  await using it = await world();
  const last = it.send('DELETE', `${path}/pods`);
  await settle(50);
  const next = it.send('POST', path, it.subscription);
  await settle(100);
  expect([last.status, next.status]).toEqual([0, 0]);
  it.hole.cut();
  await Promise.all([last.done, next.done]);
  expect([last.status, next.status]).toEqual([200, 201]);
});

test('the service has not stopped before what was replaced is at its end', async () => {
  await using it = await world();
  const change = it.send('PATCH', `${path}/pods`, named('app=b'));
  await settle(50);
  let isStopped = false;
  const stopped = it.watcher.stop().then(() => {
    isStopped = true;
  });
  await settle(100);
  expect(isStopped).toBe(false);
  it.hole.cut();
  await Promise.all([stopped, change.done]);
});
