import { z } from 'zod';

/**
 * A text that is secret. In a file it may also be `{ "$file": path }`, as any text may; for this kind the published schema says so, since this is
 * where it is wanted.
 */
export const secretText = z.string().meta({ secret: true, description: 'A text, or { "$file": path }.' });
