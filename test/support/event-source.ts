/** An event as a page would get it. */
export interface Received {
  readonly data: string;
  readonly lastEventId: string;
}

/** Reads server-sent events out of text as it comes, by the rules of the HTML standard; as much of them as a server may use that sends what it wants. */
export class EventParser {
  /** What a new connection would send. */
  lastEventId = '';
  /** Milliseconds until a new connection, if the server said. */
  retry: number | undefined;
  comments = 0;
  #rest = '';
  #data: string[] = [];
  #id = '';

  constructor(lastEventId = '') {
    this.lastEventId = lastEventId;
    this.#id = lastEventId;
  }

  /** @returns the events that are complete now. */
  read(text: string): Received[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    return lines.flatMap((line) => this.#line(line) ?? []);
  }

  #line(line: string): Received | undefined {
    if (line === '') {
      this.lastEventId = this.#id;
      const data = this.#data.join('\n');
      const isEvent = this.#data.length > 0;
      this.#data = [];
      return isEvent ? { data, lastEventId: this.#id } : undefined;
    }
    const colon = line.indexOf(':');
    if (colon === 0) {
      this.comments++;
      return undefined;
    }
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.#data.push(value);
    else if (field === 'id') this.#id = value;
    else if (field === 'retry') this.retry = Number(value);
    else throw new Error(`the server sent ${line}`);
    return undefined;
  }
}
