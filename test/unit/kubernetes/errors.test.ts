import { beforeEach, describe, expect, it, vi } from 'vitest';
import * as ours from '../../../src/kubernetes/index.ts';
import { KubeInformerError } from '../../../src/runtime/index.ts';

type Package = typeof ours;

const kinds = [
  {
    name: 'ApiStatusError',
    make: ({ ApiStatusError, statusOfHttp }: Package) =>
      new ApiStatusError(statusOfHttp(410, 'Gone'), { request: 'GET /x' }),
    of: ({ ApiStatusError }: Package) => ApiStatusError,
  },
  {
    name: 'NoMatchError',
    make: ({ NoMatchError }: Package) => new NoMatchError({ group: 'example.com', kind: 'Widget' }, [], { hint: '' }),
    of: ({ NoMatchError }: Package) => NoMatchError,
  },
] as const;

describe.each(kinds)('$name', ({ make, of }) => {
  let copy: Package;
  beforeEach(async () => {
    vi.resetModules();
    copy = await import('../../../src/kubernetes/index.ts');
  });

  it('is known across copies of the package', () => {
    expect(of(copy)).not.toBe(of(ours));
    expect(make(copy) instanceof of(ours)).toBe(true);
    expect(make(ours) instanceof of(copy)).toBe(true);
    expect(make(copy) instanceof KubeInformerError).toBe(true);
  });

  it('does not take others for its own, nor for its subclasses', () => {
    const Special = class extends (of(ours) as new (...of: never[]) => KubeInformerError) {};
    expect(make(ours) instanceof Special).toBe(false);
    const others = kinds.filter((kind) => kind.of !== of).map((kind) => kind.make(ours));
    const plain = new KubeInformerError('ApiStatus', 'x', { hint: '' });
    for (const other of [...others, plain, new Error('x'), {}, null, undefined, 'x']) {
      expect(other instanceof of(ours)).toBe(false);
    }
  });
});
