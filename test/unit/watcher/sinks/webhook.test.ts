import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { FakeClock } from '../../../../src/testing/index.ts';
import { createPoster, type WebhookOptions, webhook } from '../../../../src/watcher/subscriptions/sinks/index.ts';
import { forever, message } from './messages.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function receiver(answer: RequestListener) {
  const requests: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    requests.push({ headers: request.headers, body });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { requests, port: (server.address() as AddressInfo).port };
}

function sink(port: number, more: Partial<WebhookOptions> & { readonly allow?: readonly string[] } = {}) {
  const { allow = ['127.0.0.1'], ...options } = more;
  const poster = createPoster(new Set(allow));
  closing.push(() => poster.close());
  return webhook({
    url: `http://127.0.0.1:${port}/hook`,
    method: 'POST',
    headers: { authorization: 'Bearer t' },
    secrets: [],
    timeout: 10_000,
    post: poster.post,
    clock: new FakeClock(),
    ...options,
  });
}

async function hmac(secret: string, text: string): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', Buffer.from(secret), algorithm, false, ['sign']);
  return `v1,${Buffer.from(await crypto.subtle.sign('HMAC', key, Buffer.from(text))).toString('base64')}`;
}

const told = message();

describe('a webhook', () => {
  test('is sent the message, signed with each secret in the way of Standard Webhooks', async () => {
    const { requests, port } = await receiver((_, response) => response.end('ok'));
    const keys = ['first key of 24 bytes ....', 'the other key, as long ...'];
    const secrets = keys.map((key, at) => `${at === 0 ? 'whsec_' : ''}${Buffer.from(key).toString('base64')}`);
    expect(await sink(port, { secrets }).deliver(told, forever)).toEqual({ type: 'delivered' });
    const { headers, body } = requests[0]!;
    expect(body).toBe(told.body);
    expect(headers).toMatchObject({ 'content-type': 'application/json', authorization: 'Bearer t' });
    expect(headers['webhook-id']).toBe(told.id);
    expect(headers['webhook-timestamp']).toBe(String(Date.UTC(2026, 0, 1) / 1_000));
    // Of another interface than the one that signs.
    const signed = `${told.id}.${headers['webhook-timestamp']}.${body}`;
    const expected = await Promise.all(keys.map((key) => hmac(key, signed)));
    expect(headers['webhook-signature']).toBe(expected.join(' '));
  });

  test.each([
    [204, 'delivered'],
    [302, 'refused'],
    [400, 'refused'],
    [408, 'failed'],
    [410, 'gone'],
    [425, 'failed'],
    [429, 'failed'],
    [503, 'failed'],
  ])('that answers %i: %s', async (status, type) => {
    const { port, requests } = await receiver((_, response) =>
      response.writeHead(status, { 'retry-after': '7', location: '/elsewhere' }).end(),
    );
    const outcome = await sink(port).deliver(told, forever);
    expect(outcome.type).toBe(type);
    if (outcome.type === 'failed') expect(outcome.retryAfter).toBe(7_000);
    expect(requests).toHaveLength(1);
  });

  test('that goes over to another protocol has refused, and is not waited for', async () => {
    const { port } = await receiver((_, response) =>
      response.writeHead(101, { connection: 'upgrade', upgrade: 'other' }).end(),
    );
    const outcome = await sink(port).deliver(told, forever);
    expect(outcome).toEqual({ type: 'refused', problem: 'the receiver answered 101' });
  });

  test('that can not be reached, or does not answer in time, has failed', async () => {
    const { port } = await receiver((_, response) => response.destroy());
    expect(await sink(port).deliver(told, forever)).toMatchObject({ type: 'failed' });

    const clock = new FakeClock();
    const asked = Promise.withResolvers<void>();
    const silent = await receiver(() => asked.resolve());
    const outcome = sink(silent.port, { clock }).deliver(told, forever);
    await asked.promise;
    await clock.advance(10_000);
    expect(await outcome).toEqual({ type: 'failed', problem: 'no answer in 10000 ms', retryAfter: undefined });
    expect(clock.pendingTimers).toBe(0);
  });

  test.each([
    ['http://127.0.0.1:PORT/', 'only https'],
    ['https://127.0.0.1:PORT/', 'forbidden'],
    ['https://[::1]:PORT/', 'forbidden'],
    ['https://[::ffff:127.0.0.1]:PORT/', 'forbidden'],
    ['https://0x7f000001:PORT/', 'forbidden'],
    ['https://169.254.169.254/', 'forbidden'],
    ['https://[fe80::1]/', 'forbidden'],
    ['https://localhost:PORT/', 'forbidden'],
    ['ftp://127.0.0.1/', 'not known'],
  ])('at %s is not sent anything, unless that is allowed', async (url, why) => {
    const { port, requests } = await receiver((_, response) => response.end());
    const outcome = await sink(port, { allow: [], url: url.replace('PORT', String(port)) }).deliver(told, forever);
    expect(outcome).toMatchObject({ type: 'failed', problem: expect.stringContaining(why) });
    expect(requests).toEqual([]);
  });
});
