import {
  abortable,
  asKubeInformerError,
  type Clock,
  KubeClient,
  type KubeConfigLike,
  type KubeInformerError,
  loadKubeConfig,
  type Random,
  systemClock,
  warnUnheard,
} from '../index.ts';
import { Catalogue, type KindStatus, Kinds, NamedWatches } from './cache/index.ts';
import { checkConfig, type WatcherConfig, type WatcherConfigInput } from './config/index.ts';
import {
  accessOf,
  ChangingAccess,
  ControlCollections,
  controlPlane,
  DataPlane,
  Health,
  HttpServer,
  type Metrics,
  Streams,
  serviceMetrics,
} from './http/index.ts';
import { QueryService } from './query/index.ts';
import { type Relation, Relations } from './relations/index.ts';
import { Reloader, type ReloadReport } from './reload/index.ts';
import { Election, type SinkCallback, type SubscriptionStatus, Subscriptions } from './subscriptions/index.ts';

export interface WatcherOptions {
  /** The cluster, if it is not the one that the configuration says. */
  readonly cluster?: KubeConfigLike;
  /** Told of everything that goes wrong, with the kind that it concerns. The service deals with it itself. Default: a process warning. */
  readonly onError?: (error: KubeInformerError, source: string) => void;
  /** Receivers that sinks of the type `callback` name. */
  readonly callbacks?: Readonly<Record<string, SinkCallback>>;
  /** Default: the clock of the process. */
  readonly clock?: Clock;
  readonly random?: Random;
  /** Relations of your own, made by `defineRelation`, beside those that are built in. */
  readonly relations?: readonly Relation[];
}

/** A watcher that runs. */
export interface Watcher extends AsyncDisposable {
  /** Where it listens. */
  readonly url: string;
  /** The one that runs; another after a `reload`. */
  readonly config: WatcherConfig;
  /**
   * Takes up another configuration: watches and subscriptions that are new, other or gone, `onDemandWatch`, and the tokens of `server.auth`. Everything else goes on untouched.
   * It is taken as a whole or not at all.
   *
   * @param input a configuration, or a function that reads it: should it throw, that counts as a configuration that is refused.
   * @throws ConfigError if it can't be used; KubeInformerError `RestartNeeded` if it differs in what can't change while the service runs, `InvalidOption` and
   * `MissingPackage` if a sink can't be. The old configuration stays then.
   */
  reload(input: WatcherConfigInput | (() => WatcherConfigInput)): Promise<ReloadReport>;
  /** Resolves when everything configured is cached; rejects with the reason of the signal. */
  ready(signal?: AbortSignal): Promise<void>;
  /** What is cached, kind by kind. */
  kinds(): KindStatus[];
  /** Who is told of what, and how that goes. */
  subscriptions(): SubscriptionStatus[];
  /** Ends it. Nothing is left when the promise resolves. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts the resource watcher: it listens, then watches what is configured. Queries that come before their kind has synced wait for it.
 *
 * @throws KubeInformerError `InvalidConfig`, `InvalidOption` if two relations have one name, `InvalidKubeConfig`, `ConnectionFailed` if the address can't be listened on
 * @example
 * await using watcher = await createWatcher({ watches: [{ name: 'pods', target: { version: 'v1', kind: 'Pod' } }] });
 * await watcher.ready();
 * const pods = await (await fetch(`${watcher.url}/cache/api/v1/namespaces/shop/pods`)).json();
 */
export async function createWatcher(input: WatcherConfigInput, options: WatcherOptions = {}): Promise<Watcher> {
  const config = checkConfig(input);
  const { clock = systemClock, random = Math.random, callbacks = {} } = options;
  const onError = contained(options.onError ?? ((error) => warnUnheard(error)));
  const { kubeconfig: path, context, http2 } = config.cluster;
  const cluster = options.cluster ?? (await loadKubeConfig({ path, context }));
  const openClient = () => new KubeClient(cluster, { clock, http2, userAgent: 'watcher' });
  const client = openClient();
  const catalogue = new Catalogue({
    client,
    config: config.discovery,
    clock,
    random,
    onError: (error) => onError(error, 'discovery'),
  });
  let reloader: Reloader | undefined;
  const running = () => reloader?.config ?? config;
  const kindsConfig: WatcherConfig = {
    ...config,
    get onDemandWatch() {
      return running().onDemandWatch;
    },
  };
  const kinds = new Kinds({ client, openClient, catalogue, config: kindsConfig, clock, random, onError });
  const watches = new NamedWatches({ kinds, catalogue, clock });
  const queries = new QueryService({ kinds, catalogue, config: config.query, clock, random });
  const health = new Health({ catalogue, watches, clock });
  const { limits } = config.server;

  let metrics: Promise<Metrics> | undefined;
  let subscriptions: Subscriptions | undefined;
  let collections: ControlCollections | undefined;
  const election =
    config.leaderElection === null
      ? undefined
      : new Election({
          client,
          config: config.leaderElection,
          clock,
          random,
          onError: (error) => onError(error, 'leader election'),
        });
  const close = async () => {
    await metrics?.then(
      (made) => made.close(),
      // There are none; whoever asked for them was told.
      () => undefined,
    );
    health.close();
    collections?.close();
    // Its term ends first: then nothing is sent any more, and the Lease is given back.
    await election?.close();
    await subscriptions?.close();
    watches.close();
    queries.close();
    await kinds.close();
    await catalogue.close();
    await client.close();
  };

  let server: HttpServer;
  try {
    subscriptions = new Subscriptions({ callbacks, election, kinds, catalogue, config, clock, random, onError });
    collections = new ControlCollections({ watches, subscriptions, clock, random });
    const relations = new Relations({ kinds, catalogue, config, relations: options.relations ?? [], clock });
    const access = new ChangingAccess(accessOf(config.server.auth, { client, clock }));
    reloader = new Reloader({
      config,
      watches,
      subscriptions,
      onSettings: ({ server: { auth } }) => access.replace(accessOf(auth, { client, clock })),
    });
    const { counts } = reloader;
    const streams = new Streams(limits.maxWatches, clock);
    const data = new DataPlane({ queries, access, limits, streams });
    // From the beginning, since measures count from when they are made.
    if (config.metrics.enabled)
      metrics = serviceMetrics({
        config: config.metrics,
        kinds,
        catalogue,
        data,
        streams,
        subscriptions,
        relations,
        isLeader: election && (() => election.isLeader),
        reloads: counts,
      });
    metrics?.catch(() => undefined);
    server = new HttpServer({
      config: config.server,
      data,
      streams,
      onError: (error) => onError(error, 'server'),
      control: controlPlane({
        access,
        health,
        watches,
        subscriptions,
        collections,
        catalogue,
        streams,
        relations,
        metrics,
        config,
      }),
    });
    await server.listen();
  } catch (thrown) {
    await close();
    throw thrown;
  }

  // The watches first: until they are known, the service would seem ready.
  const begun = Promise.all([...config.watches.map((spec) => watches.add(spec, 'config')), catalogue.start()]).then(
    () => subscriptions.start().then(() => election?.start()),
  );
  const stopping = new AbortController();
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    stopping.abort();
    await server.close();
    await close();
    await begun;
  };
  const watcher: Watcher = {
    url: server.url,
    get config() {
      return running();
    },
    // Not before what was configured has begun: the two would meet half-way.
    reload: (next) => begun.then(() => reloader.reload(next)),
    kinds: () => kinds.all().map((kind) => kind.status()),
    subscriptions: () => subscriptions.status(),
    ready: (signal) =>
      untilReady(health, [kinds, catalogue], signal ? AbortSignal.any([signal, stopping.signal]) : stopping.signal),
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
    [Symbol.asyncDispose]: () => watcher.stop(),
  };
  return watcher;
}

/** Everything reports from amid its work, which goes on whatever becomes of the report. */
function contained(onError: NonNullable<WatcherOptions['onError']>): typeof onError {
  return (error, source) => {
    try {
      onError(error, source);
    } catch (thrown) {
      warnUnheard(asKubeInformerError(thrown, 'HandlerFailed', 'onError of the watcher failed', 'Mend it.'));
    }
  };
}

/** What tells that something changed that readiness may depend on. */
interface Changing {
  onChange(listener: () => void): () => void;
}

async function untilReady(health: Health, sources: readonly Changing[], signal: AbortSignal): Promise<void> {
  const isReady = () => health.ready().every(({ problem }) => problem === undefined);
  while (!isReady()) {
    const changed = Promise.withResolvers<void>();
    const stops = sources.map((source) => source.onChange(changed.resolve));
    await abortable(changed.promise, signal).finally(() => {
      for (const stop of stops) stop();
    });
  }
}
