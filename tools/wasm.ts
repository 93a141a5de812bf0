/**
 * Makes src/transport/decode/scanner-module.ts of scanner.wat, after that was changed: `npm run wasm`. A test compares the two.
 */
import { readFile, writeFile } from 'node:fs/promises';
import wabt from 'wabt';

const folder = new URL('../src/transport/decode/', import.meta.url);

/** The module in base64. */
export async function assemble(): Promise<string> {
  const { parseWat } = await wabt();
  const module = parseWat('scanner.wat', await readFile(new URL('scanner.wat', folder)), { simd: true });
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
    new URL('scanner-module.ts', folder),
    `/** What \`npm run wasm\` makes of scanner.wat, in base64. */\nexport const scannerModule =\n${lines.join(' +\n')};\n`,
  );
}
