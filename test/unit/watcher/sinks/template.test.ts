import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  escapeForKey,
  escapeForToken,
  escapeForUrl,
  parseTemplate,
} from '../../../../src/watcher/subscriptions/sinks/template.ts';
import { parseUrlTemplate } from '../../../../src/watcher/subscriptions/sinks/url-template.ts';
import { message } from './messages.ts';

const about = (labels: Record<string, string> = {}, more: object = {}) =>
  message({ metadata: { labels, ...more } }).about;

describe('a template', () => {
  test.each([
    ['k8s.{cluster}.{group|core}.{resource}.{type}', 'k8s.prod.core.pods.ADDED'],
    ['{kind}/{metadata.namespace}/{metadata.name}/{metadata.uid}', 'Pod/web/a/u'],
    ['{label:app}-{annotation:team|nobody}', 'shop-nobody'],
    ['{label:empty|none}', 'none'],
    ['{label:constructor|none}', 'none'],
    ['no place', 'no place'],
  ])('%s is %s', (text, expected) => {
    expect(parseTemplate(text, escapeForUrl)(about({ app: 'shop', empty: '' }))).toEqual({ text: expected });
  });

  test.each(['{label:tier}', 'a{annotation:x}', '{group}'])('%s says what is missing', (text) => {
    expect(parseTemplate(text, escapeForUrl)(about())).toEqual({ missing: /\{(.*)\}/.exec(text)![1] });
  });

  test.each(['{spec.nodeName}', '{label:}', '{', 'a}b', '{a{b}}', '{constructor}', '{}', '{metadata.labels}'])(
    '%s is refused',
    (text) => {
      expect(() => parseTemplate(text, escapeForUrl)).toThrowError(
        expect.objectContaining({ code: 'InvalidOption', hint: expect.stringContaining('{label:KEY}') }),
      );
    },
  );

  test.each([
    [escapeForUrl, '..%2f/a?b#c d', '..%252f%2Fa%3Fb%23c%20d'],
    [escapeForUrl, '\ud800', '%EF%BF%BD'],
    [escapeForToken, 'a.b>*c d%', 'a%2Eb%3E%2Ac%20d%25'],
    [escapeForToken, '€', '%E2%82%AC'],
    [escapeForKey, 'a.b:c', 'a.b%3Ac'],
  ])('escapes as its place asks: %#', (escaped, value, expected) => {
    expect(escaped(value)).toBe(expected);
  });
});

describe('a URL with places', () => {
  test('keeps its host and the number of segments, whatever the values are', () => {
    const urlOf = parseUrlTemplate('https://receiver.example/v1/{annotation:a}/x{annotation:b}/event?c={annotation:a}');
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('.', '..', '%2e%2e', '..%2f', '/', '\\', '@b'),
    );
    fc.assert(
      fc.property(value, value, (a, b) => {
        const address = urlOf(about({}, { annotations: { a, b } }));
        if ('missing' in address) return a === '' || b === '' || /^\.{1,2}$/.test(a);
        const { host, pathname, searchParams, hash } = address.url;
        expect(host).toBe('receiver.example');
        expect(pathname.split('/')).toHaveLength(5);
        expect(decodeURIComponent(pathname.split('/')[2]!)).toBe(a.toWellFormed());
        expect(searchParams.get('c')).toBe(a.toWellFormed());
        expect(hash).toBe('');
        return true;
      }),
    );
  });

  test.each([
    'https://{label:app}/hook',
    'https://host:{label:port}/',
    'https://{label:user}@host/',
    '{label:scheme}://host/',
    'https://host{label:domain}',
  ])('%s is refused, since its host would depend on objects', (url) => {
    expect(() => parseUrlTemplate(url)).toThrowError(/before the path/);
  });

  test.each(['https://me:s@cret@host{label:app}/', 'https://me:s@cret@host/{spec.nodeName}'])(
    '%s is refused without a word of its password',
    (url) => {
      expect(() => parseUrlTemplate(url)).toThrowError(
        expect.objectContaining({ message: expect.stringMatching(/https:\/\/\(hidden\)@host(?!.*cret)/) }),
      );
    },
  );

  test.each([
    ['/{annotation:a}{annotation:b}/x', '.', '.'],
    ['/x/{annotation:a}', '..', 'b'],
    ['/x/.{annotation:a}', '.', 'b'],
    ['/{annotation:a}?q', '.', 'b'],
  ])('%s has no address if a segment would be dots', (path, a, b) => {
    const address = parseUrlTemplate(`https://host${path}`)(about({}, { annotations: { a, b } }));
    expect(address).toHaveProperty('missing');
  });
});
