import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    // The others: vitest.slow.config.ts.
    include: ['test/!(e2e|slow)/**/*.test.ts'],
    environment: 'node',
    pool: 'forks',
    // Most informers of the tests have nobody who listens to their errors, and meet errors on purpose.
    execArgv: ['--disable-warning=KubeInformerWarning'],
    maxWorkers: 2,
    testTimeout: 20_000,
    dangerouslyIgnoreUnhandledErrors: false,
  },
});
