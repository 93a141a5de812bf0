import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkConfig, loadConfig } from '../../src/watcher/config/index.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'watcher-'));
});

afterEach(() => rm(directory, { recursive: true }));

async function file(name: string, id: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, JSON.stringify({ cluster: { id } }));
  return path;
}

describe('S003-53: the configuration is read from', () => {
  test('S003-53: --config, whatever the environment says', async () => {
    await file('config.json', 'default');
    const env = { CONFIG_FILE_PATH: await file('env.json', 'env') };
    const path = await file('flag.json', 'flag');
    expect(loadConfig({ path, env, directory }).config.cluster.id).toBe('flag');
  });

  test('S003-53: CONFIG_FILE_PATH without --config, with ~ for the home directory', async () => {
    await file('config.json', 'default');
    await file('env.json', 'env');
    const env = { CONFIG_FILE_PATH: '~/env.json', HOME: directory };
    expect(loadConfig({ env, directory: tmpdir() }).config.cluster.id).toBe('env');
  });

  test('S003-53: ./config.json if neither is given', async () => {
    await file('config.json', 'default');
    expect(loadConfig({ env: {}, directory }).config.cluster.id).toBe('default');
  });

  test('S003-53: or else the error names both', async () => {
    expect(() => loadConfig({ env: {}, directory })).toThrow(
      `${join(directory, 'config.json')} can't be used:\n  there is no such file, and neither --config nor CONFIG_FILE_PATH names another`,
    );
    expect(() => loadConfig({ path: 'absent.json', env: {}, directory })).toThrow(
      'there is no such file (--config, CONFIG_FILE_PATH)',
    );
  });
});

const target = { version: 'v1', kind: 'Pod' };
const watch = { name: 'pods', target };

/** Each is wrong in one way; the message says where and what, and what may have been meant. */
const invalid: readonly (readonly [what: string, config: unknown, message: string])[] = [
  ['a list', [], 'expected object, received array'],
  ['an unknown key', { watchs: [] }, 'watchs: is not known; did you mean watches?'],
  ['an unknown key that is near nothing', { zzz: 1 }, 'zzz: is not known; known are $schema, cluster, server'],
  ['an unknown key below', { server: { prot: 1 } }, 'server.prot: is not known; did you mean port?'],
  [
    'an unknown key in a list',
    { watches: [{ ...watch, namespace: 'a' }] },
    'watches[0].namespace: is not known; did you mean namespaces?',
  ],
  [
    'an unknown key of an alternative',
    { server: { auth: { type: 'none', token: 'x' } } },
    'server.auth.token: is not known',
  ],
  ['a port that is none', { server: { port: 70_000 } }, 'server.port: Too big: expected number to be <=65535'],
  ['a port as a text', { server: { port: '80' } }, 'server.port: expected number, received string'],
  ['an auth of no known type', { server: { auth: { type: 'basic' } } }, 'server.auth'],
  [
    'an open address without auth',
    { server: { host: '0.0.0.0' } },
    'server.auth: type "none" is for loopback only, and host is 0.0.0.0',
  ],
  [
    'an open address, IPv6',
    { server: { host: '::' } },
    'server.auth: type "none" is for loopback only, and host is ::',
  ],
  [
    'mtls without an authority',
    { server: { auth: { type: 'mtls' } } },
    'server.tls: auth type "mtls" needs tls with a clientCaFile',
  ],
  [
    'a short token',
    { server: { auth: { type: 'token', tokens: [{ name: 'a', token: 'short' }] } } },
    'server.auth.tokens[0].token: must have at least 16 characters',
  ],
  [
    'a watch without a target',
    { watches: [{ name: 'pods' }] },
    'watches[0].target: expected object, received undefined',
  ],
  ['two watches of one name', { watches: [watch, { ...watch }] }, 'watches[1].name: is taken by watches[0]'],
  [
    'a namespace that is none',
    { watches: [{ ...watch, namespaces: ['A_B'] }] },
    'watches[0].namespaces[0]: must be the name of a namespace',
  ],
  ['no namespace at all', { watches: [{ ...watch, namespaces: [] }] }, 'watches[0].namespaces'],
  [
    'a label selector that is none',
    { watches: [{ ...watch, labelSelector: 'a in' }] },
    'watches[0].labelSelector: label selector "a in"',
  ],
  [
    'a field selector that is none',
    { watches: [{ ...watch, fieldSelector: 'a' }] },
    'watches[0].fieldSelector: field selector "a"',
  ],
  [
    'an index over an odd path',
    { watches: [{ ...watch, indexes: [{ name: 'a', path: 'a..b' }] }] },
    'watches[0].indexes[0].path: must be a dotted path',
  ],
  [
    'Secrets, watched in passing',
    { watches: [{ name: 's', target: { version: 'v1', kind: 'Secret' } }] },
    'watches[0].target: Secrets are not watched unless',
  ],
  ['a pattern that is none', { onDemandWatch: { deny: ['a/b/c/d'] } }, 'onDemandWatch.deny[0]: must look like v1/Pod'],
  ['a time that runs backwards', { onDemandWatch: { idleTtlSeconds: -1 } }, 'onDemandWatch.idleTtlSeconds'],
  [
    'a level that is none',
    { logging: { level: 'loud' } },
    'logging.level: Invalid option: expected one of "debug"|"info"',
  ],
];

describe('S003-54: a configuration', () => {
  test('S003-54: may say all of this', () => {
    const config = checkConfig({
      $schema: 'https://kube-informer.dev/schemas/watcher-config.v1.json',
      cluster: { id: 'prod-eu', maxParallelLists: 2, watchList: 'never' },
      server: { host: '::1', port: 0, auth: { type: 'none' } },
      watches: [
        {
          ...watch,
          namespaces: ['web'],
          labelSelector: 'app=web',
          indexes: [{ name: 'byNode', path: 'spec.nodeName' }],
        },
      ],
      onDemandWatch: { mode: 'allow', deny: ['v1/Event'], maxKinds: 2, idleTtlSeconds: 60 },
      secrets: 'redacted',
      logging: { level: 'debug', format: 'pretty' },
    });
    expect(config.watches[0]).toMatchObject({ target: { group: '', version: 'v1', kind: 'Pod' }, metadataOnly: false });
  });

  test.each(invalid)('S003-54: is refused with %s, before anything starts', (_what, config, message) => {
    expect(() => checkConfig(config)).toThrow(message);
  });

  test('S003-54: is refused with everything that is wrong, not only the first thing', () => {
    expect(() => checkConfig({ server: { port: 'x', prot: 1 }, logging: { level: 1 } })).toThrow(
      expect.objectContaining({
        code: 'InvalidConfig',
        problems: [
          expect.objectContaining({ path: ['server', 'port'] }),
          expect.objectContaining({ path: ['server', 'prot'] }),
          expect.objectContaining({ path: ['logging', 'level'] }),
        ],
      }),
    );
  });

  test('S003-54: is refused with a variable that is not set and a file that is not there', async () => {
    const path = join(directory, 'config.json');
    await writeFile(path, JSON.stringify({ cluster: { id: `$\{NOPE}`, context: { $file: 'absent' } } }));
    expect(() => loadConfig({ path, env: {} })).toThrow(
      `${path} can't be used:\n  cluster.id: the environment variable NOPE is not set\n  cluster.context: $file absent can't be read: ENOENT`,
    );
  });
});
