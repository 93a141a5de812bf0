import { expect, test } from 'vitest';
import { z } from 'zod';
import { hiderOf } from '../../../../src/watcher/http/hidden.ts';

const hide = hiderOf(z.strictObject({ url: z.string() }));

test.each(['https://me:secret@host/a', 'https://me:s@cret@host/a', 'https://s@cret@host/a'])(
  '%s is shown without who sends',
  (url) => {
    expect(hide({ url })).toEqual({ url: 'https://(hidden)@host/a' });
  },
);

test('an @ in a path is no sign of a user', () => {
  expect(hide({ url: 'https://host/a@b' })).toEqual({ url: 'https://host/a@b' });
});
