import { defineConfig } from 'tsup';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    'testing/index': 'src/testing/index.ts',
    'watcher/index': 'src/watcher/index.ts',
    'prometheus/index': 'src/prometheus/index.ts',
    'watcher/cli': 'src/watcher/cli/main.ts',
  },
  format: 'esm',
  target: 'node22',
  dts: true,
  sourcemap: true,
  clean: true,
  splitting: true,
  treeshake: false,
});
