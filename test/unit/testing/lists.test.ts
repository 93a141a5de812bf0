import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiServer, FakeClock, makePod, settle } from '../../../src/testing/index.ts';
import { configMap, send } from './http.ts';

const path = '/api/v1/namespaces/demo/configmaps';
const namesOf = (list: { items: { metadata: { name: string } }[] }) => list.items.map((item) => item.metadata.name);
const token = (rv: number, start: string) =>
  Buffer.from(`{"v":"meta.k8s.io/v1","rv":${rv},"start":"${start}\\u0000"}`).toString('base64url');

describe('lists of the embedded API server (transcripts 4 to 7 and 12)', () => {
  let clock: FakeClock;
  let server: ApiServer;
  const list = (query = '', headers?: Record<string, string>) =>
    send(server, `${path}${query === '' ? '' : `?${query}`}`, headers === undefined ? {} : { headers });

  beforeEach(async () => {
    clock = new FakeClock();
    server = await ApiServer.start({ clock });
    for (const namespace of ['team-b', 'demo']) {
      for (let n = 6; n >= 0; n--) {
        server.create(configMap(`l${n}`, namespace, { labels: { app: n % 2 === 1 ? 'web' : 'db', n: String(n) } }));
      }
    }
  });

  afterEach(async () => {
    await server.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('4: lists in the order of keys, items without their type', async () => {
    const reply = await list();
    expect(reply.text).toMatch(
      /^\{"kind":"ConfigMapList","apiVersion":"v1","metadata":\{"resourceVersion":"15"\},"items":\[\{"metadata":\{"name":"l0",/,
    );
    expect(reply.text.endsWith(']}\n')).toBe(true);
    expect(namesOf(reply.json)).toEqual(['l0', 'l1', 'l2', 'l3', 'l4', 'l5', 'l6']);
    const all = await send(server, '/api/v1/configmaps');
    expect(all.json.items.map((item: { metadata: { namespace: string } }) => item.metadata.namespace)).toEqual([
      ...Array(7).fill('demo'),
      ...Array(7).fill('team-b'),
    ]);
    expect((await send(server, '/api/v1/secrets')).text).toBe(
      '{"kind":"SecretList","apiVersion":"v1","metadata":{"resourceVersion":"15"},"items":[]}\n',
    );
  });

  it('4: pages through one state while it changes', async () => {
    const first = await list('limit=3');
    expect(first.json.metadata).toEqual({
      resourceVersion: '15',
      continue: token(15, '/l2'),
      remainingItemCount: 4,
    });
    server.delete('configmaps', 'demo', 'l3');
    server.create(configMap('l33'));
    server.patchObject('configmaps', 'demo', 'l4', { data: { k: 'later' } });
    const second = await list(`limit=3&continue=${first.json.metadata.continue}`);
    expect([namesOf(second.json), second.json.metadata]).toEqual([
      ['l3', 'l4', 'l5'],
      { resourceVersion: '15', continue: token(15, '/l5'), remainingItemCount: 1 },
    ]);
    expect(second.json.items[1].data).toEqual({ k: 'v' });
    const last = await list(`limit=3&continue=${second.json.metadata.continue}`);
    expect([namesOf(last.json), last.json.metadata]).toEqual([['l6'], { resourceVersion: '15' }]);
    expect(namesOf((await list(`continue=${token(15, '/l2')}`)).json)).toEqual(['l3', 'l4', 'l5', 'l6']);
  });

  it('4: has no continue when the limit is the count, and no remaining count with a selector', async () => {
    expect((await list('limit=7')).json.metadata).toEqual({ resourceVersion: '15' });
    const selected = await list('limit=2&labelSelector=app%3Dweb');
    expect([namesOf(selected.json), selected.json.metadata]).toEqual([
      ['l1', 'l3'],
      { resourceVersion: '15', continue: token(15, '/l3') },
    ]);
  });

  it('4: ignores the limit with resourceVersion=0, and honours it with any other', async () => {
    expect(namesOf((await list('resourceVersion=0&limit=2')).json)).toHaveLength(7);
    expect(namesOf((await list('resourceVersion=0&resourceVersionMatch=NotOlderThan&limit=2')).json)).toHaveLength(7);
    expect(namesOf((await list('resourceVersion=15&limit=2')).json)).toHaveLength(2);
    expect(namesOf((await list(`resourceVersion=0&limit=2&continue=${token(15, '/l2')}`)).json)).toHaveLength(4);
  });

  it('4: answers an exact version with that state, and a minimum version with the newest', async () => {
    server.patchObject('configmaps', 'demo', 'l0', { data: { k: 'later' } });
    const exact = await list('resourceVersion=15&resourceVersionMatch=Exact');
    expect([exact.json.metadata.resourceVersion, exact.json.items[0].data.k]).toEqual(['15', 'v']);
    const newer = await list('resourceVersion=15');
    expect([newer.json.metadata.resourceVersion, newer.json.items[0].data.k]).toEqual(['16', 'later']);
  });

  it('4: waits three seconds for a version of the future, then gives up with 504', async () => {
    const replies = [list('resourceVersion=100'), send(server, `${path}/l0?resourceVersion=100`)];
    while (clock.pendingTimers < 2) await settle();
    await clock.advance(3_000);
    for (const reply of await Promise.all(replies)) {
      expect([reply.status, reply.headers['retry-after'], reply.text]).toEqual([
        504,
        '1',
        '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Timeout: Too large resource version: 100, current: 15","reason":"Timeout","details":{"causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}],"retryAfterSeconds":1},"code":504}\n',
      ]);
    }
    const patient = list('resourceVersion=16');
    while (clock.pendingTimers < 1) await settle();
    server.advanceResourceVersion();
    expect((await patient).status).toBe(200);
  });

  it('5: refuses parameters that contradict each other or do not parse', async () => {
    const options = 'ListOptions.meta.k8s.io "" is invalid: ';
    const refusals: [string, number, string][] = [
      [
        'resourceVersionMatch=NotOlderThan',
        422,
        `${options}resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided`,
      ],
      [
        'resourceVersion=0&resourceVersionMatch=Exact',
        422,
        `${options}resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"`,
      ],
      [
        'resourceVersion=1&resourceVersionMatch=Newest',
        422,
        `${options}resourceVersionMatch: Unsupported value: "Newest": supported values: "Exact", "NotOlderThan", ""`,
      ],
      [
        `resourceVersion=1&resourceVersionMatch=Exact&continue=${token(15, '/l2')}`,
        422,
        `${options}resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided`,
      ],
      [
        `resourceVersion=15&continue=${token(15, '/l2')}`,
        400,
        'specifying resource version is not allowed when using continue',
      ],
      [
        'resourceVersion=abc',
        400,
        'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
      ],
      ['limit=abc', 400, 'strconv.ParseInt: parsing "abc": invalid syntax'],
      [
        'limit=2&continue=***',
        400,
        'invalid continue token: continue key is not valid: illegal base64 data at input byte 0',
      ],
      [
        'limit=2&continue=aGVsbG8',
        400,
        "invalid continue token: continue key is not valid: invalid character 'h' looking for beginning of value",
      ],
      [
        'limit=2&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIuLi8uLi9zZWNyZXRzIn0',
        400,
        'invalid continue token: continue key is not valid: ../../secrets',
      ],
      [
        'sendInitialEvents=true',
        422,
        `${options}sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list`,
      ],
      ['labelSelector=a%3D%3D%3Db', 400, "unable to parse requirement: found '=', expected: identifier"],
      ['fieldSelector=metadata.name', 400, "invalid selector: 'metadata.name'; can't understand 'metadata.name'"],
    ];
    for (const [query, status, message] of refusals) {
      const reply = await list(query);
      expect([query, reply.status, reply.json.message]).toEqual([query, status, message]);
    }
    expect((await list('nonsense=1&limit=-1&watch=0')).status).toBe(200);
    const pods = await send(server, '/api/v1/pods?fieldSelector=spec.foo%3D1');
    expect(pods.json.message).toBe('field label not supported: spec.foo');
  });

  it('6: selects by labels and fields', async () => {
    const selections: [string, string[]][] = [
      ['labelSelector=app%3Dweb', ['l1', 'l3', 'l5']],
      ['labelSelector=app%21%3Dweb', ['l0', 'l2', 'l4', 'l6']],
      ['labelSelector=n%20in%20(1,2)', ['l1', 'l2']],
      ['labelSelector=n%20notin%20(1,2)', ['l0', 'l3', 'l4', 'l5', 'l6']],
      ['labelSelector=%21app', []],
      ['labelSelector=n%3E4', ['l5', 'l6']],
      ['labelSelector=app%3Dweb,n%3D1', ['l1']],
      ['fieldSelector=metadata.name%3Dl3', ['l3']],
      ['fieldSelector=metadata.namespace%3Dteam-b', []],
    ];
    for (const [query, names] of selections) expect([query, namesOf((await list(query)).json)]).toEqual([query, names]);
    server.seed([makePod(1), makePod(2)]);
    const pods = await send(server, '/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-002,metadata.namespace%3Dteam-02');
    expect(namesOf(pods.json)).toEqual(['pod-0000002']);
  });

  it('7: gives metadata only, or a table, or refuses, as Accept asks', async () => {
    const metadata = await list('limit=2', {
      Accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
    });
    expect(metadata.text).toMatch(
      /^\{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io\/v1","metadata":\{"resourceVersion":"15","continue":"[^"]+","remainingItemCount":5\},"items":\[\{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io\/v1","metadata":\{"name":"l0"/,
    );
    expect(metadata.json.items[0]).not.toHaveProperty('data');
    const table = await list('limit=1', { Accept: 'application/json;as=Table;g=meta.k8s.io;v=v1,application/json' });
    expect([table.json.kind, table.json.rows[0].cells[0], table.json.rows[0].object.kind]).toEqual([
      'Table',
      'l0',
      'PartialObjectMetadata',
    ]);
    const html = await list('', { Accept: 'text/html' });
    expect([html.status, html.json.reason]).toEqual([406, 'NotAcceptable']);
    const fallback = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v9,application/json';
    expect((await list('', { Accept: fallback })).json.kind).toBe('ConfigMapList');
    const one = await send(server, `${path}/l0`, {
      headers: { Accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' },
    });
    expect([one.status, one.json.message]).toEqual([
      406,
      'you requested PartialObjectMetadataList, but the requested object is not a list (*core.ConfigMap)',
    ]);
  });

  it('7: compresses lists over 128 KiB if asked, and no others', async () => {
    server.seed(Array.from({ length: 40 }, (_, index) => makePod(index)));
    const small = await list('', { 'Accept-Encoding': 'gzip' });
    expect(small.headers['content-encoding']).toBeUndefined();
    const plain = await send(server, '/api/v1/pods');
    expect(plain.text.length).toBeGreaterThan(128 * 1024);
    const refused = await send(server, '/api/v1/pods', { headers: { 'Accept-Encoding': 'gzip;q=0' } });
    expect(refused.headers['content-encoding']).toBeUndefined();
    const response = await fetch(`${server.url}/api/v1/pods`, { headers: { 'Accept-Encoding': 'gzip, deflate, br' } });
    expect([response.headers.get('content-encoding'), response.headers.get('vary')]).toEqual([
      'gzip',
      'Accept-Encoding',
    ]);
    expect(await response.text()).toBe(plain.text);
  });

  it('12: offers a token to go on with when a continue token has expired', async () => {
    const { json } = await list('limit=3');
    server.patchObject('configmaps', 'demo', 'l4', { data: { k: 'later' } });
    server.compact();
    const gone = await list(`limit=3&continue=${json.metadata.continue}`);
    expect([gone.status, gone.json.reason, gone.json.metadata]).toEqual([
      410,
      'Expired',
      { continue: token(-1, 'l2') },
    ]);
    expect(gone.json.message).toMatch(
      /^The provided continue parameter is too old to display a consistent list result\./,
    );
    const rest = await list(`limit=3&continue=${gone.json.metadata.continue}`);
    expect([namesOf(rest.json), rest.json.metadata.resourceVersion]).toEqual([['l3', 'l4', 'l5'], '16']);
    const exact = await list('resourceVersion=15&resourceVersionMatch=Exact');
    expect(exact.text).toBe(
      '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"The resourceVersion for the provided list is too old.","reason":"Expired","code":410}\n',
    );
    expect((await list('resourceVersion=15&resourceVersionMatch=NotOlderThan')).status).toBe(200);
    expect((await send(server, `${path}/l0?resourceVersion=2`)).status).toBe(200);
  });
});
