import { isAbsolute, relative, resolve } from 'node:path';
import { type Clock, KubeInformerError } from '../../../index.ts';
import type { SinkSpec } from '../../config/index.ts';
import { brokerSink } from './broker-sink.ts';
import { callbackSink, type SinkCallback } from './callback.ts';
import { checkUrl, guardedLookup } from './egress.ts';
import { fileSink, streamSink } from './file.ts';
import { checkSubject, natsBroker } from './nats.ts';
import { requirePackages } from './packages.ts';
import { createPoster, type Poster } from './post.ts';
import { redisBroker } from './redis.ts';
import type { Sink } from './sink.ts';
import { escapeForKey, escapeForToken, parseTemplate } from './template.ts';
import { parseUrlTemplate } from './url-template.ts';
import { webhook } from './webhook.ts';

export interface SinksOptions {
  /** Hosts that may be told whatever their address is. */
  readonly allow: ReadonlySet<string>;
  /** Directories below which files may be written; `-` is the standard output. */
  readonly files: readonly string[];
  /** Receivers in this process, by name. */
  readonly callbacks: Readonly<Record<string, SinkCallback>>;
  readonly clock: Clock;
}

/** Makes the sinks of subscriptions out of what the configuration says, and holds what they share. */
export class Sinks {
  readonly #options: SinksOptions;
  readonly #poster: Poster;

  constructor(options: SinksOptions) {
    this.#options = options;
    this.#poster = createPoster(options.allow);
  }

  /**
   * Says whether a sink can be, before anything is sent to it.
   *
   * @throws KubeInformerError `InvalidOption` if nothing may be sent there, or a template can't be used; `MissingPackage`
   */
  check(spec: SinkSpec): void {
    const { allow } = this.#options;
    switch (spec.type) {
      case 'webhook':
        parseUrlTemplate(spec.url);
        checkUrl(new URL(spec.url), allow);
        break;
      case 'nats':
        checkSubject(spec.subject);
        for (const server of spec.servers) checkUrl(new URL(server), allow);
        requirePackages(['@nats-io/transport-node', '@nats-io/jetstream'], 'a NATS sink');
        break;
      case 'redis':
        parseTemplate(spec.stream, escapeForKey);
        checkUrl(new URL(spec.url), allow);
        requirePackages(['redis'], 'a Redis sink');
        break;
      case 'file':
        this.#checkFile(spec.path);
        break;
      case 'callback':
        this.#callback(spec.name);
    }
  }

  /** @param timeout milliseconds that one delivery may take. */
  open(spec: SinkSpec, timeout: number): Sink {
    const { clock, allow } = this.#options;
    const lookup = guardedLookup(allow);
    switch (spec.type) {
      case 'webhook': {
        const { url, method, headers, sign, tls } = spec;
        // Connections that show who we are, or believe others, are shared with nobody.
        const own = tls && createPoster(allow, tls);
        const { post } = own ?? this.#poster;
        const sink = webhook({ url, method, headers, secrets: sign?.secrets ?? [], timeout, post, clock });
        return { ...sink, close: async () => own?.close() };
      }
      case 'nats': {
        const broker = natsBroker({ spec, timeout, lookup });
        return brokerSink({ broker, addressOf: parseTemplate(spec.subject, escapeForToken), timeout, clock });
      }
      case 'redis': {
        const broker = redisBroker({ spec, timeout, lookup });
        return brokerSink({ broker, addressOf: parseTemplate(spec.stream, escapeForKey), timeout, clock });
      }
      case 'file':
        return spec.path === '-'
          ? streamSink(process.stdout, { timeout, clock })
          : fileSink(spec.path, { timeout, clock });
      case 'callback':
        return callbackSink(this.#callback(spec.name), timeout, clock);
    }
  }

  /** To be called when all sinks are closed. */
  close(): void {
    this.#poster.close();
  }

  #checkFile(path: string): void {
    const isAllowed = this.#options.files.some((allowed) => {
      if (path === '-' || allowed === '-') return path === allowed;
      const below = relative(resolve(allowed), resolve(path));
      return below !== '' && !below.startsWith('..') && !isAbsolute(below);
    });
    if (isAllowed) return;
    throw new KubeInformerError(
      'InvalidOption',
      `nothing is written to ${path}: it is in no directory that is allowed`,
      {
        hint: 'If it is meant to be, name its directory in egress.files of the configuration; "-" is the standard output.',
      },
    );
  }

  #callback(name: string): SinkCallback {
    const { callbacks } = this.#options;
    if (Object.hasOwn(callbacks, name)) return callbacks[name]!;
    throw new KubeInformerError('InvalidOption', `there is no callback ${name}`, {
      hint: 'createWatcher takes callbacks in its second argument; the command line has none.',
    });
  }
}
