import { z } from 'zod';

export const persistSchema = z
  .strictObject({
    dir: z.string().min(1).describe('A directory that no other process uses; made if it is not there.'),
    fsync: z
      .enum(['always', 'never'])
      .default('always')
      .describe('Whether it also outlives the end of the machine, which costs a write to the disk for new objects.'),
  })
  .nullable()
  .default(null)
  .describe('Where what receivers know is kept over restarts.');
