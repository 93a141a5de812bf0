import { defineConfig, mergeConfig } from 'vitest/config';
import shared from './vitest.config.ts';

/** What runs against a real API server; `tools/test-real.ts` says which. Its tests wait longer. */
const config = mergeConfig(shared, defineConfig({ test: { testTimeout: 60_000, hookTimeout: 60_000 } }));
config.test.include = ['test/conformance/**/*.test.ts', 'test/e2e/operator.test.ts', 'test/real/*.real.ts'];
export default config;
