import { describe, it } from 'vitest';
import { type Case, expectRequests, html, status } from './s000-attempts.ts';

describe('S000-18 a list that fails is tried again', () => {
  const cases: readonly Case[] = [
    {
      what: 'after delays that double, for 500',
      action: status(500),
      times: 8,
      requests: [
        '0 list 0',
        '800 list 0',
        '2400 list 0',
        '5600 list 0',
        '12000 list 0',
        '24800 list 0',
        '50400 list 0',
        '80400 list 0',
        '110400 list 0',
        '110400 watch 2',
      ],
    },
    {
      what: 'for 502 with the page of a proxy',
      action: status(502, { text: html }),
      requests: ['0 list 0', '800 list 0', '800 watch 2'],
    },
    { what: 'for 503', action: status(503), requests: ['0 list 0', '800 list 0', '800 watch 2'] },
    {
      what: 'after what 503 asks for',
      action: status(503, { retryAfter: 5 }),
      requests: ['0 list 0', '5000 list 0', '5000 watch 2'],
    },
    { what: 'for 504', action: status(504), requests: ['0 list 0', '800 list 0', '800 watch 2'] },
    {
      what: 'for 429',
      action: status(429),
      times: 2,
      requests: ['0 list 0', '800 list 0', '2400 list 0', '2400 watch 2'],
    },
    {
      what: 'after what 429 asks for, every time',
      action: status(429, { retryAfter: 3 }),
      times: 2,
      requests: ['0 list 0', '3000 list 0', '6000 list 0', '6000 watch 2'],
    },
    {
      what: 'no sooner than the own delay, whatever 429 asks for',
      action: status(429, { retryAfter: 1 }),
      times: 2,
      requests: ['0 list 0', '1000 list 0', '2600 list 0', '2600 watch 2'],
    },
    {
      what: 'for 410: at once for the most recent state, and after a delay if that does not help',
      action: status(410, { reason: 'Expired' }),
      times: 3,
      requests: ['0 list 0', '0 list', '800 list', '2400 list', '2400 watch 2'],
    },
    {
      what: 'for a version that the server has not seen yet as for 410, after the second that the server asks for',
      action: { kind: 'futureResourceVersion' },
      requests: ['0 list 0', '1000 list', '1000 watch 2'],
    },
    {
      what: 'for 401 without other credentials',
      action: status(401),
      times: 2,
      requests: ['0 list 0', '800 list 0', '2400 list 0', '2400 watch 2'],
    },
    {
      what: 'slowly for 403',
      action: status(403),
      times: 3,
      requests: ['0 list 0', '5000 list 0', '15000 list 0', '35000 list 0', '35000 watch 2'],
    },
    {
      what: 'slowly for 404, once a minute in the end',
      action: status(404),
      times: 6,
      requests: [
        '0 list 0',
        '5000 list 0',
        '15000 list 0',
        '35000 list 0',
        '75000 list 0',
        '135000 list 0',
        '195000 list 0',
        '195000 watch 2',
      ],
    },
    { what: 'slowly for 400', action: status(400), requests: ['0 list 0', '5000 list 0', '5000 watch 2'] },
    { what: 'for 409', action: status(409), requests: ['0 list 0', '800 list 0', '800 watch 2'] },
    {
      what: 'after a reset before the answer',
      action: { kind: 'reset' },
      times: 2,
      requests: ['0 list 0', '800 list 0', '2400 list 0', '2400 watch 2'],
    },
    {
      what: 'after a reset in the answer',
      action: { kind: 'resetAfter', bytes: 100 },
      requests: ['0 list 0', '800 list 0', '800 watch 2'],
    },
    {
      what: 'after an answer that is no JSON',
      action: { kind: 'answer', body: 'hello' },
      requests: ['0 list 0', '800 list 0', '800 watch 2'],
    },
    {
      what: 'slowly after a table that nobody asked for',
      action: { kind: 'asTable' },
      requests: ['0 list 0', '5000 list 0', '5000 watch 2'],
    },
    {
      what: 'after 90 s without an answer',
      action: { kind: 'stall' },
      unnoticedFor: 90_000,
      requests: ['0 list 0', '90800 list 0', '90800 watch 2'],
    },
    {
      what: 'after 90 s of silence in the answer',
      action: { kind: 'stallAfter', bytes: 100 },
      unnoticedFor: 90_000,
      requests: ['0 list 0', '90800 list 0', '90800 watch 2'],
    },
    {
      what: 'after an answer that ends too early',
      action: { kind: 'endAfter', bytes: 100 },
      unnoticedFor: 90_000,
      requests: ['0 list 0', '90800 list 0', '90800 watch 2'],
    },
  ];
  it.each(cases)('$what', (testCase) => expectRequests('list', testCase, { factory: { streamInitialState: false } }));
});
