/**
 * Makes src/transport/decode/skip-module.ts of skip.wat, after that was changed: `npm run wasm`. A test compares the two.
 */
import { readFile, writeFile } from 'node:fs/promises';
import wabt from 'wabt';

const folder = new URL('../src/transport/decode/', import.meta.url);

/** The module in base64. */
export async function assemble(): Promise<string> {
  const { parseWat } = await wabt();
  const module = parseWat('skip.wat', await readFile(new URL('skip.wat', folder)), { simd: true });
  try {
    module.validate();
    return Buffer.from(module.toBinary({}).buffer).toString('base64');
  } finally {
    module.destroy();
  }
}

if (import.meta.main) {
  const text = await assemble();
  const lines = text.match(/.{1,100}/g)!.map((line) => `  '${line}'`);
  await writeFile(
    new URL('skip-module.ts', folder),
    `/** What \`npm run wasm\` makes of skip.wat, in base64. */\nexport const skipModule =\n${lines.join(' +\n')};\n`,
  );
}
