import type { RawAnswer } from './exchange.ts';
import type { Answer, View } from './model.ts';

/** What is masked before answers are compared, in words; the table in the documentation shows them. */
export const masks: readonly (readonly [what: string, why: string])[] = [
  ['uids', 'every server makes its own: `<uid>`'],
  ['times', 'in metadata, conditions and managed fields: `<time>`'],
  [
    'resource versions',
    'numbered by size within one case (`<rv 1>` is the smallest), so that equal stays equal and older stays older; ' +
      'within messages `<number>`',
  ],
  ['continue tokens', 'opaque to clients: decoded, with the resource version numbered like all others'],
  ['generated names', 'the five random characters: `gen-<random>`'],
  ['hashes and entity tags', '`storageVersionHash` and `Etag`: any text of their form'],
  ['addresses', 'host and port of the server: `<address>`'],
  [
    'Go type names',
    'messages that name them say `main.hub[...]` in the test server and `core.X` in a cluster: `<Go type>`',
  ],
  [
    'bookmarks',
    'one that says the same as the one right before it: the real server sends a second one now and then, by the moment of its timers',
  ],
  [
    'order of managed fields',
    'the real server sorts entries of one operation by the second in which they were written, so a second that ends between two ' +
      'writes turns them round: here by manager and subresource',
  ],
  ['descriptions', 'the prose in the columns of tables: `<description>`'],
  [
    'discovery',
    'of the documents that list everything, only groups and resources that both servers serve, by name: the real one here ' +
      'serves fewer built-in kinds than a cluster, the embedded one as many',
  ],
  ['the build', 'commit, date, compiler and platform in `/version`'],
  [
    'headers',
    'compared are ' +
      comparedHeaders()
        .map((name) => `\`${name}\``)
        .join(', '),
  ],
  ['order of keys', 'JSON objects are compared whatever the order of their keys; arrays and events keep theirs'],
];

function comparedHeaders(): string[] {
  return [
    'content-type',
    'content-encoding',
    'cache-control',
    'vary',
    'etag',
    'retry-after',
    'warning',
    'x-content-type-options',
    'allow',
  ];
}

const uid = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const time = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
const goType = /\*?(main\.hub(List)?\[[^\]]*\]|\*?\b(core|v1|apps)\.[A-Z][A-Za-z]+(List)?)/g;
const messageNumbers = /((?:resource version|resourceVersion|current|precondition|record):? ?\(?"?)(\d+)|\((\d+)\)/gi;
const randomSuffix = /\bgen-[a-z0-9]{5}\b/g;
const noUid = '00000000-0000-0000-0000-000000000000';
const buildKeys = new Set(['gitCommit', 'buildDate', 'goVersion', 'platform', 'compiler', 'gitTreeState']);

/** The numbering of the resource versions of one case. */
class Numbering {
  readonly #versions = new Set<number>();
  #sorted: number[] | undefined;

  collect(value: unknown): void {
    if (Array.isArray(value)) {
      for (const item of value) this.collect(item);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    for (const [key, item] of Object.entries(value)) {
      if (key === 'resourceVersion' && typeof item === 'string' && /^[1-9]\d*$/.test(item)) {
        this.#versions.add(Number(item));
      } else if (key === 'continue' && typeof item === 'string' && item !== '') {
        const { rv } = decodeToken(item);
        if (typeof rv === 'number' && rv > 0) this.#versions.add(rv);
      } else this.collect(item);
    }
  }

  print(version: number): string {
    this.#sorted ??= [...this.#versions].sort((a, b) => a - b);
    return `<rv ${this.#sorted.indexOf(version) + 1}>`;
  }
}

function decodeToken(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token, 'base64url').toString()) as Record<string, unknown>;
}

function maskText(text: string): string {
  return text
    .replaceAll(uid, (found) => (found === noUid ? found : '<uid>'))
    .replaceAll(time, '<time>')
    .replaceAll(goType, '<Go type>')
    .replaceAll(randomSuffix, 'gen-<random>')
    .replaceAll(/127\.0\.0\.1:\d+/g, '<address>');
}

function maskValue(key: string, value: unknown, numbering: Numbering): unknown {
  if (typeof value === 'string') {
    if (key === 'resourceVersion' && /^[1-9]\d*$/.test(value)) return numbering.print(Number(value));
    if (key === 'continue' && value !== '') {
      const token = decodeToken(value);
      return typeof token.rv === 'number' && token.rv > 0 ? { ...token, rv: numbering.print(token.rv) } : token;
    }
    if (key === 'description') return '<description>';
    if (key === 'storageVersionHash') return '<hash>';
    if (buildKeys.has(key)) return '<build>';
    if (key === 'message')
      return maskText(value).replaceAll(
        messageNumbers,
        (_, before) => `${before ?? '('}<number>${before === undefined ? ')' : ''}`,
      );
    return maskText(value);
  }
  if (Array.isArray(value)) {
    const items = value.map((item) => maskValue(key, item, numbering));
    return key === 'managedFields' ? sortedBy(items as ManagedFields[], writer) : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, item]) => [name, maskValue(name, item, numbering)]),
  );
}

interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
}

function writer({ operation, manager, subresource }: ManagedFields): string {
  return [operation, manager, subresource].join(' ');
}

function headersOf(raw: RawAnswer): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of comparedHeaders()) {
    const value = raw.headers[name];
    if (value !== undefined)
      headers[name] = name === 'etag' ? value.replaceAll(/[0-9A-F]{40,}/g, '<hash>') : maskText(value);
  }
  return headers;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function viewed(body: unknown, raw: RawAnswer, view: View | undefined): unknown {
  if (view === 'presence') return raw.body.length > 0 ? '<body>' : '';
  if (view === 'names' && typeof body === 'object' && body !== null && 'items' in body && Array.isArray(body.items)) {
    const items = body.items as { metadata: { namespace?: string; name: string } }[];
    return { ...body, items: items.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`) };
  }
  return view === 'shared' ? sharedPart(body) : body;
}

/** Groups of which both servers serve more than a few resources, and the resources that differ in nothing else. */
const sharedGroups = new Set([
  ...['', 'apps', 'batch', 'coordination.k8s.io', 'discovery.k8s.io', 'storage.k8s.io', 'rbac.authorization.k8s.io'],
  ...['apiextensions.k8s.io', 'transcripts.example.com'],
]);
const unshared = /^(replicationcontrollers|componentstatuses|csi|volumeattributesclasses|volumeattachments)/;

interface Documents {
  readonly groups?: readonly { readonly name: string }[];
  readonly resources?: readonly { readonly name: string }[];
  readonly items?: readonly {
    readonly metadata: { readonly name?: string };
    readonly versions: readonly { readonly resources: readonly { readonly resource: string }[] }[];
  }[];
}

function sharedPart(body: unknown): unknown {
  const { groups, resources, items } = body as Documents;
  const ofName = (entry: { readonly name: string }) => entry.name;
  return {
    ...(body as object),
    ...(groups && {
      groups: sortedBy(
        groups.filter(({ name }) => sharedGroups.has(name)),
        ofName,
      ),
    }),
    ...(resources && {
      resources: sortedBy(
        resources.filter(({ name }) => !unshared.test(name)),
        ofName,
      ),
    }),
    ...(items && {
      items: sortedBy(
        items.filter(({ metadata }) => sharedGroups.has(metadata.name ?? '')),
        ({ metadata }) => metadata.name ?? '',
      ).map((item) => ({
        ...item,
        versions: item.versions.map((version) => ({
          ...version,
          resources: version.resources.filter(({ resource }) => !unshared.test(resource)),
        })),
      })),
    }),
  };
}

function sortedBy<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...items].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

/** An answer without what is volatile. */
export function mask(
  raw: RawAnswer,
  options: {
    readonly stream: boolean;
    readonly view?: View | undefined;
    readonly versus: Readonly<Record<string, string>>;
  },
): Answer {
  const text = raw.body.toString();
  const numbering = new Numbering();
  const events =
    options.stream && raw.status === 200 ? withoutRepeats(text.split('\n').filter(Boolean)).map(parse) : undefined;
  const body = events ?? parse(text);
  numbering.collect(body);
  for (const resourceVersion of Object.values(options.versus)) numbering.collect({ resourceVersion });
  const versus = maskVersus(options.versus, numbering);
  const head = { status: raw.status, headers: headersOf(raw) };
  const rest = Object.keys(versus).length > 0 ? { versus } : {};
  if (events) {
    return { ...head, events: events.map((event) => maskValue('', event, numbering)), ending: raw.ending, ...rest };
  }
  return { ...head, body: maskValue('', viewed(body, raw, options.view), numbering), ...rest };
}

function withoutRepeats(lines: readonly string[]): string[] {
  return lines.filter((line, index) => !line.startsWith('{"type":"BOOKMARK"') || line !== lines[index - 1]);
}

function maskVersus(versus: Readonly<Record<string, string>>, numbering: Numbering): Record<string, string> {
  return Object.fromEntries(Object.entries(versus).map(([name, version]) => [name, numbering.print(Number(version))]));
}
