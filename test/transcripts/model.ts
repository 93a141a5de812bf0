/** One request. `{{name.path}}` in path, headers and body stands for a value of an answer that was kept before. */
export interface Ask {
  /** Default: `GET`, with a body `POST`. */
  readonly method?: string;
  readonly path: string;
  /** A text is sent as it is, anything else as JSON; `'{{name}}'` sends a kept answer again. */
  readonly body?: unknown;
  /** Default: `application/json`. */
  readonly contentType?: string;
  /** Default: `application/json`; `null` sends none. */
  readonly accept?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** A name of `users`; `null` for no credentials. Default: `admin`. */
  readonly user?: string | null;
  /** Default: HTTP/1.1. */
  readonly http2?: boolean;
}

/** What of an answer's body is compared. Default: all of it. */
export type View =
  /** Lists: the items' names instead of the items. */
  | 'names'
  /** Only of what sort the body is, and whether it is empty. */
  | 'presence'
  /** Of discovery: what is said about the resources that both servers serve. */
  | 'shared';

/** One request whose answer is compared. */
export interface Case extends Ask {
  readonly kind: 'case';
  readonly title: string;
  /** Keeps the answer's JSON under this name for later requests; its headers are under `headers` in it. */
  readonly keep?: string;
  readonly view?: View;
  /** The server is known to wait before it answers. */
  readonly waits?: boolean;
}

/** One watch whose events and end are compared. */
export interface WatchCase extends Ask {
  readonly kind: 'watch';
  readonly title: string;
  /** Sent one after another once the watch is open. */
  readonly meanwhile?: readonly Ask[];
  /** What happens to the server once the watch is open and `meanwhile` is done. It is up again afterwards. */
  readonly incident?: 'terminate' | 'kill';
  /** When to stop reading: at the end that the server sets, or after so many events. Default: `end`. */
  readonly until?: 'end' | number;
}

/** A request that brings about the state for what follows. Its answer is not compared, but it must not fail. */
export interface Preparation extends Ask {
  readonly kind: 'prepare';
  readonly keep?: string;
  /** Repeat until the answer has this status. Default: any below 300, at once. */
  readonly until?: number;
}

/** Something that happens to the server as a whole. */
interface Incident {
  readonly kind: 'incident';
  /**
   * `forget`: old revisions are gone, from the storage and from every cache. `compact`: they are gone from the storage only.
   * `fill`: for some seconds there is no place for another list by anybody but masters.
   */
  readonly what: 'forget' | 'compact' | 'fill';
}

export type Step = Case | WatchCase | Preparation | Incident;

/** What a server is asked to be. */
export interface ServerSetup {
  /** Default `true`. */
  readonly anonymous?: boolean;
  /** Default `true`. */
  readonly watchCache?: boolean;
  /** Whether `forget` or `compact` will be asked for. */
  readonly forgets?: boolean;
  /** Whether `fill` will be asked for. */
  readonly narrow?: boolean;
}

/** Steps that are run in order on a server of their own, which is empty at first. */
export interface Section {
  readonly id: string;
  readonly title: string;
  /** What the figures count it for. */
  readonly area: 'discovery' | 'writes' | 'lists' | 'watches' | 'expiry' | 'errors' | 'other';
  readonly setup?: ServerSetup;
  readonly steps: readonly Step[];
}

/** Users by name; the token of each is its name with `-token`. */
export const users = {
  admin: { groups: ['system:masters'] },
  /** May get, list and watch ConfigMaps in the namespace `demo`. */
  reader: { groups: [] },
  /** May do nothing. */
  nobody: { groups: [] },
} as const;

export function request(title: string, path: string, rest: Omit<Case, 'kind' | 'title' | 'path'> = {}): Case {
  return { kind: 'case', title, path, ...rest };
}

export function watch(title: string, path: string, rest: Omit<WatchCase, 'kind' | 'title' | 'path'> = {}): WatchCase {
  return { kind: 'watch', title, path, ...rest };
}

export function prepare(path: string, rest: Omit<Preparation, 'kind' | 'path'> = {}): Preparation {
  return { kind: 'prepare', path, ...rest };
}

export function mergePatch(path: string, body: object): Ask {
  return { method: 'PATCH', path, body, contentType: 'application/merge-patch+json' };
}

/** The answer to a case, with what is volatile masked. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly events?: readonly unknown[];
  /** How a stream ended: the server ended it in order, it broke, or we had seen enough. */
  readonly ending?: 'end' | 'broken' | 'left';
  /** Resource versions of kept answers that the request speaks of, in the same numbering. */
  readonly versus?: Readonly<Record<string, string>>;
}

/** Answers by the title of their case. */
export type Recording = Readonly<Record<string, Answer>>;
