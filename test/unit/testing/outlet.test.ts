import { expect, test } from 'vitest';
import { ChunkWriter, type Outlet } from '../../../src/testing/server/outlet.ts';

interface Written {
  readonly chunk: Buffer;
  readonly done: (() => void) | undefined;
}

/** An outlet that keeps what is written to it, and who is to be told that it is done with it. */
function keeping(): { readonly outlet: Outlet; readonly written: Written[] } {
  const written: Written[] = [];
  const outlet: Outlet = {
    closed: false,
    congested: false,
    write: (chunk, done) => void written.push({ chunk, done }),
    drained: () => Promise.resolve(),
    end: () => undefined,
    reset: () => undefined,
    onClose: () => undefined,
  };
  return { outlet, written };
}

test('a chunk stays what it is until it is written, and then its memory is used again', () => {
  const { outlet, written } = keeping();
  const writer = new ChunkWriter(outlet);
  const send = (letter: string, pieces: number) => {
    for (let piece = 0; piece < pieces; piece++)
      writer.add([Buffer.alloc(10_000, letter), Buffer.alloc(10_000, letter)]);
    writer.send();
    return { text: letter.repeat(pieces * 20_000), ...written.at(-1)! };
  };
  const sent = [send('a', 3), send('b', 6), send('c', 1)];
  const intact = () => sent.map(({ chunk, text }) => chunk.toString() === text);
  expect(intact()).toEqual([true, true, true]);
  sent[1]!.done!();
  const memory = sent.splice(1, 1)[0]!.chunk.buffer;
  sent.push(send('d', 4));
  expect(sent.at(-1)!.chunk.buffer).toBe(memory);
  sent.push(send('e', 4));
  expect(intact()).toEqual([true, true, true, true]);
});

test('chunks that are short, and those of a very large object, have memory of their own', () => {
  const { outlet, written } = keeping();
  const writer = new ChunkWriter(outlet);
  for (const bytes of [100, 1_000_000]) {
    writer.add([Buffer.alloc(bytes, 'x')]);
    writer.send();
    expect(written.at(-1)!.done).toBeUndefined();
    expect(written.at(-1)!.chunk.toString()).toBe('x'.repeat(bytes));
  }
  writer.send();
  expect(written.length).toBe(2);
});
