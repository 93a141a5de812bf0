import { constants } from 'node:buffer';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const count = 150_000;
/** What the client may have on its heap, megabytes: a fraction of the list, and three times what its cache has in the end. */
const heapLimit = 300;

interface Outcome {
  readonly milliseconds: number;
  readonly objects: number;
  readonly added: number;
  readonly requests: object;
  readonly pod: object;
  readonly heapBytes: number;
  readonly peakRssBytes: number;
}

const fileOf = (name: string) => new URL(name, import.meta.url);

async function said<T>(child: ChildProcess, what: string): Promise<T> {
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the ${what} ended with ${signal ?? code}`);
  });
  const [message] = await Promise.race([once(child, 'message'), ended]);
  return message as T;
}

describe('a list of 150,000 pods in one namespace', () => {
  let server: ChildProcess;
  let url = '';

  beforeAll(async () => {
    server = fork(fileOf('large-list-server.ts'), [String(count)]);
    ({ url } = await said<{ url: string }>(server, 'server'));
  });
  afterAll(() => {
    server.disconnect();
  });

  test.each([
    ['in one piece', false, { list: 1, stream: 0 }],
    ['as a stream of its initial state', true, { list: 0, stream: 1 }],
  ])(
    'that is longer than any string is read %s, in little more memory than is kept of it',
    async (_, streamInitialState, requests) => {
      const sent = said<{ bytes: number }>(server, 'server');
      const client = fork(fileOf('large-list-client.ts'), [url, JSON.stringify({ streamInitialState })], {
        execArgv: ['--conditions=source', `--max-old-space-size=${heapLimit}`],
      });
      const ended = once(client, 'exit');
      const outcome = await said<Outcome>(client, 'client');
      await ended;
      const { bytes } = await sent;
      const megabytes = (value: number) => Math.round(value / 1e6);
      console.log(
        `${megabytes(bytes)} MB in ${Math.round(outcome.milliseconds)} ms; heap ${megabytes(outcome.heapBytes)} MB, peak RSS ${megabytes(outcome.peakRssBytes)} MB`,
      );
      expect(bytes).toBeGreaterThan(constants.MAX_STRING_LENGTH);
      expect(outcome.objects).toBe(count);
      expect(outcome.added).toBe(count);
      expect(outcome.requests).toMatchObject(requests);
      expect(outcome.pod).toEqual({
        uid: '6f1c1a52-0000-4000-8000-000000012345',
        spec: { nodeName: 'node-1' },
        status: { phase: 'Running' },
      });
      // Neither the list nor its objects as they came were ever there as a whole.
      expect(outcome.peakRssBytes).toBeLessThan(bytes * 0.8);
      expect(outcome.milliseconds).toBeLessThan(60_000);
    },
    90_000,
  );
});
