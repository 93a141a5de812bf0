import { crc32 } from 'node:zlib';
import type { Told } from './memory.ts';

/** What was written into a memory, line by line: `undefined` is an object that the receiver knows the end of. */
export type Written = readonly [uid: string, told: Told | undefined];

/** What a memory begins with. */
export const header = line({ format: 'kube-informer.dev/memory', version: 1 });

export function recordLine([uid, told]: Written): string {
  return line(told ? { uid, ...told } : { uid });
}

/** A line whose damage shows. */
function line(value: object): string {
  const json = JSON.stringify(value);
  return `${sum(json)} ${json}\n`;
}

/** What a file has. `torn`: its last line was cut off, and what was to be written there never counted. */
export interface Contents {
  readonly objects: Map<string, Told>;
  /** Lines with objects. */
  readonly lines: number;
  readonly isTorn: boolean;
}

/** @throws Error that says what is wrong with the text. */
export function readRecords(text: string): Contents {
  const lines = text.split('\n');
  // What is behind the last end of a line.
  const isTorn = lines.pop() !== '';
  // Files take their place whole, and begin with a line that nobody adds.
  if (lines.length === 0) throw new Error('it has no beginning');
  const objects = new Map<string, Told>();
  for (const [at, one] of lines.entries()) {
    const json = one.slice(9);
    if (one.slice(0, 9) !== `${sum(json)} `) throw new Error(`line ${at + 1} is damaged`);
    if (at === 0) {
      if (`${one}\n` !== header) throw new Error('it is no memory of this version');
      continue;
    }
    const { uid, namespace, name, version } = JSON.parse(json) as { uid: string } & Partial<Told>;
    if (namespace === undefined || name === undefined) objects.delete(uid);
    else objects.set(uid, { namespace, name, version });
  }
  return { objects, lines: lines.length - 1, isTorn };
}

function sum(json: string): string {
  return crc32(json).toString(16).padStart(8, '0');
}
