import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Told {
  readonly id: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly name: string;
  readonly uid: string;
  readonly version: number;
}

/** A receiver that does as it is asked: it drops what it has seen by its id, and believes the rest. */
export class Receiver implements AsyncDisposable {
  readonly #server = createServer();
  readonly #answer: () => number;
  readonly #ids = new Set<string>();
  readonly #ofChange = new Map<string, string>();
  readonly #newest = new Map<string, number>();
  readonly #view = new Map<string, Told>();
  /** What must not be: an object that went back, or a change by two names. */
  readonly faults: string[] = [];
  /** Everything that came, in a line each. */
  readonly log: string[] = [];
  #duplicates = 0;

  private constructor(answer: () => number) {
    this.#answer = answer;
  }

  /** @param answer the status of each answer; of what is answered by an error it believes nothing. */
  static async start(answer: () => number): Promise<Receiver> {
    const receiver = new Receiver(answer);
    receiver.#server.on('request', async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const status = receiver.#answer();
      if (status < 300) receiver.#take(JSON.parse(body));
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  get count(): number {
    return this.log.length;
  }

  get duplicates(): number {
    return this.#duplicates;
  }

  /** What it takes for the state of the cluster: `name@version`. */
  view(): string[] {
    return Array.from(this.#view.values(), ({ name, version }) => `${name}@${version}`).toSorted();
  }

  #take({
    id,
    data,
  }: {
    id: string;
    data: { type: Told['type']; object?: { metadata: Record<string, string> } };
  }): void {
    if (!data.object) {
      this.log.push(id);
      return;
    }
    const { name, uid, resourceVersion } = data.object.metadata as {
      name: string;
      uid: string;
      resourceVersion: string;
    };
    const told: Told = { id, type: data.type, name, uid, version: Number(resourceVersion) };
    this.log.push(`${told.type} ${name} ${uid.slice(0, 8)}@${told.version}`);
    const change = `${uid} ${told.version} ${told.type === 'DELETED'}`;
    const known = this.#ofChange.get(change);
    if (known !== undefined && known !== id) this.faults.push(`${known} is also ${id}`);
    this.#ofChange.set(change, id);
    if (this.#ids.has(id)) {
      this.#duplicates++;
      return;
    }
    this.#ids.add(id);
    const newest = this.#newest.get(uid) ?? 0;
    if (told.version < newest) this.faults.push(`${name} went back from ${newest} to ${told.version}`);
    this.#newest.set(uid, Math.max(newest, told.version));
    if (told.type !== 'DELETED') this.#view.set(name, told);
    else if (this.#view.get(name)?.uid === uid) this.#view.delete(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
