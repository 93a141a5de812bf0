import { defineConfig, mergeConfig } from 'vitest/config';
import shared from './vitest.config.ts';

/** What `npm test` leaves out, so that it stays quick: whole programs, and a list of more than 512 MB. */
const config = mergeConfig(shared, defineConfig({ test: { testTimeout: 60_000, hookTimeout: 60_000 } }));
config.test.include = ['test/{e2e,slow}/**/*.test.ts'];
export default config;
