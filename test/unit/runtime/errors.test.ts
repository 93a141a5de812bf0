import { describe, expect, it, vi } from 'vitest';
import { asKubeInformerError, KubeInformerError, messageOf, requireAtLeast } from '../../../src/runtime/index.ts';

describe('KubeInformerError', () => {
  it('carries code, hint and cause', () => {
    const cause = new Error('underneath');
    const error = new KubeInformerError('NoMatch', 'no such kind', { cause, hint: 'Look again.' });
    expect(error).toMatchObject({
      name: 'KubeInformerError',
      code: 'NoMatch',
      message: 'no such kind',
      hint: 'Look again.',
      cause,
    });
    expect(error).toBeInstanceOf(Error);
    expect('cause' in new KubeInformerError('NoMatch', 'x', { hint: '' })).toBe(false);
  });

  it('is known across copies of the package', async () => {
    vi.resetModules();
    const copy = await import('../../../src/runtime/errors.ts');
    expect(copy.KubeInformerError).not.toBe(KubeInformerError);
    const error = new copy.KubeInformerError('Internal', 'x', { hint: '' });
    expect(error instanceof KubeInformerError).toBe(true);
    expect(new KubeInformerError('Internal', 'x', { hint: '' }) instanceof copy.KubeInformerError).toBe(true);
  });

  it('does not take others for its own, nor for its subclasses', () => {
    class Special extends KubeInformerError {}
    const plain = new KubeInformerError('Internal', 'x', { hint: '' });
    const special = new Special('Internal', 'x', { hint: '' });
    expect(plain instanceof Special).toBe(false);
    expect(special instanceof Special).toBe(true);
    expect(special instanceof KubeInformerError).toBe(true);
    for (const other of [new Error('x'), { code: 'Internal' }, null, undefined, 'x']) {
      expect(other instanceof KubeInformerError).toBe(false);
    }
  });
});

describe('asKubeInformerError', () => {
  it('leaves its own as they are and wraps all others', () => {
    const own = new KubeInformerError('NoMatch', 'x', { hint: '' });
    expect(asKubeInformerError(own, 'Internal', 'y', 'z')).toBe(own);
    const wrapped = asKubeInformerError('thrown text', 'Internal', 'it broke', 'Report it.');
    expect(wrapped).toMatchObject({
      code: 'Internal',
      message: 'it broke: thrown text',
      hint: 'Report it.',
      cause: 'thrown text',
    });
  });
});

it.each([
  [new Error('text'), 'text'],
  ['text', 'text'],
  [undefined, 'undefined'],
  [Symbol('text'), 'Symbol(text)'],
  [Object.create(null), 'something that has no text was thrown'],
])('messageOf has a text for anything', (thrown, text) => {
  expect(messageOf(thrown)).toBe(text);
});

it('requireAtLeast names the option', () => {
  expect(() => requireAtLeast('size', 1, 1)).not.toThrow();
  for (const wrong of [0, Number.NaN, Number.POSITIVE_INFINITY, '5' as unknown as number]) {
    expect(() => requireAtLeast('size', wrong, 1)).toThrow(/size must be a number of at least 1/);
  }
});
