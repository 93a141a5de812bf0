import { Refused } from './api.js';

/** @import { Api } from './api.js' */
/** @import { Connection } from './connection.js' */
/** @import { Feed } from './feed.js' */
/** @import { Row } from './rows.js' */

/** A browser opens six connections to a server: one is for a tree, one for everything else. */
const maxStreams = 4;
/** What is sent of an object: what a line of the feed says, and where to go on. */
const fields = [
  'metadata.name',
  'metadata.namespace',
  'metadata.resourceVersion',
  'metadata.deletionTimestamp',
  'status.phase',
  'status.readyReplicas',
  'spec.replicas',
].join();
/** Milliseconds between two tries of one stream; twice as many after each failure. */
const pause = 500;
const longest = 30_000;

/**
 * The watches behind the feed.
 *
 * Invariants: at most `maxStreams` are open; one that ends is opened again from where it was, and if that can't be, the feed says so.
 */
export class Followers {
  #api;
  #connection;
  #feed;
  /** By key of the kind. @type {Map<string, { row: Row, ending: AbortController }>} */
  #followed = new Map();
  /** What was chosen by hand. @type {Map<string, boolean>} */
  #wishes = new Map();

  /**
   * @param {Api} api
   * @param {Connection} connection
   * @param {Feed} feed
   */
  constructor(api, connection, feed) {
    this.#api = api;
    this.#connection = connection;
    this.#feed = feed;
  }

  /** @param {string} key @param {boolean} isWanted */
  wish(key, isWanted) {
    this.#wishes.set(key, isWanted);
  }

  /** Opens what is wanted and has room, closes what is gone. @param {readonly Row[]} rows */
  follow(rows) {
    const known = new Map(rows.map((row) => [row.key, row]));
    for (const key of [...this.#followed.keys()]) {
      const row = known.get(key);
      if (!row || !this.#isWanted(row)) this.#end(key);
    }
    for (const row of rows) {
      if (this.#followed.has(row.key) || !this.#isWanted(row) || this.refusalOf(row) !== '') continue;
      const ending = new AbortController();
      this.#followed.set(row.key, { row, ending });
      for (const path of row.streams) void this.#stream(row, path, ending.signal);
    }
  }

  /** Ends them all; `follow` begins them again. */
  endAll() {
    for (const key of [...this.#followed.keys()]) this.#end(key);
  }

  /** @param {Row} row */
  isFollowed(row) {
    return this.#followed.has(row.key);
  }

  /** Why a kind can't be in the feed, or ''. @param {Row} row */
  refusalOf(row) {
    if (this.#followed.has(row.key)) return '';
    if (row.streams.length === 0) return 'This one can not be watched from here.';
    const open = [...this.#followed.values()].reduce((sum, { row }) => sum + row.streams.length, 0);
    return open + row.streams.length > maxStreams
      ? `At most ${maxStreams} at a time: a browser opens few connections.`
      : '';
  }

  /** Those with names are followed unless it was chosen otherwise; those that others asked for are not. @param {Row} row */
  #isWanted(row) {
    return this.#wishes.get(row.key) ?? row.isNamed;
  }

  /** @param {string} key */
  #end(key) {
    this.#followed.get(key)?.ending.abort();
    this.#followed.delete(key);
  }

  /**
   * @param {Row} row
   * @param {string} path
   * @param {AbortSignal} signal
   */
  async #stream({ resource, title }, path, signal) {
    let version = '';
    let failures = 0;
    // Before it was open nothing can be missing.
    let isSaid = true;
    while (!signal.aborted) {
      await this.#connection.connected();
      if (signal.aborted) return;
      const start = version === '' ? { sendInitialEvents: 'false' } : { resourceVersion: version };
      const query = new URLSearchParams({ watch: '1', allowWatchBookmarks: '1', 'x-fields': fields, ...start });
      const mark = path.includes('?') ? '&' : '?';
      let last = '';
      if (!isSaid && version === '') this.#feed.addNote(`Changes of ${title} may be missing here: contact was lost.`);
      isSaid = true;
      try {
        await this.#api.lines(`${path}${mark}${query}`, signal, (lines) => {
          failures = 0;
          isSaid = false;
          last = lines.at(-1) ?? last;
          const events = lines.filter((line) => !beside.test(line));
          if (events.length > 0) this.#feed.add(resource, events);
        });
      } catch (thrown) {
        if (signal.aborted) return;
        if (thrown instanceof Refused) {
          if (thrown.status === 410) version = '';
          else if (thrown.status !== 401 && failures === 0) this.#feed.addNote(`${title}: ${thrown.message}`);
        }
        failures++;
      }
      version = versionOf(last, version);
      await new Promise((resolve) => setTimeout(resolve, Math.min(longest, pause * 2 ** failures)));
    }
  }
}

/** Lines that tell of no object. */
const beside = /^\{"type":"(BOOKMARK|ERROR)"/;

/**
 * From where to go on after this line. An error, of which there is one kind, says that there is no such place.
 *
 * @param {string} line
 * @param {string} known
 * @returns {string}
 */
function versionOf(line, known) {
  if (line === '') return known;
  const { type, object } = JSON.parse(line);
  return type === 'ERROR' ? '' : object.metadata.resourceVersion;
}
