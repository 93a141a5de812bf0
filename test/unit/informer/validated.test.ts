import { describe, expect, it } from 'vitest';
import { type ObjectSchema, validated } from '../../../src/informer/index.ts';
import { widget } from '../controller/fixtures.ts';

type Result = ReturnType<ObjectSchema['~standard']['validate']>;
const schemaOf = (validate: (value: unknown) => Result): ObjectSchema => ({ '~standard': { version: 1, validate } });

describe('validated', () => {
  const blue = widget('blue');

  it('gives back the very object that fits', () => {
    expect(validated(schemaOf(() => ({})))(blue)).toBe(blue);
    expect(validated(schemaOf(() => ({ issues: [] })))(blue)).toBe(blue);
  });

  it('says which object does not fit, and where: five places at most', () => {
    const places = [{ message: 'as a whole' }, { message: 'in parts', path: ['spec', { key: 'sizes' }, 0] }];
    const check = (issues: typeof places) => () => validated(schemaOf(() => ({ issues })))(blue);
    expect(check(places)).toThrow(
      expect.objectContaining({
        code: 'InvalidObject',
        message: 'shop/blue does not fit its schema: as a whole; spec.sizes.0: in parts',
      }),
    );
    expect(check([...places, ...places, ...places])).toThrow(/in parts; as a whole; and 1 more$/);
  });

  it('is the same function for the same schema, and another for another', () => {
    const schema = schemaOf(() => ({}));
    expect(validated(schema)).toBe(validated(schema));
    expect(validated(schemaOf(() => ({})))).not.toBe(validated(schema));
  });

  it('refuses a schema that checks asynchronously, whatever becomes of its check', () => {
    const code = 'InvalidOption';
    expect(() => validated(schemaOf(async () => ({})))(blue)).toThrow(expect.objectContaining({ code }));
    expect(() => validated(schemaOf(() => Promise.reject(new Error('no'))))(blue)).toThrow(
      expect.objectContaining({ code }),
    );
  });
});
