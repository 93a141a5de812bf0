import { KubeInformerError } from '../../runtime/index.ts';

/**
 * Splits `metadata.annotations.example\.com/note` at its dots; a dot that belongs to a key is written `\.`.
 *
 * @throws KubeInformerError `InvalidOption` if a part is empty.
 */
export function splitPath(path: string, option: 'prune' | 'project'): string[] {
  const parts = path.split(/(?<!\\)\./).map((part) => part.replaceAll('\\.', '.'));
  if (parts.some((part) => part === '' || part === '[]')) {
    throw new KubeInformerError('InvalidOption', `${option} path ${JSON.stringify(path)} has an empty part`, {
      hint: 'Write keys with dots between them, as in "metadata.managedFields"; a dot inside a key is written "\\."',
    });
  }
  return parts;
}
