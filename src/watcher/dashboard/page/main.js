import { Api, Refused } from './api.js';
import { Connection } from './connection.js';
import { byId, setPill, setText } from './dom.js';
import { Feed } from './feed.js';
import { Followers } from './followers.js';
import { Kinds } from './kinds.js';
import { Measures } from './measures.js';
import { rowsOf } from './rows.js';

/** @import { ConnectionState } from './connection.js' */
/** @import { Tone } from './dom.js' */
/** @import { Row, Watch } from './rows.js' */

const group = 'apis/watcher.kube-informer.dev/v1alpha1';

const api = new Api(new URL('.', document.baseURI));
const connection = new Connection(poll, showState);
const feed = new Feed(() => {});
const followers = new Followers(api, connection, feed);
const kinds = new Kinds((key, isWanted) => {
  followers.wish(key, isWanted);
  showKinds();
});
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
  const [watches, measures] = await Promise.all([
    /** @type {Promise<{ items: readonly Watch[] }>} */ (api.json(`${group}/watches`, signal)),
    orNothing(api.text('metrics', signal), ''),
  ]);
  rows = rowsOf(watches.items, new Measures(measures));
  showKinds();
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
  if (state.name === 'hidden' || state.name === 'unauthorized') followers.endAll();
}
