import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test } from 'vitest';
import type { Status } from '../../src/index.ts';
import { settle } from '../../src/testing/index.ts';
import { EventParser } from '../support/event-source.ts';
import { eventually } from '../support/eventually.ts';
import { until } from './s000-world.ts';
import { pod, type Rig, rig, watchPods } from './s003-rig.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const pods = '/cache/api/v1/pods';

async function watched(...names: string[]): Promise<Rig> {
  return rig({
    config: { watches: [watchPods], query: { logLength: 50 } },
    seed: (server) => void server.seed(names.map((name) => pod(name, { labels: { app: name } }))),
  });
}

/** A stream of events, read as it comes. */
async function openEvents(world: Rig, path: string, lastEventId?: string) {
  const stopping = new AbortController();
  const response = await fetch(`${world.watcher.url}${path}`, {
    headers: { accept: 'text/event-stream', ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
    signal: stopping.signal,
  });
  const parser = new EventParser(lastEventId);
  const text: string[] = [];
  const state = { ended: false };
  const read = async () => {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      for (const { data } of parser.read(chunk)) {
        const { type, object } = JSON.parse(data);
        text.push(`${type} ${object.metadata?.name ?? object.reason}`);
      }
    }
  };
  const finish = () => {
    state.ended = true;
  };
  read().then(finish, finish);
  closing.push(() => stopping.abort());
  return { response, parser, text, state, stop: () => stopping.abort() };
}

describe('a watch as server-sent events', () => {
  test('S003-47: tells what there is and what changes, and goes on where it was cut', async () => {
    await using world = await watched('a', 'b');
    const first = await openEvents(world, `${pods}?watch=1`);
    expect(first.response.headers.get('content-type')).toBe('text/event-stream');
    expect(first.response.headers.get('cache-control')).toBe('no-store');
    world.server.create(pod('c'));
    await until(() => first.text.length === 3);
    expect(first.text).toEqual(['ADDED a', 'ADDED b', 'ADDED c']);
    first.stop();
    world.server.touch('pods', 'web', 'a');
    world.server.delete('pods', 'web', 'b', { gracePeriodSeconds: 0 });
    await until(() => world.watcher.kinds()[0]?.objects === 2);
    // Whatever the query says of where to begin: the last event goes before it.
    const again = await openEvents(world, `${pods}?watch=1&resourceVersion=1`, first.parser.lastEventId);
    world.server.create(pod('d'));
    await until(() => again.text.length === 3);
    expect(again.text).toEqual(['MODIFIED a', 'DELETED b', 'ADDED d']);
  });

  test('S003-47: an id from before what is kept gets an event that says 410 and takes the id away; the next one begins anew', async () => {
    await using world = await watched('a');
    const first = await openEvents(world, `${pods}?watch=1`);
    await until(() => first.text.length === 1);
    first.stop();
    for (let count = 0; count < 60; count++) world.server.touch('pods', 'web', 'a');
    await until(() => world.watcher.kinds()[0]?.resourceVersion === world.server.resourceVersion);
    await settle(50);
    const late = await openEvents(world, `${pods}?watch=1`, first.parser.lastEventId);
    await until(() => late.state.ended);
    expect([late.response.status, late.text, late.parser.lastEventId]).toEqual([200, ['ERROR Expired'], '']);
    const anew = await openEvents(world, `${pods}?watch=1`, late.parser.lastEventId);
    await until(() => anew.text.length === 1);
    expect(anew.text).toEqual(['ADDED a']);
    // What stands in the query comes again with each attempt: that is an error of the request.
    const old = await openEvents(world, `${pods}?watch=1&resourceVersion=1`);
    expect(old.response.status).toBe(410);
  });

  test('S003-47: of a selector, in a namespace, with bookmarks, of a query by kind, and of the resources of the service itself', async () => {
    await using world = await watched('a', 'b');
    const query = 'watch=1&labelSelector=app%3Da&allowWatchBookmarks=true';
    const events = await openEvents(world, `/cache/api/v1/namespaces/web/pods?${query}`);
    await until(() => events.text.length === 1);
    world.server.patchObject('pods', 'web', 'b', { metadata: { labels: { app: 'a' } } });
    await until(() => events.text.length === 2);
    await settle(50);
    await world.clock.advance(60_000);
    await until(() => events.text.length === 3);
    expect(events.text).toEqual(['ADDED a', 'ADDED b', 'BOOKMARK undefined']);
    const byKind = 'apiVersion=v1&kind=Pod&namespace=web&fieldSelector=metadata.name%3Db&watch=true';
    const asked = await openEvents(world, `/query?${byKind}`);
    await until(() => asked.text.length === 1);
    world.server.touch('pods', 'web', 'a');
    world.server.touch('pods', 'web', 'b');
    await until(() => asked.text.length === 2);
    expect(asked.text).toEqual(['ADDED b', 'MODIFIED b']);
    const watches = await openEvents(world, '/apis/watcher.kube-informer.dev/v1alpha1/watches?watch=1');
    await until(() => watches.text.length === 1);
    expect(watches.text).toEqual(['ADDED pods']);
  });

  test('S003-47: an EventSource gets it, and comes back by itself to where it was', async () => {
    await using world = await watched('a');
    await using proxy = await proxyOf(world.watcher.url);
    // It waits for its next attempt with a timer that keeps no process alive.
    const program = `
      setInterval(() => {}, 1_000);
      const source = new EventSource(process.argv[1]);
      source.onmessage = ({ data }) => {
        const { type, object } = JSON.parse(data);
        console.log(type, object.metadata?.name ?? object.reason);
      };`;
    const child = spawn(
      process.execPath,
      ['--experimental-eventsource', '--no-warnings', '-e', program, `${proxy.url}${pods}?watch=1`],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const exit = once(child, 'exit');
    closing.push(() => child.kill('SIGKILL'));
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    const heard = (count: number) => eventually(() => lines.length >= count);
    await heard(1);
    proxy.cut();
    world.server.create(pod('b'));
    world.server.touch('pods', 'web', 'a');
    await until(() => world.watcher.kinds()[0]?.objects === 2);
    proxy.admit();
    await heard(3);
    world.server.create(pod('c'));
    await heard(4);
    expect(lines).toEqual(['ADDED a', 'ADDED b', 'MODIFIED a', 'ADDED c']);
    expect(proxy.ids.filter((id) => id !== undefined).length).toBeGreaterThan(0);
    child.kill('SIGKILL');
    await exit;
  });
});

/** A proxy that makes clients try again at once, and can cut them all off. */
async function proxyOf(origin: string) {
  const ids: (string | undefined)[] = [];
  const open = new Set<ServerResponse>();
  let admitted = Promise.withResolvers<void>();
  admitted.resolve();
  const server = createServer(async (incoming, response) => {
    ids.push(incoming.headers['last-event-id'] as string | undefined);
    await admitted.promise;
    open.add(response);
    const onward = request(`${origin}${incoming.url}`, { headers: incoming.headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.on('data', (chunk: Buffer) => response.write(chunk.toString().replace('retry: 2000', 'retry: 1')));
      answer.on('close', () => response.destroy());
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => {
      open.delete(response);
      onward.destroy();
    });
    onward.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    ids,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Whoever comes back waits until `admit`. */
    cut: () => {
      admitted = Promise.withResolvers<void>();
      for (const response of open) response.destroy();
    },
    admit: () => admitted.resolve(),
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

describe('a reader that stops reading', () => {
  test('S003-47: costs no more than what is on its way, and is dropped with a Status', async () => {
    await using world = await watched('a');
    const { hostname, port } = new URL(world.watcher.url);
    const socket = connect({ host: hostname, port: Number(port) });
    closing.push(() => socket.destroy());
    // The connection is to end with the answer, not when Node has waited six seconds for another request.
    const headers = ['host: 127.0.0.1', 'accept: text/event-stream', 'connection: close'];
    socket.write(`GET ${pods}?watch=1 HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
    await once(socket, 'data');
    socket.pause();
    const text = 'x'.repeat(250_000);
    for (let count = 0; count < 40; count++) {
      world.server.patchObject('pods', 'web', 'a', { metadata: { annotations: { text: `${count}${text}` } } });
      await until(() => world.watcher.kinds()[0]?.resourceVersion === world.server.resourceVersion);
    }
    await settle(50);
    expect(await clients(world)).toBe(1);
    const withReader = await bufferedBytes();
    await world.clock.advance(60_000);
    expect(await clients(world)).toBe(0);
    let tail = '';
    socket.on('data', (chunk) => {
      tail = (tail + chunk.toString('latin1')).slice(-2_000);
    });
    const closed = once(socket, 'close');
    socket.resume();
    await until(() => tail.includes('"Expired"'));
    const status = JSON.parse(/\{"type":"ERROR".*\}/.exec(tail)![0]) as { object: Status };
    expect(status.object).toMatchObject({ kind: 'Status', code: 410, reason: 'Expired' });
    await closed;
    // 10 MB were there to be told.
    expect(withReader - (await bufferedBytes())).toBeLessThan(4e6);
  });
});

/** Bytes outside of the heap, garbage aside: where everything is that is on its way to a socket. They are given back a while after a collection. */
async function bufferedBytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  let least = Infinity;
  for (let without = 0; without < 5; without++) {
    collectGarbage();
    await settle(5);
    const { arrayBuffers } = process.memoryUsage();
    if (arrayBuffers < least) without = 0;
    least = Math.min(least, arrayBuffers);
  }
  return least;
}

async function clients(world: Rig): Promise<number> {
  const { body } = await world.get<string>('/metrics');
  return Number(/^informer_stream_clients (\d+)$/m.exec(body)![1]);
}
