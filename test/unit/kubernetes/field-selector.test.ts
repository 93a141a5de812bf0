import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { parseFieldSelector, toFieldSelector } from '../../../src/kubernetes/index.ts';
import { KubeInformerError } from '../../../src/runtime/index.ts';

const reader = (fields: Record<string, string>) => (path: string) => fields[path];

describe('the canonical text of a field selector', () => {
  test.each([
    ['', ''],
    ['metadata.name=a', 'metadata.name=a'],
    ['metadata.name==a', 'metadata.name=a'],
    ['spec.nodeName!=', 'spec.nodeName!='],
    ['b=2,a=1', 'a=1,b=2'],
    ['a=1,,a=1', 'a=1'],
    [String.raw`a=x\,y\=z\\`, String.raw`a=x\,y\=z\\`],
    ['a= x', 'a= x'],
    ['a=1,!=,==', 'a=1'],
  ])('of %j is %j', (text, canonical) => {
    expect(parseFieldSelector(text).toString()).toBe(canonical);
  });
});

describe('a text that is no field selector is refused with the position of its fault', () => {
  test.each([
    ['metadata.name', 0, 'no operator'],
    ['a=1,b', 4, 'no operator'],
    ['=a', 0, 'no field'],
    ['a b=1', 0, "field 'a b'"],
    ['a=b=c', 3, 'must be escaped'],
    ['a=1,b=x\\y', 7, 'no escape'],
    ['a=x\\', 3, 'no escape'],
  ])('%j at %i', (text, position, problem) => {
    let error: unknown;
    try {
      parseFieldSelector(text);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(KubeInformerError);
    expect(error).toMatchObject({ code: 'InvalidSelector', message: expect.stringContaining(problem) });
    expect((error as KubeInformerError).message).toMatch(new RegExp(`at position ${position}$`));
  });
});

describe('a field selector matches fields', () => {
  test.each([
    ['', {}, true],
    ['a=1', { a: '1' }, true],
    ['a=1', { a: '2' }, false],
    ['a=1', {}, false],
    ['a!=1', {}, true],
    ['a!=1', { a: '1' }, false],
    ['a=', {}, true],
    ['a!=', {}, false],
    ['a!=', { a: 'x' }, true],
    ['a=1,b!=2', { a: '1', b: '3' }, true],
    ['a=1,b!=2', { a: '1', b: '2' }, false],
    [String.raw`a=x\,y`, { a: 'x,y' }, true],
  ] as const)('%j and %j: %j', (text, fields, expected) => {
    expect(parseFieldSelector(text).matches(reader(fields))).toBe(expected);
  });
});

describe('the structured form', () => {
  it('is the same selector as its text', () => {
    expect(toFieldSelector({ 'spec.nodeName': 'n,1', 'metadata.name': 'a' }).toString()).toBe(
      String.raw`metadata.name=a,spec.nodeName=n\,1`,
    );
    expect(toFieldSelector({}).isEmpty).toBe(true);
    const selector = toFieldSelector('a=1');
    expect(toFieldSelector(selector)).toBe(selector);
  });

  it('refuses a path that no field has', () => {
    expect(() => toFieldSelector({ 'a=b': '1' })).toThrow(/field 'a=b'/);
  });
});

describe('whatever the selector', () => {
  it('print and parse are inverse, for values of any text', () => {
    const fields = fc.dictionary(fc.constantFrom('a', 'b.c', 'spec.nodeName'), fc.string());
    fc.assert(
      fc.property(fields, (wanted) => {
        const selector = toFieldSelector(wanted);
        const again = parseFieldSelector(selector.toString());
        expect(again.requirements).toEqual(selector.requirements);
        expect(again.matches(reader(wanted))).toBe(true);
      }),
    );
  });
});
