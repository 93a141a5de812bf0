import { hostname } from 'node:os';
import { ApiStatusError, type DeepReadonly, defineResource, type KubeObject } from '../kubernetes/index.ts';
import { asKubeInformerError, type Clock, type KubeInformerError, systemClock, warnUnheard } from '../runtime/index.ts';
import type { KubeClient, ResourceClient } from '../transport/index.ts';
import { timestamp } from './conditions.ts';
import { isAbort } from './outcome.ts';

export interface EventRecorderOptions {
  /** Who reports: the name of the controller. */
  readonly component: string;
  /** Which of its instances. Default: the name of the host, which is the pod's inside a cluster. */
  readonly instance?: string;
  /** Hears of events that could not be written. Default: a process warning. */
  readonly onError?: (error: KubeInformerError) => void;
  /** Default: the system clock. */
  readonly clock?: Clock;
}

/** What there is to say about an object. */
export interface ObjectEvent {
  /** Default: `Normal`. */
  readonly type?: 'Normal' | 'Warning';
  /** In CamelCase: `Scaled`, `HostTaken`. */
  readonly reason: string;
  /** For people. Repetitions are counted only if the text is the same: no times, no counters. Longer than 1,024 characters, it is cut. */
  readonly message: string;
}

interface CoreEvent extends KubeObject {
  readonly count?: number;
}

/** What of an event is new each time, beside where it stands. */
interface NewEvent {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly lastTimestamp: string;
  readonly source: object;
  readonly reportingInstance: string;
}

const events = defineResource<CoreEvent>({ group: '', version: 'v1', kind: 'Event', plural: 'events' });
const maxMessage = 1024;
/** The longest name that the server takes. */
const maxName = 253;
/** Somebody else may count the same event at the same time. */
const maxAttempts = 5;

/**
 * Writes Kubernetes Events, which `kubectl describe` shows below the object. The name of an event follows from what it says about
 * which object, so the same statement is one Event with a `count`, however often it is made and by however many processes: nothing
 * has to be remembered, and a controller that was killed and does its last step again makes no second Event. Takes the verbs `get`,
 * `create` and `patch` on events.
 *
 * @example
 * const recorder = new EventRecorder(factory.client, { component: 'widget-operator' });
 * await recorder.record(pod, { reason: 'Painted', message: 'It is blue now.' });
 */
export class EventRecorder {
  readonly #events: ResourceClient<CoreEvent>;
  readonly #options: EventRecorderOptions;
  readonly #clock: Clock;

  constructor(client: KubeClient, options: EventRecorderOptions) {
    this.#events = client.resource<CoreEvent>(events);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Says something about an object. Resolves when it is written, or given up: events are a courtesy, so this never rejects, and what
   * went wrong goes to `onError`.
   */
  async record(object: DeepReadonly<KubeObject>, event: ObjectEvent, signal?: AbortSignal): Promise<void> {
    try {
      await this.#write(this.#eventOf(object, event), signal);
    } catch (thrown) {
      if (signal?.aborted && isAbort(thrown, signal)) return;
      const prefix = `the event ${event.reason} of ${object.kind} ${object.metadata.name} was not written`;
      const { onError = warnUnheard } = this.#options;
      onError(asKubeInformerError(thrown, 'ConnectionFailed', prefix, 'See the cause.'));
    }
  }

  /** Counts the event if there is one, creates it else; again if somebody else did the same meanwhile, or it expired. */
  async #write(event: NewEvent, signal: AbortSignal | undefined): Promise<void> {
    const { name, namespace } = event.metadata;
    for (let attempt = 1; ; attempt++) {
      try {
        const known = await this.#events.get(name, { namespace, signal }).catch(unlessAbsent);
        if (!known) {
          await this.#events.create(event, { signal });
          return;
        }
        const { count = 1, metadata } = known;
        const { lastTimestamp, reportingInstance, source } = event;
        const { resourceVersion } = metadata;
        const again = { metadata: { resourceVersion }, count: count + 1, lastTimestamp, reportingInstance, source };
        await this.#events.patch(name, again, { type: 'merge', namespace, signal });
        return;
      } catch (thrown) {
        const raced = thrown instanceof ApiStatusError && (thrown.status.code === 409 || thrown.status.code === 404);
        if (!raced || attempt === maxAttempts || isTerminating(thrown)) throw thrown;
      }
    }
  }

  #eventOf(object: DeepReadonly<KubeObject>, { type = 'Normal', reason, message }: ObjectEvent): NewEvent {
    const { apiVersion, kind, metadata } = object;
    const { component, instance = hostname() } = this.#options;
    const text = message.slice(0, maxMessage);
    const what = [component, apiVersion, kind, metadata.uid, type, reason, text];
    // Not imported: who records no events need not load it.
    const { createHash } = process.getBuiltinModule('node:crypto');
    const hash = createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 16);
    // Events of cluster-scoped objects live in `default`.
    const namespace = metadata.namespace ?? 'default';
    const now = timestamp(this.#clock);
    const start = metadata.name.slice(0, maxName - hash.length - 1).replace(/[-.]+$/, '');
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${start}.${hash}`, namespace },
      involvedObject: {
        apiVersion,
        kind,
        namespace: metadata.namespace,
        name: metadata.name,
        uid: metadata.uid,
        resourceVersion: metadata.resourceVersion,
      },
      type,
      reason,
      message: text,
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
      source: { component, host: instance },
      reportingComponent: component,
      reportingInstance: instance,
    };
    return event;
  }
}

function unlessAbsent(thrown: unknown): undefined {
  if (thrown instanceof ApiStatusError && thrown.status.code === 404) return undefined;
  throw thrown;
}

/** Nothing can be created in a namespace that is being deleted (403), or in one that is gone (404 for the namespace itself). */
function isTerminating(thrown: ApiStatusError): boolean {
  return thrown.status.code === 404 && thrown.status.details?.kind === 'namespaces';
}
