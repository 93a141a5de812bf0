import type { ApiStatusError } from '../../kubernetes/index.ts';
import type { Clock, Random, Timer } from '../../runtime/index.ts';
import type { Change } from './collection.ts';
import { goJson } from './json.ts';
import { futureRevisionWait } from './list.ts';
import { type ListOptions, parseRevision } from './list-options.ts';
import { ChunkWriter, type Outlet } from './outlet.ts';
import type { Representation } from './representation.ts';
import type { EventType, ResourceType } from './resource-type.ts';
import { rangeOfNamespace } from './sorted-objects.ts';
import { expired, tooLargeResourceVersion } from './status.ts';
import type { Storage } from './storage.ts';
import type { StoredObject } from './stored-object.ts';

/** Milliseconds between the bookmarks of a stream. */
const bookmarkInterval = 60_000;
/** A last bookmark comes this long before the deadline. */
const lastBookmarkBefore = 2_000;
/** Watches without a timeout of their own end after this long, or up to twice that. */
const defaultTimeout = 1_800_000;

/** How the server departs from the protocol on one stream; made by faults. */
export interface WatchManners {
  readonly bookmarks: boolean;
  /** Milliseconds until the mark that ends the initial events; `undefined` if it never comes. */
  readonly initialEventsEndDelay: number | undefined;
}

export interface WatchContext {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: Random;
  readonly type: ResourceType;
  readonly namespace: string;
  readonly options: ListOptions;
  readonly representation: Representation;
  readonly outlet: Outlet;
  readonly manners: WatchManners;
  /** Changes that may wait for a slow reader before the server gives it up. */
  readonly backlogLimit: number;
}

/**
 * One watch: the initial events if asked for, then every change as it happens, until its deadline, its end by the server, or
 * the end of the connection.
 */
export class WatchStream {
  readonly #context: WatchContext;
  readonly #writer: ChunkWriter;
  readonly #timers = new Set<Timer>();
  readonly #abort = new AbortController();
  /** Changes to be sent; those before `#next` are sent already. */
  #changes: Change[] = [];
  #next = 0;
  #wake: (() => void) | undefined;
  #unsubscribe: (() => void) | undefined;
  #ending = false;
  #initialEventsSent = false;

  constructor(context: WatchContext) {
    this.#context = context;
    this.#writer = new ChunkWriter(context.outlet);
    context.outlet.onClose(() => this.end());
  }

  get type(): ResourceType {
    return this.#context.type;
  }

  /** Ends the stream in good order after everything that happened before this call. */
  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#unsubscribe?.();
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#abort.abort();
    this.#wake?.();
  }

  /** Sends an ERROR event and ends the stream. */
  fail(error: ApiStatusError): void {
    if (this.#ending) return;
    this.#sendNow(Buffer.from(`${goJson({ type: 'ERROR', object: error.status })}\n`));
    this.end();
  }

  /** Serves the stream to its end. */
  async run(): Promise<void> {
    const { outlet } = this.#context;
    this.#startDeadline();
    try {
      await this.#serve();
    } finally {
      this.end();
    }
    while (this.#waiting > 0 && !outlet.closed) await this.#sendChanges();
    outlet.end();
  }

  async #serve(): Promise<void> {
    const { storage, type, options } = this.#context;
    const collection = storage.collection(type);
    const anyRevision = options.resourceVersion === '' || options.resourceVersion === '0';
    const asked = anyRevision ? 0 : (parseRevision(options.resourceVersion) ?? 0);
    const initialEvents = options.sendInitialEvents ?? anyRevision;

    if (initialEvents) {
      if (asked > 0 && !(await storage.waitForRevision(asked, futureRevisionWait, this.#abort.signal))) {
        this.fail(tooLargeResourceVersion(asked, storage.revision));
        return;
      }
      if (this.#ending) return;
      const objects = collection.objects();
      const revision = storage.revision;
      this.#subscribe();
      await this.#sendInitialEvents(objects, revision);
    } else {
      if (!anyRevision) {
        const past = collection.changesSince(asked);
        if (!past) {
          this.fail(expired(`too old resource version: ${asked} (${collection.oldestRevision})`));
          return;
        }
        this.#changes.push(...past.filter((change) => this.#concerns(change)));
      }
      this.#initialEventsSent = true;
      this.#subscribe(asked);
    }
    this.#startBookmarks();
    while (!this.#ending) {
      await this.#sendChanges();
      if (this.#ending || this.#waiting > 0) continue;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** @param after changes up to this revision are of no interest (a watch from the future is silent until then). */
  #subscribe(after = 0): void {
    const { storage, type, backlogLimit } = this.#context;
    this.#unsubscribe = storage.collection(type).subscribe((change) => {
      if (change.revision <= after || !this.#concerns(change)) return;
      this.#changes.push(change);
      if (this.#waiting <= backlogLimit) {
        this.#wake?.();
        return;
      }
      // A client that does not read is dropped without a word, as a real server does.
      this.#changes = [];
      this.#next = 0;
      this.end();
    });
  }

  async #sendInitialEvents(objects: readonly StoredObject[], revision: number): Promise<void> {
    const { representation, namespace, options, manners } = this.#context;
    const { start, end } = rangeOfNamespace(objects, namespace);
    for (let index = start; index < end && !this.#abandoned(); index++) {
      const object = objects[index] as StoredObject;
      if (!options.selection.matches(object)) continue;
      this.#writer.add(representation.event('ADDED', object));
      if (this.#writer.full) await this.#writer.flush();
    }
    const { initialEventsEndDelay: delay } = manners;
    if (this.#abandoned()) {
      // The mark would vouch for objects that were never sent.
      this.#writer.send();
      return;
    }
    if (!options.allowWatchBookmarks || delay === undefined) {
      this.#writer.send();
      this.#initialEventsSent = true;
      return;
    }
    const mark = representation.bookmark(revision, true);
    if (delay === 0) this.#writer.add([mark]);
    else this.#setTimer(() => this.#sendNow(mark), delay);
    this.#writer.send();
    this.#initialEventsSent = true;
  }

  get #waiting(): number {
    return this.#changes.length - this.#next;
  }

  /** Sends what waits, one chunk at most. */
  async #sendChanges(): Promise<void> {
    const { representation, outlet } = this.#context;
    while (this.#next < this.#changes.length && !this.#writer.full) {
      const event = this.#see(this.#changes[this.#next++] as Change);
      if (event) this.#writer.add(representation.event(event.type, event.object));
    }
    if (this.#next === this.#changes.length || outlet.closed) {
      this.#changes = [];
      this.#next = 0;
    }
    if (this.#writer.full || outlet.congested) await this.#writer.flush();
    else this.#writer.send();
  }

  #concerns(change: Change): boolean {
    return this.#context.namespace === '' || change.object.namespace === this.#context.namespace;
  }

  /** What a change is to this watch: an object that leaves the selection is deleted, one that enters it is added. */
  #see(change: Change): { readonly type: EventType; readonly object: StoredObject } | undefined {
    const { selection } = this.#context.options;
    if (!selection.restricts) return change;
    const isIn = change.type !== 'DELETED' && selection.matches(change.object);
    const wasIn = change.previous !== undefined && selection.matches(change.previous);
    if (isIn) return { type: wasIn ? 'MODIFIED' : 'ADDED', object: change.object };
    if (!wasIn || !change.previous) return undefined;
    return {
      type: 'DELETED',
      object: change.type === 'DELETED' ? change.object : change.previous.withRevision(change.revision),
    };
  }

  #startDeadline(): void {
    const { options, random } = this.#context;
    const { timeoutSeconds } = options;
    const timeout = timeoutSeconds === undefined ? defaultTimeout * (1 + random()) : timeoutSeconds * 1000;
    this.#setTimer(() => this.end(), timeout);
    if (timeoutSeconds !== undefined && timeout > lastBookmarkBefore) {
      this.#setTimer(() => this.#sendBookmark(), timeout - lastBookmarkBefore);
    }
  }

  #startBookmarks(): void {
    this.#setTimer(() => {
      this.#sendBookmark();
      this.#startBookmarks();
    }, bookmarkInterval);
  }

  #sendBookmark(): void {
    const { options, manners, representation, storage } = this.#context;
    // A bookmark must not overtake the events that it vouches for.
    const upToDate = this.#initialEventsSent && this.#waiting === 0;
    if (!options.allowWatchBookmarks || !manners.bookmarks || !upToDate) return;
    const asked = parseRevision(options.resourceVersion) ?? 0;
    if (asked > storage.revision) return;
    this.#sendNow(representation.bookmark(storage.revision, false));
  }

  #sendNow(bytes: Buffer): void {
    this.#writer.add([bytes]);
    this.#writer.send();
  }

  #abandoned(): boolean {
    return this.#context.outlet.closed || this.#ending;
  }

  #setTimer(callback: () => void, delay: number): void {
    if (this.#ending) return;
    const timer = this.#context.clock.setTimer(() => {
      this.#timers.delete(timer);
      callback();
    }, delay);
    this.#timers.add(timer);
  }
}
