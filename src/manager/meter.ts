import type { InformerEvent, InformerStatus } from '../informer/index.ts';
import { gvrText, type KubeObject } from '../kubernetes/index.ts';
import { classifyFailure, type ReflectorState } from '../reflector/index.ts';
import type { Clock, KubeInformerError } from '../runtime/index.ts';
import { type ManagerMeasureName, type ManagerMessage, managerChannel } from './diagnostics.ts';
import type { Verdict } from './health-rules.ts';
import type { SourceSpec } from './request.ts';
import type { RestartReason, Source } from './source.ts';
import type { Watch } from './watch.ts';

type Labels = Readonly<Record<string, string>>;
type Phase = ReflectorState['phase'];

/** What was last seen of a source, to tell what has happened since. */
interface Seen {
  readonly phase: Phase;
  readonly lastSyncAt: number | undefined;
  /** Something failed in this phase: it does not end in good order. */
  readonly failed: boolean;
}

/** The gauges of one resource, summed over its sources. */
interface Gauges {
  readonly labels: Labels;
  readonly verdicts: Map<Verdict, number>;
  objects: number;
  bytes: number;
  watches: number;
  queued: number;
  silence: number;
}

/** Counts, measures and publishes, as long as somebody listens. */
export class Meter {
  readonly #manager: string;
  readonly #clock: Clock;
  readonly #seen = new WeakMap<Source, Seen>();
  /** Resources with series, and the verdicts under which their sources were counted. */
  #published = new Map<string, { readonly labels: Labels; readonly verdicts: ReadonlySet<Verdict> }>();

  constructor(manager: string, clock: Clock) {
    this.#manager = manager;
    this.#clock = clock;
  }

  get active(): boolean {
    return managerChannel.hasSubscribers;
  }

  /** The informer of a source has changed its state. */
  state(source: Source, status: InformerStatus): void {
    const [reflector] = status.reflectors.values();
    if (!reflector) return;
    const { phase } = reflector.state;
    const before = this.#seen.get(source);
    const { lastSyncAt } = reflector;
    if (before?.phase !== phase) this.#seen.set(source, { phase, lastSyncAt, failed: false });
    if (!this.active) return;
    if (lastSyncAt !== before?.lastSyncAt && lastSyncAt !== undefined) {
      this.#count('lists_total', source.spec, { outcome: 'success' });
    }
    if (phase === before?.phase) return;
    if (phase === 'live') this.#count('watches_started_total', source.spec, { outcome: 'success' });
    if (before?.phase === 'live' && !before.failed && phase !== 'stopped') {
      this.#count('watch_disconnects_total', source.spec, { reason: 'renewed' });
    }
  }

  /** Something failed; the state is still the one in which it did. */
  failure(source: Source, error: KubeInformerError): void {
    const seen = this.#seen.get(source);
    if (seen) this.#seen.set(source, { ...seen, failed: true });
    if (!this.active) return;
    const outcome = classifyFailure(error);
    if (seen?.phase === 'listing') this.#count('lists_total', source.spec, { outcome });
    if (seen?.phase === 'connecting') this.#count('watches_started_total', source.spec, { outcome });
    if (seen?.phase === 'live') this.#count('watch_disconnects_total', source.spec, { reason: outcome });
  }

  restart({ spec }: Source, reason: RestartReason): void {
    if (this.active) this.#count('restarts_total', spec, { reason });
  }

  event(watch: Watch, event: InformerEvent<KubeObject>): void {
    if (!this.active) return;
    const { collection } = watch.plan;
    const origin = originOf(event);
    this.#count('events_total', collection, { type: event.type, origin });
    // When a later state came to be, its object does not say.
    if (event.type !== 'add' || origin !== 'live') return;
    const created = Date.parse(event.object.metadata.creationTimestamp);
    const lag = (this.#clock.now() - created) / 1_000;
    if (lag >= 0) this.#publish('histogram', 'event_lag_seconds', labelsOf(collection), lag);
  }

  call(watch: Watch, seconds: number, failed: boolean): void {
    if (!this.active) return;
    const { collection } = watch.plan;
    this.#publish('histogram', 'handler_seconds', labelsOf(collection), seconds);
    if (failed) this.#count('handler_errors_total', collection, {});
  }

  /** Publishes the gauges, and the end of the series whose resources have no source any more. */
  gauges(sources: Iterable<Source>, watches: Iterable<Watch>): void {
    if (!this.active && this.#published.size === 0) return;
    const all = new Map<string, Gauges>();
    for (const source of sources) this.#addSource(of(all, source.spec), source);
    for (const watch of watches) {
      const gauges = of(all, watch.plan.collection);
      gauges.watches++;
      gauges.queued += watch.lag;
    }
    const published = this.#published;
    this.#published = new Map();
    for (const [key, gauges] of all) {
      const { labels, verdicts } = gauges;
      for (const verdict of published.get(key)?.verdicts ?? []) {
        if (!verdicts.has(verdict)) this.#publish('gauge', 'sources', { ...labels, verdict }, 0);
      }
      for (const [verdict, count] of verdicts) this.#publish('gauge', 'sources', { ...labels, verdict }, count);
      this.#publish('gauge', 'watches', labels, gauges.watches);
      this.#publish('gauge', 'objects', labels, gauges.objects);
      this.#publish('gauge', 'store_bytes', labels, gauges.bytes);
      this.#publish('gauge', 'queue_depth', labels, gauges.queued);
      this.#publish('gauge', 'last_contact_seconds', labels, gauges.silence);
      this.#published.set(key, { labels, verdicts: new Set(verdicts.keys()) });
    }
    for (const [key, { labels }] of published) {
      if (!all.has(key)) this.#send({ manager: this.#manager, kind: 'gone', labels });
    }
  }

  #addSource(gauges: Gauges, source: Source): void {
    const { verdict } = source.judgement;
    const { lastContactAt, bytes } = source.view();
    gauges.verdicts.set(verdict, (gauges.verdicts.get(verdict) ?? 0) + 1);
    gauges.objects += source.informer.indexer.size;
    gauges.bytes += bytes ?? 0;
    const silence = lastContactAt === undefined ? 0 : (this.#clock.now() - lastContactAt) / 1_000;
    gauges.silence = Math.max(gauges.silence, silence);
  }

  #count(name: ManagerMeasureName, spec: SourceSpec, labels: Labels): void {
    this.#publish('counter', name, { ...labelsOf(spec), ...labels }, 1);
  }

  #publish(kind: 'counter' | 'gauge' | 'histogram', name: ManagerMeasureName, labels: Labels, value: number): void {
    this.#send({ manager: this.#manager, kind, name, labels, value });
  }

  #send(message: ManagerMessage): void {
    managerChannel.publish(message);
  }
}

function of(all: Map<string, Gauges>, spec: SourceSpec): Gauges {
  const key = gvrText(spec.gvr);
  let gauges = all.get(key);
  if (!gauges) {
    const labels = labelsOf(spec);
    gauges = { labels, verdicts: new Map(), objects: 0, bytes: 0, watches: 0, queued: 0, silence: 0 };
    all.set(key, gauges);
  }
  return gauges;
}

function labelsOf({ gvr: { group, version, resource } }: SourceSpec): Labels {
  return { group, version, resource };
}

function originOf(event: InformerEvent<KubeObject>): 'live' | 'initial' | 'relist' | 'resync' {
  if (event.type === 'add') return event.isInInitialList ? 'initial' : 'live';
  if (event.type === 'update') return event.isResync ? 'resync' : 'live';
  return event.finalStateUnknown ? 'relist' : 'live';
}
