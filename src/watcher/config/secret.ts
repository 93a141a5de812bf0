import { z } from 'zod';

/**
 * A text that is secret. In a file it may also be `{ "$file": path }`, as any text may; for this kind the published schema says so, since this is
 * where it is wanted.
 */
export const secretText = z.string().meta({ secret: true, description: 'A text, or { "$file": path }.' });

/** Stands where the service keeps a text to itself. */
export const hiddenMark = '(hidden)';

/** `https://name:password@host` as `https://(hidden)@host`. A password may have an `@`: the last one before the path counts. */
export function withoutUser(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]+@/i, `$1${hiddenMark}@`);
}
