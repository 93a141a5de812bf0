/** @import { Tone } from './dom.js' */
/** @import { Measures } from './measures.js' */

/**
 * A watch as the service shows it, as far as the page looks at it.
 *
 * @typedef {{
 *   metadata: { name: string },
 *   spec: {
 *     target: { kind: string },
 *     namespaces: '*' | readonly string[],
 *     labelSelector: string,
 *     fieldSelector: string,
 *     metadataOnly: boolean,
 *   },
 *   status: {
 *     phase: string,
 *     source?: string,
 *     objects: number,
 *     lastContactTime?: string,
 *     conditions: readonly { status: string, message?: string }[],
 *   },
 * }} Watch
 */

/**
 * A cached kind, for the table.
 *
 * @typedef {{
 *   key: string,
 *   title: string,
 *   sub: string,
 *   phase: string,
 *   tone: Tone,
 *   problem: string,
 *   objects: number,
 *   events: number | undefined,
 *   waiting: number | undefined,
 *   silence: number | undefined,
 *   streams: readonly string[],
 *   resource: string,
 *   isNamed: boolean,
 * }} Row
 *
 * `events` is how many there have been; `silence` is in seconds; `streams` are the paths whose watches together are all events, none if there are no such.
 */

/** @type {Readonly<Record<string, Tone>>} */
const tones = {
  Live: 'good',
  Starting: 'info',
  Pending: 'info',
  Disconnected: 'warn',
  Suspended: 'warn',
  Failed: 'bad',
  Stopped: 'calm',
};

/** What informers call their phases, in the words of watches. */
/** @type {Readonly<Record<string, string>>} */
const phases = {
  idle: 'Starting',
  listing: 'Starting',
  live: 'Live',
  reconnecting: 'Disconnected',
  suspended: 'Suspended',
  stopped: 'Stopped',
  failed: 'Failed',
};

/**
 * The kinds that are cached: those with watches by name, then those that queries began.
 *
 * @param {readonly Watch[]} watches
 * @param {Measures} measures
 * @param {ReadonlyMap<string, { kind: string }>} served Kinds by resource.
 * @returns {Row[]}
 */
export function rowsOf(watches, measures, served) {
  const events = measures.by('reflector_events_total', 'name');
  const waiting = measures.by('informer_handler_lag', 'name');
  const silence = measures.by('informer_contact_age_seconds', 'name');
  const states = measures.current('informer_phase', 'name', 'phase');
  /** @type {Map<string, Row>} */
  const rows = new Map();
  for (const { metadata, spec, status } of watches) {
    const key = status.source ?? `watch ${metadata.name}`;
    if (rows.has(key)) continue;
    const resource = resourceOf(key);
    rows.set(key, {
      key,
      title: spec.target.kind,
      sub: key,
      phase: status.phase,
      tone: tones[status.phase] ?? 'calm',
      problem: status.conditions.find(({ status, message }) => status === 'False' && message)?.message ?? '',
      objects: status.objects,
      events: events.get(key),
      waiting: waiting.get(key),
      silence: silence.get(key) ?? ageOf(status.lastContactTime),
      streams: status.source === undefined ? [] : streamsOf(resource, spec),
      resource,
      isNamed: true,
    });
  }
  for (const [key, objects] of measures.by('cached_objects', 'kind')) {
    if (rows.has(key)) continue;
    const phase = phases[states.get(key) ?? 'idle'] ?? 'Starting';
    const resource = resourceOf(key);
    rows.set(key, {
      key,
      title: served.get(resource)?.kind ?? resource.slice(resource.lastIndexOf('/') + 1),
      sub: `${key} · on demand`,
      phase,
      tone: tones[phase] ?? 'calm',
      problem: '',
      objects,
      events: events.get(key),
      waiting: waiting.get(key),
      silence: silence.get(key),
      // What is cached in part only, and by no watch with a name, can't be told from its key.
      streams: key === resource ? [pathOf(resource)] : [],
      resource,
      isNamed: false,
    });
  }
  return [...rows.values()];
}

/** `apps/v1/deployments` of `apps/v1/deployments namespaces=a`. @param {string} key */
function resourceOf(key) {
  return key.split(' ', 1)[0] ?? key;
}

/**
 * Where the API serves a resource, or an object of it.
 *
 * @param {string} resource `v1/pods`, `apps/v1/deployments`
 * @param {string} [namespace]
 */
export function pathOf(resource, namespace) {
  const steps = resource.split('/');
  const plural = steps.pop() ?? '';
  const scope = namespace === undefined ? [] : ['namespaces', encodeURIComponent(namespace)];
  return ['cache', steps.length === 1 ? 'api' : 'apis', ...steps, ...scope, plural].join('/');
}

/**
 * One path for each namespace; with the parameters that lead to the same cache, since the page is not to begin any.
 *
 * @param {string} resource
 * @param {Watch['spec']} spec
 */
function streamsOf(resource, { namespaces, labelSelector, fieldSelector, metadataOnly }) {
  if (metadataOnly) return [];
  const hasSelector = labelSelector !== '' || fieldSelector !== '';
  // A cache for selectors and several namespaces is reached by no query.
  if (hasSelector && namespaces !== '*' && namespaces.length > 1) return [];
  const query = hasSelector ? `?${new URLSearchParams({ 'x-dedicated': 'true', labelSelector, fieldSelector })}` : '';
  const scopes = namespaces === '*' ? [undefined] : namespaces;
  return scopes.map((namespace) => pathOf(resource, namespace) + query);
}

/** @param {string | undefined} time */
function ageOf(time) {
  return time === undefined ? undefined : Math.max(0, (Date.now() - Date.parse(time)) / 1_000);
}
