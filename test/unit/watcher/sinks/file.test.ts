import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeClock, settle } from '../../../../src/testing/index.ts';
import { fileSink, streamSink } from '../../../../src/watcher/subscriptions/sinks/file.ts';
import { Sinks } from '../../../../src/watcher/subscriptions/sinks/index.ts';
import { forever, message } from './messages.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lines-'));
});
afterEach(() => rm(directory, { recursive: true }));

const line = (text: string) => ({ ...message(), body: JSON.stringify(text) });
const options = () => ({ timeout: 10_000, clock: new FakeClock() });

describe('a file', () => {
  test('gets a line for each message, in their order, and each is there when it is delivered', async () => {
    const path = join(directory, 'events');
    const sink = fileSink(path, options());
    await sink.deliver(line('a'), forever);
    expect(await readFile(path, 'utf8')).toBe('"a"\n');
    const names = Array.from({ length: 100 }, (_, at) => String(at));
    await Promise.all(
      names.map(async (name) => {
        expect(await sink.deliver(line(name), forever)).toEqual({ type: 'delivered' });
        expect(await readFile(path, 'utf8')).toContain(`"${name}"\n`);
      }),
    );
    expect(await readFile(path, 'utf8')).toBe(['a', ...names].map((name) => `"${name}"\n`).join(''));
    await sink.close();
  });

  test('that was moved away is begun anew, and a line that a crash cut off is ended', async () => {
    const path = join(directory, 'events');
    const sink = fileSink(path, options());
    await sink.deliver(line('a'), forever);
    await rename(path, `${path}.1`);
    await writeFile(path, '{"cut":"o');
    await sink.deliver(line('b'), forever);
    expect(await readFile(path, 'utf8')).toBe('{"cut":"o\n"b"\n');
    expect(await readFile(`${path}.1`, 'utf8')).toBe('"a"\n');
  });

  test('that can not be written has failed, and can be later', async () => {
    const path = join(directory, 'not-yet', 'events');
    const sink = fileSink(path, options());
    expect(await sink.deliver(line('a'), forever)).toMatchObject({
      type: 'failed',
      problem: expect.stringMatching(/ENOENT/),
    });
    await writeFile(join(directory, 'events'), '');
    const other = fileSink(join(directory, 'events'), options());
    expect(await other.deliver(line('a'), forever)).toEqual({ type: 'delivered' });
  });

  test('is written only where that is allowed', () => {
    const sinks = (...files: string[]) => new Sinks({ allow: new Set(), files, callbacks: {}, clock: new FakeClock() });
    const file = (path: string) => ({ type: 'file', path }) as const;
    const refused = expect.objectContaining({ code: 'InvalidOption' });
    sinks('/var/log/events').check(file('/var/log/events/pods/a'));
    sinks('-').check(file('-'));
    expect(() => sinks().check(file('/tmp/x'))).toThrowError(refused);
    expect(() => sinks('/var').check(file('-'))).toThrowError(refused);
    for (const path of ['/var/log/events/../x', '/var/log/events', '/var/log/events-2/x', '/etc/passwd']) {
      expect(() => sinks('/var/log/events').check(file(path)), path).toThrowError(refused);
    }
  });
});

describe('a stream', () => {
  test('that takes nothing has failed in time, and is sent each line once when it goes on', async () => {
    const written: string[] = [];
    let take: (() => void) | undefined;
    const stream = new Writable({
      decodeStrings: false,
      write: (text, _, done) => {
        written.push(text);
        if (written.length === 1) take = done;
        else done();
      },
    });
    const clock = new FakeClock();
    const sink = streamSink(stream, { timeout: 10_000, clock });
    const first = sink.deliver(line('a'), forever);
    await settle();
    const second = sink.deliver(line('b'), forever);
    await clock.advance(10_000);
    expect([await first, await second]).toMatchObject([{ type: 'failed' }, { type: 'failed' }]);
    const again = sink.deliver(line('b'), forever);
    take!();
    expect(await again).toEqual({ type: 'delivered' });
    expect(written).toEqual(['"a"\n', '"b"\n']);
    await sink.close();
  });

  test('that breaks fails deliveries, and nothing else', async () => {
    const broken = new Writable({ write: (_chunk, _encoding, callback) => callback(new Error('EPIPE')) });
    for (let sinks = 0; sinks < 20; sinks++) {
      const sink = streamSink(broken, options());
      expect(await sink.deliver(line('a'), forever)).toMatchObject({ type: 'failed' });
      await sink.close();
    }
    await settle();
    // One for all sinks of a stream, however many come and go.
    expect(broken.listenerCount('error')).toBe(1);
  });
});
