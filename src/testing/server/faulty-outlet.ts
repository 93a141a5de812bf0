import type { FaultAction, Progress } from './faults.ts';
import { goJson } from './json.ts';
import type { Outlet } from './outlet.ts';
import { failure } from './status.ts';

/** Puts the faults of `actions` that concern the bytes of a body between the server and `outlet`. */
export function faultyOutlet(outlet: Outlet, actions: readonly FaultAction[]): Outlet {
  let result = outlet;
  for (const action of actions) {
    switch (action.kind) {
      case 'slices':
        result = new SlicingOutlet(result, action.bytes);
        break;
      case 'resetAfter':
        result = new CutOutlet(result, action, (to) => to.reset());
        break;
      case 'endAfter':
        result = new CutOutlet(result, action, (to) => to.end());
        break;
      case 'stallAfter':
        result = new CutOutlet(result, action, () => {});
        break;
      case 'insertLine':
        result = new InsertingOutlet(result, action.events, Buffer.from(`${action.line}\n`));
        break;
      case 'errorEvent': {
        const { status } = failure(action.code, action.reason, action.message ?? 'injected fault', action.details);
        const line = Buffer.from(`${goJson({ type: 'ERROR', object: status })}\n`);
        result = new CutOutlet(result, { events: action.events ?? 0 }, (to) => {
          to.write(line);
          to.end();
        });
        break;
      }
    }
  }
  return result;
}

/** Passes everything on. */
class WrappedOutlet implements Outlet {
  protected readonly inner: Outlet;

  constructor(inner: Outlet) {
    this.inner = inner;
  }

  get closed(): boolean {
    return this.inner.closed;
  }

  get congested(): boolean {
    return this.inner.congested;
  }

  write(chunk: Buffer, written?: () => void): void {
    this.inner.write(chunk, written);
  }

  drained(): Promise<void> {
    return this.inner.drained();
  }

  end(): void {
    this.inner.end();
  }

  reset(): void {
    this.inner.reset();
  }

  onClose(callback: () => void): void {
    this.inner.onClose(callback);
  }
}

/** Where in `chunk` the `count`-th line ends; `-1` if it does not. */
function endOfLines(chunk: Buffer, count: number): number {
  let at = 0;
  for (let line = 0; line < count; line++) {
    at = chunk.indexOf(10, at) + 1;
    if (at === 0) return -1;
  }
  return at;
}

function countLines(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) count++;
  return count;
}

/** Passes on so much and then does something else. What comes later is swallowed, the end too. */
class CutOutlet extends WrappedOutlet {
  readonly #then: (to: Outlet) => void;
  #events: number;
  #bytes: number;
  #cut = false;

  constructor(inner: Outlet, progress: Progress, then: (to: Outlet) => void) {
    super(inner);
    const atOnce = progress.events === undefined && progress.bytes === undefined;
    this.#events = atOnce ? 0 : (progress.events ?? Number.POSITIVE_INFINITY);
    this.#bytes = progress.bytes ?? Number.POSITIVE_INFINITY;
    this.#then = then;
    // The head of the answer goes out before anything is broken.
    if (this.#events === 0 || this.#bytes === 0) setImmediate(() => this.#finish());
  }

  override write(chunk: Buffer): void {
    if (this.#cut) return;
    if (this.#events === 0 || this.#bytes === 0) {
      this.#finish();
      return;
    }
    const byEvents = Number.isFinite(this.#events) ? endOfLines(chunk, this.#events) : -1;
    const byBytes = chunk.length >= this.#bytes ? this.#bytes : -1;
    const limits = [byEvents, byBytes].filter((limit) => limit >= 0);
    if (limits.length > 0) {
      this.inner.write(chunk.subarray(0, Math.min(...limits)));
      this.#finish();
      return;
    }
    this.#events -= countLines(chunk);
    this.#bytes -= chunk.length;
    this.inner.write(chunk);
  }

  override end(): void {
    if (!this.#cut) this.inner.end();
  }

  #finish(): void {
    if (this.#cut || this.inner.closed) return;
    this.#cut = true;
    // A reset overtakes bytes that wait in the socket, so it gets a turn of its own.
    void this.inner.drained().then(() => setImmediate(() => this.#then(this.inner)));
  }
}

class InsertingOutlet extends WrappedOutlet {
  readonly #line: Buffer;
  #events: number;
  #done = false;

  constructor(inner: Outlet, events: number, line: Buffer) {
    super(inner);
    this.#events = events;
    this.#line = line;
    if (events === 0) this.#insert();
  }

  override write(chunk: Buffer): void {
    const at = this.#done ? -1 : endOfLines(chunk, this.#events);
    if (at < 0) {
      if (!this.#done) this.#events -= countLines(chunk);
      this.inner.write(chunk);
      return;
    }
    this.inner.write(chunk.subarray(0, at));
    this.#insert();
    if (at < chunk.length) this.inner.write(chunk.subarray(at));
  }

  #insert(): void {
    this.#done = true;
    this.inner.write(this.#line);
  }
}

/** Writes a few bytes at a time, each in its own turn of the event loop, so that the client reads them apart. */
class SlicingOutlet extends WrappedOutlet {
  readonly #size: number;
  #queue: Buffer[] = [];
  #running = false;
  #ending = false;

  constructor(inner: Outlet, size: number) {
    super(inner);
    this.#size = size;
  }

  override write(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; at += this.#size) this.#queue.push(chunk.subarray(at, at + this.#size));
    if (!this.#running) void this.#run();
  }

  override end(): void {
    this.#ending = true;
    if (!this.#running) this.inner.end();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#queue.length > 0 && !this.inner.closed) {
      const queue = this.#queue;
      this.#queue = [];
      for (const slice of queue) {
        this.inner.write(slice);
        await new Promise<void>((resolve) => setImmediate(resolve));
        if (this.inner.congested) await this.inner.drained();
      }
    }
    this.#running = false;
    if (this.#ending) this.inner.end();
  }
}
