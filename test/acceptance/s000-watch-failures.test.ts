import { describe, it } from 'vitest';
import { type Case, expectRequests, html, status } from './s000-attempts.ts';

describe('S000-18 a watch that fails goes on from where it was', () => {
  const cases: readonly Case[] = [
    {
      what: 'for 500, until the third time calls for a list',
      action: status(500),
      times: 4,
      requests: [
        '0 list 0',
        '0 watch 2',
        '800 watch 2',
        '2400 watch 2',
        '5600 list 2',
        '5600 watch 2',
        '12000 watch 2',
      ],
    },
    {
      what: 'for 502 with the page of a proxy',
      action: status(502, { text: html }),
      requests: ['0 list 0', '0 watch 2', '800 watch 2'],
    },
    {
      what: 'after what 503 asks for',
      action: status(503, { retryAfter: 5 }),
      requests: ['0 list 0', '0 watch 2', '5000 watch 2'],
    },
    {
      what: 'for 429, without ever listing',
      action: status(429),
      times: 5,
      requests: [
        '0 list 0',
        '0 watch 2',
        '800 watch 2',
        '2400 watch 2',
        '5600 watch 2',
        '12000 watch 2',
        '24800 watch 2',
      ],
    },
    {
      what: 'after what 429 asks for, every time',
      action: status(429, { retryAfter: 3 }),
      times: 2,
      requests: ['0 list 0', '0 watch 2', '3000 watch 2', '6000 watch 2'],
    },
    {
      what: 'for 410 with a list that is no older',
      action: status(410, { reason: 'Expired' }),
      times: 2,
      requests: ['0 list 0', '0 watch 2', '800 list 2', '800 watch 2', '2400 list 2', '2400 watch 2'],
    },
    {
      what: 'for 401 without other credentials',
      action: status(401),
      times: 2,
      requests: ['0 list 0', '0 watch 2', '800 watch 2', '2400 watch 2'],
    },
    {
      what: 'slowly for 403, with a list',
      action: status(403),
      times: 2,
      requests: ['0 list 0', '0 watch 2', '5000 list 2', '5000 watch 2', '15000 list 2', '15000 watch 2'],
    },
    {
      what: 'slowly for 404, with a list',
      action: status(404),
      times: 2,
      requests: ['0 list 0', '0 watch 2', '5000 list 2', '5000 watch 2', '15000 list 2', '15000 watch 2'],
    },
    {
      what: 'slowly for 400, with a list',
      action: status(400),
      requests: ['0 list 0', '0 watch 2', '5000 list 2', '5000 watch 2'],
    },
    {
      what: 'after a reset before the answer; a kept connection that is reset at its first use is simply replaced',
      action: { kind: 'reset' },
      times: 3,
      requests: ['0 list 0', '0 watch 2', '0 watch 2', '800 watch 2', '2400 watch 2'],
    },
    {
      what: 'after an end at once',
      action: { kind: 'endAfter', events: 0 },
      times: 2,
      requests: ['0 list 0', '0 watch 2', '800 watch 2', '2400 watch 2'],
    },
    {
      what: 'after an answer that is no watch',
      action: { kind: 'answer', body: 'hello' },
      requests: ['0 list 0', '0 watch 2', '800 watch 2'],
    },
    {
      what: 'for 410 in the stream with a list',
      action: { kind: 'errorEvent', code: 410, reason: 'Expired' },
      requests: ['0 list 0', '0 watch 2', '800 list 2', '800 watch 2'],
    },
    {
      what: 'after what 429 in the stream asks for',
      action: { kind: 'errorEvent', code: 429, details: { retryAfterSeconds: 4 } },
      requests: ['0 list 0', '0 watch 2', '4000 watch 2'],
    },
    {
      what: 'for 500 in the stream',
      action: { kind: 'errorEvent', code: 500 },
      requests: ['0 list 0', '0 watch 2', '800 watch 2'],
    },
    {
      what: 'after 90 s without an answer',
      action: { kind: 'stall' },
      unnoticedFor: 90_000,
      requests: ['0 list 0', '0 watch 2', '90800 watch 2'],
    },
    {
      what: 'after 90 s of silence, at once',
      action: { kind: 'stallAfter', events: 0 },
      unnoticedFor: 90_000,
      requests: ['0 list 0', '0 watch 2', '90000 watch 2'],
    },
  ];
  it.each(cases)('$what', (testCase) => expectRequests('watch', testCase, { factory: { streamInitialState: false } }));
});

describe('S000-18 a stream of the initial state that fails', () => {
  const cases: readonly Case[] = [
    { what: 'is listed at once for 500', action: status(500), requests: ['0 stream', '0 list 0', '0 watch 2'] },
    { what: 'is tried again for 429', action: status(429), requests: ['0 stream', '800 stream'] },
    {
      what: 'is listed after what 503 asks for',
      action: status(503, { retryAfter: 2 }),
      requests: ['0 stream', '2000 list 0', '2000 watch 2'],
    },
    {
      what: 'is listed from then on by a server that does not know it',
      action: { kind: 'noWatchList', as: 'refused' },
      requests: ['0 stream', '0 list 0', '0 watch 2'],
    },
    {
      what: 'is listed when it does not end within 30 s',
      action: { kind: 'initialEventsEnd', delay: 'never' },
      unnoticedFor: 30_000,
      requests: ['0 stream', '30000 list 0', '30000 watch 2'],
    },
    { what: 'is tried again after a reset', action: { kind: 'reset' }, requests: ['0 stream', '800 stream'] },
    {
      what: 'is tried again after a reset in the middle',
      action: { kind: 'resetAfter', bytes: 100 },
      requests: ['0 stream', '800 stream'],
    },
    {
      what: 'is tried again after an end in the middle of a line',
      action: { kind: 'endAfter', bytes: 100 },
      requests: ['0 stream', '800 stream'],
    },
    {
      what: 'is listed at once after garbage',
      action: { kind: 'insertLine', events: 1, line: '{"type":' },
      requests: ['0 stream', '0 list 0', '0 watch 2'],
    },
    {
      what: 'does not mind being cut through characters and lines',
      action: { kind: 'slices', bytes: 3 },
      requests: ['0 stream'],
    },
  ];
  it.each(cases)('$what', (testCase) => expectRequests('watch', testCase, {}));
});
