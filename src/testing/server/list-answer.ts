import { createGzip, type Gzip } from 'node:zlib';
import type { Answer, Request } from './answer.ts';
import type { Page } from './list.ts';
import { ChunkWriter, type Outlet } from './outlet.ts';
import type { Representation } from './representation.ts';
import type { StoredObject } from './stored-object.ts';

/** Bodies over this size are compressed if the client asks for it. */
const compressedFrom = 128 * 1024;

/** Sends a list: small ones whole, large ones in chunks at the pace of the client, compressed if that is asked for and pays. */
export async function sendList(
  exchange: { readonly request: Request; readonly answer: Answer },
  page: Page,
  representation: Representation,
): Promise<void> {
  const { open, close } = representation.list(page.metadata);
  const acceptEncoding = String(exchange.request.headers['accept-encoding'] ?? '');
  const compress = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(acceptEncoding);
  const pieces = itemsOf(page.objects, representation);
  const first: Buffer[] = [Buffer.from(open)];
  let size = open.length;
  const threshold = compress ? compressedFrom : 2048;
  let next = pieces.next();
  for (; !next.done && size <= threshold; next = pieces.next()) {
    first.push(...next.value);
    for (const piece of next.value) size += piece.length;
  }
  if (next.done && size + close.length <= threshold) {
    exchange.answer.json(200, Buffer.concat([...first, Buffer.from(close)]));
    return;
  }
  const json = { 'Content-Type': 'application/json' };
  const outlet = compress
    ? compressed(exchange.answer.stream(200, { ...json, 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' }))
    : exchange.answer.stream(200, json);
  const writer = new ChunkWriter(outlet);
  writer.add(first);
  for (; !next.done && !outlet.closed; next = pieces.next()) {
    writer.add(next.value);
    if (writer.full) await writer.flush();
  }
  writer.add([Buffer.from(close)]);
  writer.send();
  outlet.end();
}

const comma = Buffer.from(',');

function* itemsOf(objects: readonly StoredObject[], representation: Representation): Generator<readonly Buffer[]> {
  for (const [index, object] of objects.entries()) {
    const item = representation.item(object);
    yield index === 0 ? item : [comma, ...item];
  }
}

/** An outlet that compresses on the way to another. */
function compressed(outlet: Outlet): Outlet {
  const gzip: Gzip = createGzip({ level: 1 });
  gzip.on('data', (chunk: Buffer) => {
    outlet.write(chunk);
    if (!outlet.congested) return;
    gzip.pause();
    void outlet.drained().then(() => gzip.resume());
  });
  gzip.on('end', () => outlet.end());
  outlet.onClose(() => gzip.destroy());
  let full = false;
  let wake: (() => void) | undefined;
  gzip.on('drain', () => {
    full = false;
    wake?.();
  });
  gzip.on('close', () => wake?.());
  return {
    get closed() {
      return outlet.closed;
    },
    get congested() {
      return full;
    },
    write(chunk, written) {
      if (!gzip.destroyed && !gzip.write(chunk, written)) full = true;
    },
    drained: () =>
      full && !gzip.destroyed
        ? new Promise((resolve) => {
            wake = resolve;
          })
        : Promise.resolve(),
    end: () => void (gzip.destroyed || gzip.end()),
    reset: () => outlet.reset(),
    onClose: (callback) => outlet.onClose(callback),
  };
}
