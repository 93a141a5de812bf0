import { createRequire } from 'node:module';
import { KubeInformerError } from '../../../index.ts';

const { resolve } = createRequire(import.meta.url);

/**
 * Says at the start whether the packages of a sink are there; they are only loaded when something is to be delivered.
 *
 * @throws KubeInformerError `MissingPackage`
 */
export function requirePackages(names: readonly string[], what: string): void {
  for (const name of names) {
    try {
      resolve(name);
    } catch (cause) {
      throw new KubeInformerError('MissingPackage', `${what} needs the package ${name}`, {
        cause,
        hint: `npm install ${names.join(' ')}, or leave that sink out.`,
      });
    }
  }
}
