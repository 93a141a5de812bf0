import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig, type Options } from 'tsup';

const page = 'src/watcher/dashboard/page';

/** Puts the files of the dashboard into the module that reads them where it runs from its sources: one that is bundled knows no folders. */
const dashboardFiles: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'dashboard-files',
  setup(build) {
    build.onLoad({ filter: /\/watcher\/dashboard\/files\.ts$/ }, () => {
      const names = readdirSync(page).filter((name) => !name.endsWith('.json'));
      const texts = Object.fromEntries(names.map((name) => [name, readFileSync(`${page}/${name}`, 'utf8')]));
      return { contents: `export const files = ${JSON.stringify(texts, null, 2)};`, loader: 'js' };
    });
  },
};

const entry = {
  index: 'src/index.ts',
  'testing/index': 'src/testing/index.ts',
  'watcher/index': 'src/watcher/index.ts',
  'prometheus/index': 'src/prometheus/index.ts',
  'watcher/cli': 'src/watcher/cli/main.ts',
};
const receiver = { 'watcher/receiver/index': 'src/watcher/receiver/index.ts' };
const common: Options = { format: 'esm', target: 'node22', sourcemap: true, treeshake: false };

export default defineConfig([
  {
    ...common,
    entry,
    dts: { entry: { ...entry, ...receiver } },
    splitting: true,
    esbuildPlugins: [dashboardFiles],
  },
  // Whoever receives needs little of the library; with the others it would share pieces that have all of it.
  { ...common, entry: receiver, splitting: false },
]);
