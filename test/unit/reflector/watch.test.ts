import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { watch } from '../../../src/reflector/index.ts';
import { KubeInformerError } from '../../../src/runtime/index.ts';
import { FakeClock, settle } from '../../../src/testing/index.ts';
import {
  type Answer,
  added,
  bookmark,
  modified,
  ScriptedListerWatcher,
  status,
  statusError,
} from './scripted-lister-watcher.ts';

const clock = new FakeClock();

function open(answer: Answer, options: Parameters<typeof watch>[1] = {}) {
  const server = new ScriptedListerWatcher(clock, [answer]);
  return { server, events: watch(server, options) };
}

async function types(events: AsyncIterable<{ readonly type: string }>): Promise<string[]> {
  const seen: string[] = [];
  for await (const event of events) seen.push(event.type);
  return seen;
}

describe('watch', () => {
  it('gives the events one by one and ends with the stream, without a second request', async () => {
    const { server, events } = open([[added('a', '1'), modified('a', '2')], [bookmark('3')], 'end'], {
      resourceVersion: '7',
      allowWatchBookmarks: true,
      timeoutSeconds: 30,
    });
    expect(await types(events)).toEqual(['ADDED', 'MODIFIED', 'BOOKMARK']);
    expect(server.sent.map(({ options }) => options)).toEqual([
      { resourceVersion: '7', allowWatchBookmarks: true, timeoutSeconds: 30 },
    ]);
    expect(server.openStreams).toBe(0);
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it('ends when the signal is aborted, in the middle of a batch too, and leaves no listener', async () => {
    const controller = new AbortController();
    const { server, events } = open([[added('a', '1'), added('b', '2'), added('c', '3'), added('d', '4')]], {
      signal: controller.signal,
    });
    const seen: string[] = [];
    for await (const { object } of events) {
      seen.push(object.metadata.resourceVersion);
      if (seen.length === 3) controller.abort();
    }
    expect(seen).toEqual(['1', '2', '3']);
    expect(server.openStreams).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it.each(['stop', 'return', 'abort', 'dispose'] as const)('ends a pending next by %s', async (how) => {
    const controller = new AbortController();
    const { server, events } = open([], { signal: controller.signal });
    const next = events.next();
    await settle();
    if (how === 'stop') events.stop();
    if (how === 'return') await events.return?.();
    if (how === 'abort') controller.abort();
    if (how === 'dispose') await events[Symbol.asyncDispose]();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(server.openStreams).toBe(0);
  });

  it('ends although the watch never opens', async () => {
    const { server, events } = open('never');
    const next = events.next();
    events.stop();
    events.stop();
    expect((await next).done).toBe(true);
    expect(server.sent).toHaveLength(1);
  });

  it('sends nothing if it was aborted before', async () => {
    const { server, events } = open([], { signal: AbortSignal.abort() });
    expect(await types(events)).toEqual([]);
    expect(server.sent).toEqual([]);
  });

  it('closes when the reader leaves the loop', async () => {
    const { server, events } = open([[added('a', '1'), added('b', '2')]]);
    for await (const event of events) if (event.type === 'ADDED') break;
    expect(server.openStreams).toBe(0);
  });

  it.each([
    ['it is refused', statusError(403)],
    ['it ends', [[added('a', '1')], 'end']],
    ['it breaks', [new TypeError('socket')]],
  ] as [string, Answer][])('leaves no listener at a signal that goes on when %s', async (_, answer) => {
    const { signal } = new AbortController();
    await types(open(answer, { signal }).events).catch(() => undefined);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('throws the refusal of the server', async () => {
    const { events } = open(statusError(403, 'Forbidden'));
    await expect(types(events)).rejects.toMatchObject({ code: 'ApiStatus', class: 'forbidden' });
  });

  it('throws the status of an error event, after the events before it', async () => {
    const { server, events } = open([
      [added('a', '1'), { type: 'ERROR', object: status(410, 'Expired') }, added('b', '2')],
    ]);
    expect((await events.next()).value).toMatchObject({ type: 'ADDED' });
    await expect(events.next()).rejects.toMatchObject({ code: 'ApiStatus', class: 'expired' });
    expect((await events.next()).done).toBe(true);
    expect(server.openStreams).toBe(0);
  });

  it('throws what the stream fails with, as one of our errors', async () => {
    const decode = new KubeInformerError('DecodeFailed', 'no JSON', { hint: '' });
    await expect(types(open([decode]).events)).rejects.toBe(decode);
    const other = new TypeError('socket');
    await expect(types(open([other]).events)).rejects.toMatchObject({ code: 'ConnectionFailed', cause: other });
  });

  it('that nobody reads fails silently, not the process', async () => {
    open(statusError(500));
    await settle();
  });
});
