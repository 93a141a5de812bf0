import { expect, test } from 'vitest';
import { foreignProgram } from './program.ts';

test('a test without its program fails, and says how to get it', () => {
  expect(() => foreignProgram('kubectl', '/nowhere')).toThrow(
    'kubectl is needed and not in the PATH: install kubectl 1.27 or newer',
  );
});
