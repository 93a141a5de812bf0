import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkConfig, configJsonSchema, loadConfig } from '../../../../src/watcher/config/index.ts';

/** How a text refers to a variable. */
const variable = (name: string) => `$\{${name}}`;

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'watcher-config-'));
});

afterEach(() => rm(directory, { recursive: true }));

async function load(document: unknown, env: Record<string, string> = {}) {
  await writeFile(join(directory, 'config.json'), JSON.stringify(document));
  return loadConfig({ directory, env });
}

describe('a configuration', () => {
  test('may be empty: it then listens on loopback, watches nothing, and serves no Secrets', () => {
    const config = checkConfig({});
    expect(config.server).toMatchObject({ host: '127.0.0.1', port: 8080, auth: { type: 'none' }, tls: null });
    expect(config.watches).toEqual([]);
    expect(config.secrets).toBe('denied');
  });

  test('takes environment variables anywhere in a text, and $${ for a brace that is meant', async () => {
    const { config } = await load({ cluster: { id: `${variable('REGION')}-1` } }, { REGION: 'eu' });
    expect(config.cluster.id).toBe('eu-1');
    await expect(load({ cluster: { id: `$${variable('REGION')}` } }, { REGION: 'eu' })).rejects.toThrow('cluster.id');
  });

  test('takes texts from files beside it, and says which files it was made of', async () => {
    await writeFile(join(directory, 'token'), 'a-token-of-some-length\n');
    const { config, files } = await load({
      server: { auth: { type: 'token', tokens: [{ name: 'ci', token: { $file: 'token' } }] } },
    });
    expect(config.server.auth).toEqual({
      type: 'token',
      tokens: [{ name: 'ci', token: 'a-token-of-some-length' }],
    });
    expect(files).toEqual([join(directory, 'config.json'), join(directory, 'token')]);
  });

  test('that is wrong never shows what came from a file or a variable', async () => {
    await writeFile(join(directory, 'token'), 'hunter2-hunter2');
    const wrong = { server: { host: { $file: 'token' } }, cluster: { id: variable('PASSWORD') } };
    const failure = await load(wrong, { PASSWORD: 's3cr3t!' }).catch((thrown: Error) => thrown);
    expect(String(failure)).toContain('server.auth: type "none" is for loopback only, and host is ***');
    expect(String(failure)).toContain('cluster.id');
    expect(String(failure)).not.toMatch(/hunter2|s3cr3t/);
  });

  test('that is no JSON says where, and quotes nothing', async () => {
    await writeFile(join(directory, 'config.json'), '{\n  "password": "hunter2",\n}');
    expect(() => loadConfig({ directory, env: {} })).toThrow(/it is no JSON: line 3 column 1$/);
  });
});

describe('the published schema', () => {
  test('has a description for everything an editor shows, and lets secret texts be files', () => {
    const text = JSON.stringify(configJsonSchema());
    expect(text).toContain('"$file"');
    expect(text).not.toContain('"secret":true');
    expect(configJsonSchema()).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      additionalProperties: false,
    });
  });

  test('does not ask for what has a default', () => {
    expect(configJsonSchema().required).toBeUndefined();
  });
});
