import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type KeyParams, parseWatchKey, watchKey } from '../../../src/manager/index.ts';

const nasty = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom('', 'foo', 'foo-bar', 'a/b', '%2F', 'a%', '/', '..', '?', '#', 'ä', '🙂', 'owner', 'pin'),
);
const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,5}[a-z0-9])?$/);
const gvr = fc.record({
  group: fc.constantFrom('', 'apps', 'shop.io'),
  version: fc.constantFrom('v1', 'v1beta1'),
  resource: label,
});
const owner = fc.oneof(
  fc.record({ group: nasty, kind: nasty, namespace: nasty, name: nasty }),
  fc.record({ pin: nasty }),
);
const selection = fc.record({ labelSelector: nasty, fieldSelector: nasty, as: fc.constantFrom('full', 'metadata') });
const params: fc.Arbitrary<KeyParams> = fc
  .record({ owner, gvr, namespace: nasty, name: nasty, selection: fc.option(selection, { nil: undefined }) })
  .map(({ selection: more, ...rest }) => ({ ...rest, ...more }) as KeyParams);

/** As a key says it: without what is the default anyway. */
function canonical({ labelSelector = '', fieldSelector = '', as = 'full', ...rest }: KeyParams) {
  return { ...rest, labelSelector, fieldSelector, as };
}

describe('the key of a watch', () => {
  test('is read as it was written, whatever the names', () => {
    fc.assert(
      fc.property(params, (one) => {
        expect(canonical(parseWatchKey(watchKey(one)))).toEqual(canonical(one));
      }),
    );
  });

  test('differs for parameters that differ', () => {
    fc.assert(
      fc.property(params, params, (one, other) => {
        const same = JSON.stringify(sorted(canonical(one))) === JSON.stringify(sorted(canonical(other)));
        expect(watchKey(one) === watchKey(other)).toBe(same);
      }),
    );
  });

  test('of one owner is no beginning of that of another', () => {
    const of = (name: string) =>
      watchKey({
        owner: { group: 'shop.io', kind: 'App', namespace: 'shop', name },
        gvr: { group: 'apps', version: 'v1', resource: 'deployments' },
        namespace: 'shop',
        name: 'web',
      });
    expect(of('foo')).toBe('owner/shop.io/App/shop/foo/apps/v1/deployments/shop/web');
    const ofOwner = (key: string) => key.split('/').slice(0, 5).join('/');
    expect(of('foo-bar').startsWith(`${ofOwner(of('foo'))}/`)).toBe(false);
  });

  test.each([
    '',
    'foo',
    'owner/a/b',
    'other/a/b/c/d/apps/v1/deployments/x/y',
    'owner/a/b/c/d/apps/v1/deployments/x/%zz',
    'owner/a/b/c/d/apps/v1/NO!/x/y',
  ])('is not %j', (text) =>
    expect(() => parseWatchKey(text)).toThrow(expect.objectContaining({ code: 'InvalidResource' })),
  );

  test('refuses names that are no text', () => {
    const broken = {
      owner: { pin: '\ud800' },
      gvr: { group: '', version: 'v1', resource: 'pods' },
      namespace: '',
      name: '',
    };
    expect(() => watchKey(broken)).toThrow(expect.objectContaining({ code: 'InvalidResource' }));
  });
});

function sorted(value: object): unknown {
  return Object.entries(value)
    .map(([name, member]) => [name, typeof member === 'object' ? sorted(member) : member])
    .sort();
}
