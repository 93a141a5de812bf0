import { stat } from 'node:fs/promises';
import { Agent } from 'node:https';
import { createSecureContext } from 'node:tls';
import { readTlsFiles, type TlsFiles } from './tls-files.ts';

/**
 * An agent for HTTPS whose certificates come from files, made anew when a file has changed: connections made from then on have what is in them.
 *
 * Files that can't be used (one of a pair is replaced before the other) are passed over as long as there is an agent from before.
 */
export class TlsAgents {
  readonly #files: TlsFiles;
  #agent: Agent | undefined;
  /** What the files looked like that the agent is made of. */
  #seen: string | undefined;

  constructor(files: TlsFiles) {
    this.#files = files;
  }

  /** Rejects if the files can't be used, and never could. */
  async current(): Promise<Agent> {
    try {
      const seen = await this.#look();
      if (this.#agent && seen === this.#seen) return this.#agent;
      const material = await readTlsFiles(this.#files);
      // Throws if they do not belong together, which the agent would only do for each request.
      createSecureContext(material);
      const agent = new Agent({ keepAlive: true, ...material });
      retire(this.#agent);
      this.#agent = agent;
      this.#seen = seen;
      return agent;
    } catch (thrown) {
      if (this.#agent) return this.#agent;
      throw thrown;
    }
  }

  close(): void {
    this.#agent?.destroy();
  }

  async #look(): Promise<string> {
    const { caFile, certFile, keyFile } = this.#files;
    const files = [caFile, certFile, keyFile].filter((file) => file !== undefined);
    const states = await Promise.all(files.map((file) => stat(file, { bigint: true })));
    return states.map(({ ino, size, mtimeNs }) => `${ino} ${size} ${mtimeNs}`).join();
  }
}

/** Requests under way go on; their connections are not kept for others. */
function retire(agent: Agent | undefined): void {
  if (!agent) return;
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}
