import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiServer, FakeClock, settle } from '../../../src/testing/index.ts';
import { configMap, send, summary, watch } from './http.ts';

const path = '/api/v1/namespaces/demo/configmaps';
const watchPath = `${path}?watch=1&resourceVersion=0&allowWatchBookmarks=true`;

describe('faults of the embedded API server', () => {
  let clock: FakeClock;
  let server: ApiServer;

  beforeEach(async () => {
    clock = new FakeClock();
    server = await ApiServer.start({ clock });
    for (const name of ['a', 'b', 'c']) server.create(configMap(name, 'demo', { labels: { note: 'x' } }));
    server.create({ ...configMap('d'), data: { k: 'grüße 🚀' } });
  });

  afterEach(async () => {
    await server.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('answers with a status so many times, to the requests that match, after those it skips', async () => {
    const fault = server.faults.add({
      match: { verb: 'list' },
      times: 2,
      skip: 1,
      action: { kind: 'status', code: 429, reason: 'TooManyRequests', message: 'busy', retryAfter: 7 },
    });
    const statuses = [];
    for (let round = 0; round < 4; round++) statuses.push((await send(server, path)).status);
    expect(statuses).toEqual([200, 429, 429, 200]);
    expect(fault.hits).toBe(2);
    expect((await send(server, `${path}/a`)).status).toBe(200);
  });

  it('answers with Retry-After, a Status body or a text', async () => {
    server.faults.add({ times: 1, action: { kind: 'status', code: 503, reason: 'ServiceUnavailable', retryAfter: 3 } });
    server.faults.add({ times: 1, action: { kind: 'status', code: 502, text: '<html>Bad Gateway</html>' } });
    const first = await send(server, path);
    expect([first.status, first.headers['retry-after'], first.json.reason]).toEqual([503, '3', 'ServiceUnavailable']);
    const second = await send(server, path);
    expect([second.status, second.headers['content-type'], second.text]).toEqual([
      502,
      'text/plain; charset=utf-8',
      '<html>Bad Gateway</html>',
    ]);
  });

  it('resets before the headers', async () => {
    server.faults.add({ times: 1, action: { kind: 'reset' } });
    await expect(send(server, path)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('refuses connections while it does not listen, and comes back on the same port', async () => {
    const { port } = server;
    await server.pauseListening();
    await expect(send(server, path)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await server.resumeListening();
    expect(server.port).toBe(port);
    expect((await send(server, path)).status).toBe(200);
  });

  it('breaks open connections like a crash', async () => {
    const lines = await watch(server, watchPath);
    await lines.take(5);
    server.resetConnections();
    await lines.toEnd();
    expect(lines.ended).toBe(false);
    expect(lines.error).toMatchObject({ code: 'ECONNRESET' });
    await settle();
    expect(server.watches).toBe(0);
  });

  it('resets a watch after so many events', async () => {
    server.faults.add({ action: { kind: 'resetAfter', events: 2 } });
    const lines = await watch(server, watchPath);
    expect((await lines.toEnd()).map(summary)).toEqual(['ADDED a@2', 'ADDED b@3']);
    expect(lines.ended).toBe(false);
    expect(lines.error).toBeDefined();
  });

  it('ends in the middle of a line', async () => {
    server.faults.add({ action: { kind: 'endAfter', bytes: 30 } });
    const lines = await watch(server, watchPath);
    expect(await lines.toEnd()).toEqual([]);
    expect([lines.rest, lines.ended]).toEqual(['{"type":"ADDED","object":{"kin', true]);
  });

  it('ends a watch at once and in good order', async () => {
    server.faults.add({ action: { kind: 'endAfter' } });
    const lines = await watch(server, watchPath);
    expect([await lines.toEnd(), lines.status, lines.ended]).toEqual([[], 200, true]);
    await settle();
    expect(server.watches).toBe(0);
  });

  it('falls silent with the stream open, and before the headers', async () => {
    server.faults.add({ times: 1, action: { kind: 'stallAfter', events: 1 } });
    const lines = await watch(server, watchPath);
    expect(await lines.events(1)).toEqual(['ADDED a@2']);
    server.touch('configmaps', 'demo', 'a');
    await settle(20);
    expect([lines.chunks.length, lines.ended, server.watches]).toEqual([0, false, 1]);
    lines.close();
    server.faults.add({ times: 1, action: { kind: 'stall' } });
    const reply = send(server, path).catch((error: Error) => error);
    while (server.requests.count({ verb: 'list' }) === 0) await settle();
    await settle(20);
    expect(server.requests.last()?.status).toBe(0);
    await server.close();
    expect(await reply).toBeInstanceOf(Error);
  });

  it('puts in a line of garbage', async () => {
    server.faults.add({ action: { kind: 'insertLine', events: 1, line: 'no JSON at all' } });
    const lines = await watch(server, watchPath);
    expect((await lines.take(3)).map((line) => (line.startsWith('{') ? summary(line) : line))).toEqual([
      'ADDED a@2',
      'no JSON at all',
      'ADDED b@3',
    ]);
    lines.close();
  });

  it('cuts the body every few bytes, through characters too, and loses nothing', async () => {
    const whole = await send(server, path);
    server.faults.add({ action: { kind: 'slices', bytes: 3 } });
    const sliced = await send(server, path);
    expect(sliced.text).toBe(whole.text);
    expect(sliced.text).toContain('grüße 🚀');
  });

  it('sends the end of the initial events late or never', async () => {
    server.faults.add({ times: 1, action: { kind: 'initialEventsEnd', delay: 5_000 } });
    const late = await watch(server, watchPath);
    await late.take(4);
    await settle(20);
    expect(late.chunks).toHaveLength(0);
    await clock.advance(5_000);
    expect(await late.events(1)).toEqual(['BOOKMARK @5 end']);
    late.close();
    server.faults.add({ times: 1, action: { kind: 'initialEventsEnd', delay: 'never' } });
    const never = await watch(server, `${watchPath}&timeoutSeconds=1`);
    await never.take(4);
    await clock.advance(1_000);
    expect(await never.toEnd()).toEqual([]);
  });

  it('keeps back the bookmarks', async () => {
    server.faults.add({ action: { kind: 'noBookmarks' } });
    const lines = await watch(server, `${path}?watch=1&resourceVersion=5&allowWatchBookmarks=true&timeoutSeconds=200`);
    await settle();
    await clock.advance(200_000);
    expect(await lines.toEnd()).toEqual([]);
  });

  it('plays a server without streaming lists, one that refuses them and one that knows no such parameter', async () => {
    const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1';
    server.faults.add({ times: 1, action: { kind: 'noWatchList', as: 'refused' } });
    expect((await send(server, `${path}?watch=1&${query}`)).status).toBe(422);
    server.faults.add({ times: 1, action: { kind: 'noWatchList', as: 'ignored' } });
    const lines = await watch(server, `${path}?watch=1&${query}&resourceVersion=5`);
    await clock.advance(1_000);
    expect(await lines.toEnd()).toEqual([]);
  });

  it('ends a stream with an ERROR event of any code', async () => {
    server.faults.add({ action: { kind: 'errorEvent', code: 500, reason: 'InternalError', events: 1 } });
    const lines = await watch(server, watchPath);
    expect((await lines.toEnd()).map(summary)).toEqual(['ADDED a@2', 'ERROR 500 InternalError']);
    expect(lines.ended).toBe(true);
  });

  it('pretends that a resourceVersion lies in the future', async () => {
    server.faults.add({ times: 1, action: { kind: 'futureResourceVersion' } });
    const reply = await send(server, `${path}?resourceVersion=5`);
    expect([reply.status, reply.json.details.causes[0].reason]).toEqual([504, 'ResourceVersionTooLarge']);
  });

  it('sends a table, anything at all, or an object without metadata', async () => {
    server.faults.add({ times: 1, action: { kind: 'asTable' } });
    expect((await send(server, path)).json.kind).toBe('Table');
    server.faults.add({ times: 1, action: { kind: 'answer', body: '{"kind":"Banana"}' } });
    expect((await send(server, path)).text).toBe('{"kind":"Banana"}');
    server.faults.add({ times: 1, action: { kind: 'objectWithoutMetadata', index: 1 } });
    const { items } = (await send(server, path)).json;
    expect(items.map((item: { metadata?: { name: string } }) => item.metadata?.name)).toEqual([
      'a',
      undefined,
      'c',
      'd',
    ]);
  });

  it('answers late by its own clock', async () => {
    server.faults.add({ times: 1, action: { kind: 'delay', delay: 10_000 } });
    const reply = send(server, path);
    while (clock.pendingTimers === 0) await settle();
    await clock.advance(9_999);
    expect(server.requests.last()?.status).toBe(0);
    await clock.advance(1);
    expect((await reply).status).toBe(200);
  });
});
