import { describe, expect, test } from 'vitest';
import type { KubeObject, WatchEvent } from '../../../src/kubernetes/index.ts';
import { KubeClient } from '../../../src/transport/index.ts';
import { configFor, reply, serve } from './server.ts';

const pods = { group: '', version: 'v1', resource: 'pods' };

const pod = (name: string) => ({
  metadata: { name, namespace: 'shop', uid: name, resourceVersion: '5', managedFields: [{ manager: 'x' }] },
  spec: { nodeName: 'n' },
});

describe('a client over plain HTTP', () => {
  test('lists: items have their kind first and no managed fields', async () => {
    await using server = await serve((_request, response) =>
      reply(response, {
        kind: 'PodList',
        apiVersion: 'v1',
        metadata: { resourceVersion: '7', continue: 'c', remainingItemCount: 3 },
        items: [pod('a'), pod('b')],
      }),
    );
    await using client = new KubeClient(configFor(`${server.url}/k8s/clusters/c-1/`));
    const { signal } = new AbortController();
    const page = await client
      .resource<KubeObject>(pods, { namespace: 'shop', labelSelector: 'a=b,c in (d)' })
      .list({ limit: 2 }, signal);
    expect(page.resourceVersion).toBe('7');
    expect(page.continue).toBe('c');
    expect(page.remainingItemCount).toBe(3);
    expect(page.items.map((item) => Object.keys(item))).toEqual([
      ['kind', 'apiVersion', 'metadata', 'spec'],
      ['kind', 'apiVersion', 'metadata', 'spec'],
    ]);
    expect(page.items[0]).toMatchObject({ kind: 'Pod', apiVersion: 'v1' });
    expect(Object.keys(page.items[0]!.metadata)).toEqual(['name', 'namespace', 'uid', 'resourceVersion']);
    expect(server.requests).toEqual([
      'GET /k8s/clusters/c-1/api/v1/namespaces/shop/pods?labelSelector=a%3Db%2Cc+in+%28d%29&limit=2',
    ]);
    expect(server.headers[0]).toMatchObject({ authorization: 'Bearer t0ken', accept: 'application/json' });
    expect(server.headers[0]!['user-agent']).toMatch(/^kube-informer\/\d+\.\d+\.\d+/);
  });

  test('watches: events come in batches, and the end of the stream is the end of the loop', async () => {
    await using server = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(`${JSON.stringify({ type: 'ADDED', object: { kind: 'Pod', apiVersion: 'v1', ...pod('a') } })}\n`);
      response.write(
        `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '9' } } })}\n{"type":"ADD`,
      );
      response.end();
    });
    await using client = new KubeClient(configFor(server.url));
    const stream = await client
      .resource<KubeObject>(pods)
      .watch({ resourceVersion: '5', allowWatchBookmarks: true }, new AbortController().signal);
    const events: WatchEvent<KubeObject>[] = [];
    for await (const batch of stream) events.push(...batch);
    expect(events.map((event) => event.type)).toEqual(['ADDED', 'BOOKMARK']);
    expect(events[0]!.object).not.toHaveProperty('metadata.managedFields');
    expect(server.requests).toEqual(['GET /api/v1/pods?watch=true&resourceVersion=5&allowWatchBookmarks=true']);
  });

  test('an error of the server comes with its class and the time to wait', async () => {
    await using server = await serve((_request, response) =>
      reply(
        response,
        { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'TooManyRequests', code: 429 },
        429,
        {
          'retry-after': '7',
        },
      ),
    );
    await using client = new KubeClient(configFor(server.url));
    await expect(client.json({ path: '/version' })).rejects.toMatchObject({
      code: 'ApiStatus',
      class: 'throttled',
      retryAfter: 7000,
    });
  });
});
