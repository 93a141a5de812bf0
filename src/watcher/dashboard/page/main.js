import { Api, Refused } from './api.js';
import { Chooser } from './chooser.js';
import { Connection, problemOf } from './connection.js';
import { DeadLetters } from './dead-letters.js';
import { byId, setPill, setText } from './dom.js';
import { Feed } from './feed.js';
import { Followers } from './followers.js';
import { Kinds } from './kinds.js';
import { Measures } from './measures.js';
import { rowsOf } from './rows.js';
import { Subscriptions } from './subscriptions.js';
import { Tree } from './tree.js';

/** @import { Relation, Served } from './chooser.js' */
/** @import { ConnectionState } from './connection.js' */
/** @import { DeadLetter } from './dead-letters.js' */
/** @import { Tone } from './dom.js' */
/** @import { Row, Watch } from './rows.js' */
/** @import { Subscription } from './subscriptions.js' */

const group = 'apis/watcher.kube-informer.dev/v1alpha1';

const api = new Api(new URL('.', document.baseURI));
const connection = new Connection(poll, showState);
const tree = new Tree(api, connection, `${group}/relations`, (ref) => chooser.chooseRef(ref));
const chooser = new Chooser(api, (question) => tree.show(question));
const feed = new Feed((chosen) => chooser.choose(chosen));
const followers = new Followers(api, connection, feed);
const kinds = new Kinds((key, isWanted) => {
  followers.wish(key, isWanted);
  showKinds();
});
const subscriptions = new Subscriptions((name, action) =>
  act('subscriptions-note', `subscriptions/${name}/${action}`, action === 'test' ? `${name}: a test was sent.` : ''),
);
const deadLetters = new DeadLetters((name) =>
  act('dead-note', `subscriptions/${name}/deadletters/replay`, `Those of ${name} are tried again.`),
);
/** Dead letters by subscription, and the figures with which they were read. @type {Map<string, { mark: string, items: readonly DeadLetter[] }>} */
const letters = new Map();
/** What the cluster serves, by resource; read again when something else is cached. @type {ReadonlyMap<string, Served>} */
let served = new Map();
let servedFor = '';
/** @type {readonly Row[]} */
let rows = [];

setText(byId('host', HTMLElement), location.host);
byId('retry', HTMLButtonElement).addEventListener('click', () => connection.tryNow());
byId('token-form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const input = byId('token', HTMLInputElement);
  api.useToken(input.value.trim());
  input.value = '';
  connection.tokenEntered();
});
void connection.run();

/** @param {AbortSignal} signal */
async function poll(signal) {
  /** @type {[{ items: readonly Watch[] }, string, List<Subscription> | undefined, List<Relation> | undefined]} */
  const [watches, measures, known, relations] = await Promise.all([
    api.json(`${group}/watches`, signal),
    orNothing(api.text('metrics', signal), ''),
    orNothing(api.json(`${group}/subscriptions`, signal), undefined),
    orNothing(api.json(`${group}/relations`, signal), undefined),
  ]);
  const cached = new Measures(measures);
  rows = rowsOf(watches.items, cached, served);
  const resources = rows.map(({ resource }) => resource).join();
  if (resources !== servedFor) {
    served = await readServed(signal);
    servedFor = resources;
    rows = rowsOf(watches.items, cached, served);
  }
  showKinds();
  chooser.offer(relations?.items, served, rows);
  tree.resume();
  subscriptions.show(known?.items);
  deadLetters.show(known && (await deadLettersOf(known.items, signal)));
}

/** @param {AbortSignal} signal */
async function readServed(signal) {
  /** @type {List<Served>} */
  const { items } = await orNothing(api.json(`${group}/discovery`, signal), { items: [] });
  return new Map(
    items.map((each) => [[each.group, each.version, each.plural].filter((step) => step !== '').join('/'), each]),
  );
}

/** @template T @typedef {{ items: readonly T[] }} List */

/**
 * Reads them where there are some, and other ones than before.
 *
 * @param {readonly Subscription[]} subscriptions
 * @param {AbortSignal} signal
 */
async function deadLettersOf(subscriptions, signal) {
  const names = new Set(subscriptions.map(({ metadata }) => metadata.name));
  for (const name of [...letters.keys()]) if (!names.has(name)) letters.delete(name);
  for (const { metadata, status } of subscriptions) {
    const { name } = metadata;
    const mark = `${status.deadLetters} of ${status.failed}`;
    if (letters.get(name)?.mark === mark) continue;
    /** @type {{ items: readonly DeadLetter[] }} */
    const none = { items: [] };
    const path = `${group}/subscriptions/${encodeURIComponent(name)}/deadletters`;
    const { items } = status.deadLetters === 0 ? none : await orNothing(api.json(path, signal), none);
    letters.set(name, { mark, items });
  }
  return new Map(Array.from(letters, ([name, { items }]) => [name, items]));
}

/**
 * Does something, says that it is done, and shows what came of it.
 *
 * @param {string} note Where it is said.
 * @param {string} path
 * @param {string} done
 */
async function act(note, path, done) {
  const element = byId(note, HTMLElement);
  try {
    await api.post(`${group}/${path}`, new AbortController().signal);
    setText(element, done);
    connection.tryNow();
  } catch (thrown) {
    setText(element, problemOf(thrown));
  }
}

function showKinds() {
  followers.follow(rows);
  kinds.show(rows, (row) => ({ isFollowed: followers.isFollowed(row), why: followers.refusalOf(row) }));
}

/**
 * What a part of the service says that need not be there, or not for everybody.
 *
 * @template T
 * @param {Promise<T>} answer
 * @param {T} nothing
 */
async function orNothing(answer, nothing) {
  try {
    return await answer;
  } catch (thrown) {
    if (thrown instanceof Refused && (thrown.status === 404 || thrown.status === 403)) return nothing;
    throw thrown;
  }
}

/** @param {ConnectionState} state */
function showState(state) {
  /** @type {Record<ConnectionState['name'], [text: string, tone: Tone]>} */
  const words = {
    connecting: ['Connecting', 'info'],
    connected: ['Connected', 'good'],
    hidden: ['Paused', 'calm'],
    lost: ['Disconnected', 'warn'],
    unauthorized: ['Signed out', 'calm'],
  };
  document.body.dataset.connection = state.name;
  setPill(byId('connection', HTMLElement), ...words[state.name]);
  byId('banner', HTMLElement).hidden = state.name !== 'lost';
  if (state.name === 'lost') {
    const text = `${state.problem} What is shown is old. The next try is in ${state.seconds} s.`;
    setText(byId('banner-text', HTMLElement), text);
  }
  const form = byId('token-form', HTMLFormElement);
  const wasHidden = form.hidden;
  form.hidden = state.name !== 'unauthorized';
  if (state.name === 'unauthorized') {
    if (state.again) setText(byId('token-hint', HTMLElement), 'The service does not know this token. Another one?');
    if (wasHidden) byId('token', HTMLInputElement).focus();
  }
  if (state.name === 'hidden' || state.name === 'unauthorized') {
    followers.endAll();
    tree.end();
  }
}
