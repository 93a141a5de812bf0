import { byId, make } from './dom.js';
import { pathOf } from './rows.js';

/** @import { Api } from './api.js' */
/** @import { Chosen } from './feed.js' */
/** @import { Row } from './rows.js' */
/** @import { Ref } from './tree.js' */

/** A kind that the cluster serves. @typedef {{ group: string, version: string, kind: string, plural: string }} Served */
/** A relation that the service knows. @typedef {{ metadata: { name: string }, spec: { links: readonly { from: { kind: string }, to: { kind: string } }[] } }} Relation */

/** Names that are offered while somebody types, so many milliseconds after the last key. */
const offered = 20;
const hesitation = 200;

/** Chooses an object and a relation: by hand, from the feed, or from a tree. */
export class Chooser {
  #api;
  #onChoose;
  #kind = byId('tree-kind', HTMLSelectElement);
  #name = byId('tree-name', HTMLInputElement);
  #names = byId('tree-names', HTMLElement);
  #relation = byId('tree-relation', HTMLSelectElement);
  #asking = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** Where the objects of a resource are listed from a cache that is there. @type {Map<string, string>} */
  #paths = new Map();
  /** @type {readonly Relation[]} */
  #relations = [];
  /** By resource, as `apps/v1/deployments`. @type {ReadonlyMap<string, Served>} */
  #served = new Map();

  /**
   * @param {Api} api
   * @param {(question: { relation: string, root: string }) => void} onChoose
   */
  constructor(api, onChoose) {
    this.#api = api;
    this.#onChoose = onChoose;
    this.#kind.addEventListener('change', () => {
      this.#name.value = '';
      this.#offerRelations();
      void this.#offerNames();
    });
    this.#name.addEventListener('focus', () => void this.#offerNames());
    this.#name.addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#offerNames(), hesitation);
    });
    this.#relation.addEventListener('change', () => this.#choose());
    byId('tree-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      this.#choose();
    });
  }

  /**
   * @param {readonly Relation[] | undefined} relations `undefined` if the service has none.
   * @param {ReadonlyMap<string, Served>} served
   * @param {readonly Row[]} rows What is cached.
   */
  offer(relations, served, rows) {
    byId('tree-card', HTMLElement).hidden = relations === undefined;
    this.#relations = relations ?? [];
    this.#served = served;
    this.#paths = new Map(
      rows.flatMap(({ resource, streams: [path] }) => (path === undefined ? [] : [[resource, path]])),
    );
    for (const { resource } of rows) if (served.has(resource)) this.#addKind(resource);
    if (this.#relation.options.length === 0) this.#offerRelations();
  }

  /** An object of the feed. @param {Chosen} chosen */
  choose({ resource, namespace, name }) {
    if (!this.#served.has(resource)) return;
    this.#addKind(resource);
    const isOther = this.#kind.value !== resource;
    this.#kind.value = resource;
    this.#name.value = namespace === undefined ? name : `${namespace}/${name}`;
    if (isOther) this.#offerRelations();
    this.#choose();
  }

  /** An object of a tree. @param {Ref} ref */
  chooseRef({ apiVersion, kind, namespace, name }) {
    const found = [...this.#served].find(
      ([resource, served]) => served.kind === kind && resource.startsWith(`${apiVersion}/`),
    );
    if (found) this.choose({ resource: found[0], namespace, name });
  }

  #choose() {
    const { value } = this.#name;
    const resource = this.#kind.value;
    const slash = value.indexOf('/');
    const name = value.slice(slash + 1).trim();
    if (name === '' || this.#relation.value === '') return;
    const path = pathOf(resource, slash < 0 ? undefined : value.slice(0, slash).trim());
    const root = `${path.replace(/^cache\/apis?\//, '')}/${encodeURIComponent(name)}`;
    this.#onChoose({ relation: this.#relation.value, root });
  }

  /** @param {string} resource */
  #addKind(resource) {
    if (Array.from(this.#kind.options).some(({ value }) => value === resource)) return;
    this.#kind.append(make('option', { value: resource }, this.#served.get(resource)?.kind ?? resource));
  }

  /** Those that the kind has a place in: first those that begin with it, last those for any kind. */
  #offerRelations() {
    const kind = this.#served.get(this.#kind.value)?.kind;
    const rank = (/** @type {Relation} */ { spec: { links } }) => {
      if (links.length === 0) return 2;
      if (links[0]?.from.kind === kind) return 0;
      return links.some(({ from, to }) => from.kind === kind || to.kind === kind) ? 1 : 3;
    };
    const fitting = this.#relations.filter((relation) => rank(relation) < 3).sort((a, b) => rank(a) - rank(b));
    this.#relation.replaceChildren(...fitting.map(({ metadata: { name } }) => make('option', { value: name }, name)));
  }

  async #offerNames() {
    this.#asking.abort();
    this.#asking = new AbortController();
    const resource = this.#kind.value;
    const path = this.#paths.get(resource);
    this.#names.replaceChildren();
    if (path === undefined) return;
    const text = this.#name.value.slice(this.#name.value.indexOf('/') + 1);
    const fields = 'metadata.namespace,metadata.name';
    const query = new URLSearchParams({
      limit: String(offered),
      'x-fields': fields,
      ...(text !== '' && { 'x-nameContains': text }),
    });
    try {
      /** @type {{ items: readonly { metadata: { namespace?: string, name: string } }[] }} */
      const { items } = await this.#api.json(`${path}${path.includes('?') ? '&' : '?'}${query}`, this.#asking.signal);
      const names = items.map(({ metadata }) => [metadata.namespace, metadata.name].filter(Boolean).join('/'));
      this.#names.replaceChildren(...names.map((value) => make('option', { value })));
    } catch {
      // They are a help, and not needed: somebody typed on, or the names are not for them to see.
    }
  }
}
