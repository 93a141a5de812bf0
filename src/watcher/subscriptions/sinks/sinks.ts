import type { Clock } from '../../../index.ts';
import type { SinkSpec } from '../../config/index.ts';
import { checkUrl } from './egress.ts';
import { createPoster, type Poster } from './post.ts';
import type { Sink } from './sink.ts';
import { parseUrlTemplate } from './url-template.ts';
import { webhook } from './webhook.ts';

export interface SinksOptions {
  /** Hosts that may be told whatever their address is. */
  readonly allow: ReadonlySet<string>;
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
   * @throws KubeInformerError `InvalidOption` if nothing may be sent there, or its template can't be used.
   */
  check({ url }: SinkSpec): void {
    parseUrlTemplate(url);
    checkUrl(new URL(url), this.#options.allow);
  }

  /** @param timeout milliseconds that one delivery may take. */
  open({ url, method, headers, sign }: SinkSpec, timeout: number): Sink {
    const { clock } = this.#options;
    const { post } = this.#poster;
    return webhook({ url, method, headers, secrets: sign?.secrets ?? [], timeout, post, clock });
  }

  /** To be called when all sinks are closed. */
  close(): void {
    this.#poster.close();
  }
}
