import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createObjectDecoder } from '../../../src/transport/decode/index.ts';

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

/** Members under these names come as strings, often the same, and then as anything else. */
const name = fc.constantFrom('image', 'reason', 'metadata', 'data', 'items', '__proto__', 'constructor', 'toString');
const repeated = fc.constantFrom('registry.example.com/web:1.2', '2026-01-01T08:00:00Z', 'ContainersNotReady', 'short');
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'value' },
    { weight: 4, arbitrary: repeated },
    { weight: 1, arbitrary: fc.string({ minLength: 9, maxLength: 13 }) },
    { weight: 1, arbitrary: fc.constantFrom(null, 1, true, 'x'.repeat(300)) },
    { weight: 2, arbitrary: fc.array(tie('value'), { maxLength: 3 }) },
    { weight: 3, arbitrary: tie('object') },
  ),
  object: fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map((members) => {
    const texts = members.map(([key, content]) => `${JSON.stringify(key)}:${JSON.stringify(content)}`);
    return JSON.parse(`{${texts.join(',')}}`) as unknown;
  }),
}));
const objects = fc.array(fc.dictionary(name, value, { maxKeys: 4 }), { minLength: 1, maxLength: 12 });

describe(`strings that repeat (seed ${seed})`, () => {
  test('are what was written, in every object, whatever those before it were like', () => {
    fc.assert(
      fc.property(objects, objects, (first, later) => {
        const decode = createObjectDecoder<unknown>({ prune: [] });
        const many = Array.from({ length: 70 }, (_, index) => first[index % first.length]!);
        for (const object of [...many, ...later, ...first]) {
          const text = JSON.stringify(object);
          const bytes = Buffer.from(text);
          expect(JSON.stringify(decode(bytes, 0, bytes.length))).toBe(JSON.stringify(JSON.parse(text)));
        }
        expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(namesOfPrototype);
      }),
      { seed, numRuns: 60 },
    );
  });

  test('take the memory of one copy, also where each page of a list has a reader of its own', () => {
    const bytes = (index: number) => {
      const times = Array.from({ length: 20 }, (_, number) => ({
        time: `${'2026-01-01T08:00:00Z '.repeat(6)}${number}`,
      }));
      return Buffer.from(JSON.stringify({ metadata: { name: `pod-${index}` }, status: { conditions: times } }));
    };
    const options = { prune: ['metadata.managedFields'] };
    let decode = createObjectDecoder<unknown>(options);
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const heap = () => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const before = heap();
    const kept = Array.from({ length: 2_000 }, (_, index) => {
      if (index % 10 === 0) decode = createObjectDecoder<unknown>(options);
      const json = bytes(index);
      return decode(json, 0, json.length);
    });
    const each = (heap() - before) / kept.length;
    // 20 strings of 128 characters or more, and 20 objects of 32 bytes.
    expect(each).toBeLessThan(2_000);
    expect(kept).toHaveLength(2_000);
  });
});

const namesOfPrototype = Object.getOwnPropertyNames(Object.prototype);
