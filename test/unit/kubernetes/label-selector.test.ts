import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { parseLabelSelector, toLabelSelector } from '../../../src/kubernetes/index.ts';
import { KubeInformerError } from '../../../src/runtime/index.ts';

function faultOf(run: () => unknown): KubeInformerError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof KubeInformerError) return thrown;
    throw thrown;
  }
  throw new Error('it should have thrown');
}

describe('the canonical text of a label selector', () => {
  test.each([
    ['', ''],
    [' \t\n', ''],
    ['a', 'a'],
    ['!a', '!a'],
    [' ! a ', '!a'],
    ['a=1', 'a=1'],
    ['a==1', 'a=1'],
    ['a = 1', 'a=1'],
    ['a=', 'a='],
    ['a=,b', 'a=,b'],
    ['a!=1', 'a!=1'],
    ['a in (1)', 'a=1'],
    ['a notin (1)', 'a!=1'],
    ['a in (2,1)', 'a in (1,2)'],
    ['a in ( 2 , 1,2 )', 'a in (1,2)'],
    ['a in(1,2)', 'a in (1,2)'],
    ['a notin (2,1)', 'a notin (1,2)'],
    ['a in ()', 'a='],
    ['a in (,)', 'a='],
    ['a in (,1)', 'a in (,1)'],
    ['a in (1,)', 'a in (,1)'],
    ['a in (2,,1)', 'a in (,1,2)'],
    ['a>5', 'a>5'],
    ['a < 5', 'a<5'],
    ['b=2,a=1', 'a=1,b=2'],
    ['a=1,a=1', 'a=1'],
    ['a=1,a!=2', 'a!=2,a=1'],
    ['in in (in,notin)', 'in in (in,notin)'],
    ['notin', 'notin'],
    ['a=in', 'a=in'],
    ['example.com/tier=web', 'example.com/tier=web'],
    ['A_b.c-D=X_y.z-1', 'A_b.c-D=X_y.z-1'],
  ])('of %j is %j', (text, canonical) => {
    expect(parseLabelSelector(text).toString()).toBe(canonical);
  });
});

describe('a text that is no label selector is refused with the position of its fault', () => {
  test.each([
    [',', 0, "found ','"],
    ['a,', 2, 'found end of text'],
    ['a,,b', 2, "found ','"],
    ['=1', 0, "found '='"],
    ['!', 1, 'found end of text'],
    ['!!a', 1, "found '!'"],
    ['!a=1', 2, "found '='"],
    ['a b', 2, "found 'b'"],
    ['a=1 b', 4, "found 'b'"],
    ['a=!1', 2, "found '!'"],
    ['a=)', 2, "found ')'"],
    ['a in 1', 5, "found '1'"],
    ['a in (1', 7, 'found end of text'],
    ['a in (1 2)', 8, "found '2'"],
    ['a in (1))', 8, "found ')'"],
    ['a>', 2, 'not an integer'],
    ['a>b', 2, 'not an integer'],
    ['a>1.5', 2, 'not an integer'],
    ['a<9223372036854775808', 2, 'not an integer'],
    ['a>(1)', 2, "found '('"],
    ['-a=1', 0, "key '-a'"],
    ['a/b/c', 0, "at most one '/'"],
    ['/b', 0, 'prefix'],
    ['Up.com/b', 0, 'prefix'],
    ['example.com/', 0, 'must not be empty'],
    [`${'k'.repeat(64)}=1`, 0, '63'],
    ['a=-1', 2, "value '-1'"],
    ['x,a in (b,c_)', 10, "value 'c_'"],
    [`a=${'v'.repeat(64)}`, 2, '63'],
  ])('%j at %i', (text, position, problem) => {
    const error = faultOf(() => parseLabelSelector(text));
    expect(error.code).toBe('InvalidSelector');
    expect(error.message).toContain(problem);
    expect(error.message).toMatch(new RegExp(`at position ${position}$`));
    expect(error.hint).toContain('key notin (a,b)');
  });
});

describe('a label selector matches labels', () => {
  test.each([
    ['', {}, true],
    ['', undefined, true],
    ['a=1', undefined, false],
    ['a=1', { a: '1', b: '2' }, true],
    ['a=1', { a: '2' }, false],
    ['a=', { a: '' }, true],
    ['a=', {}, false],
    ['a!=1', { a: '2' }, true],
    ['a!=1', { a: '1' }, false],
    ['a!=1', {}, true],
    ['a in (1,2)', { a: '2' }, true],
    ['a in (1,2)', { a: '3' }, false],
    ['a in (1,2)', {}, false],
    ['a notin (1,2)', {}, true],
    ['a notin (1,2)', { a: '3' }, true],
    ['a notin (1,2)', { a: '1' }, false],
    ['a', { a: '' }, true],
    ['a', {}, false],
    ['!a', {}, true],
    ['!a', { a: '' }, false],
    ['a>5', { a: '6' }, true],
    ['a>5', { a: '5' }, false],
    ['a>5', { a: 'six' }, false],
    ['a>5', {}, false],
    ['a<5', { a: '4' }, true],
    ['a<5', { a: '5' }, false],
    ['a<5', { a: '-3' }, true],
    ['a>9007199254740992', { a: '9007199254740993' }, true],
    ['a>5', { a: '9223372036854775808' }, false],
    ['a=1,b', { a: '1', b: '' }, true],
    ['a=1,b', { a: '1' }, false],
    ['a=1,a=2', { a: '1' }, false],
    ['constructor', {}, false],
    ['!toString', { a: '1' }, true],
  ] as const)('%j and %j: %j', (text, labels, expected) => {
    expect(parseLabelSelector(text).matches(labels)).toBe(expected);
  });

  it('says whether it selects everything', () => {
    expect(parseLabelSelector(' ').isEmpty).toBe(true);
    expect(parseLabelSelector('a').isEmpty).toBe(false);
  });
});

describe('the structured form', () => {
  it('is the same selector as its text', () => {
    const selector = toLabelSelector({
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['front', 'back'] },
        { key: 'zone', operator: 'NotIn', values: ['a'] },
        { key: 'live', operator: 'Exists' },
        { key: 'old', operator: 'DoesNotExist', values: [] },
      ],
    });
    expect(selector.toString()).toBe('app=web,live,!old,tier in (back,front),zone!=a');
    expect(parseLabelSelector(selector.toString()).toString()).toBe(selector.toString());
  });

  it('selects everything when empty, and a selector passes through unchanged', () => {
    expect(toLabelSelector({}).isEmpty).toBe(true);
    const selector = toLabelSelector('a=1');
    expect(toLabelSelector(selector)).toBe(selector);
  });

  test.each([
    [{ matchExpressions: [{ key: 'a', operator: 'In' }] }, 'at least one value'],
    [{ matchExpressions: [{ key: 'a', operator: 'Exists', values: ['1'] }] }, 'no values'],
    [{ matchExpressions: [{ key: 'a', operator: 'Like', values: ['1'] }] }, 'no operator'],
    [{ matchLabels: { 'a b': '1' } }, "key 'a b'"],
    [{ matchLabels: { a: '1 2' } }, "value '1 2'"],
  ])('%j is refused', (input, problem) => {
    const error = faultOf(() => toLabelSelector(input));
    expect(error.code).toBe('InvalidSelector');
    expect(error.message).toContain(problem);
  });
});

const key = fc.constantFrom('a', 'b', 'in', 'notin', 'example.com/tier', 'x-1');
const value = fc.constantFrom('', '1', '2', '10', 'in', 'web', 'A.b_c');
const blank = fc.constantFrom('', ' ', '\t ');
const list = fc.array(value, { minLength: 1, maxLength: 4 });
const term = fc.oneof(
  key,
  key.map((k) => `!${k}`),
  fc.tuple(key, blank, fc.constantFrom('=', '==', '!='), blank, value).map((parts) => parts.join('')),
  fc.tuple(key, fc.constantFrom('in', 'notin'), blank, list).map(([k, op, b, vs]) => `${k} ${op}${b}(${vs.join(',')})`),
  fc.tuple(key, fc.constantFrom('<', '>'), fc.integer({ min: 0, max: 20 })).map((parts) => parts.join('')),
);
const labels = fc.dictionary(key, value);

describe('whatever the selector', () => {
  it('its canonical text is read back as itself', () => {
    fc.assert(
      fc.property(fc.array(term, { maxLength: 5 }), (terms) => {
        const canonical = parseLabelSelector(terms.join(',')).toString();
        expect(parseLabelSelector(canonical).toString()).toBe(canonical);
      }),
    );
  });

  it('order does not change the canonical text, and the canonical text selects the same labels', () => {
    fc.assert(
      fc.property(fc.array(term, { minLength: 1, maxLength: 5 }), labels, (terms, of) => {
        const selector = parseLabelSelector(terms.join(','));
        expect(parseLabelSelector(terms.toReversed().join(',')).toString()).toBe(selector.toString());
        // Term by term, as written, is the independent way to the same answer.
        const expected = terms.every((one) => parseLabelSelector(one).matches(of));
        expect(selector.matches(of)).toBe(expected);
        expect(parseLabelSelector(selector.toString()).matches(of)).toBe(expected);
      }),
    );
  });
});
