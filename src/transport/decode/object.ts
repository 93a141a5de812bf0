import { type Keep, keepOf } from './keep.ts';
import { KeepingReader } from './keeping-reader.ts';
import { SelectingReader } from './selecting-reader.ts';
import { selectionOf } from './selection.ts';
import { stringsOf } from './shared-strings.ts';
import { sharingOf } from './sharing.ts';

export interface ObjectDecoderOptions {
  /**
   * What is cut out of the bytes before they are parsed, as paths of keys: `metadata.managedFields`. A dot inside a key is written
   * `\.`. A path leads through objects only, never into arrays.
   */
  readonly prune: readonly string[];
  /**
   * What stays, beside `kind`, `apiVersion` and the metadata, of which nothing else is parsed: `spec.nodeName`, or
   * `spec.containers[].image` for the images in an array. What such a path meets in another shape stays as it is. Of what stays, `prune` is
   * cut out. Default: everything stays.
   */
  readonly project?: readonly string[] | undefined;
}

/**
 * Makes an object of the JSON in `buffer[start, end)`, with which it shares nothing.
 *
 * @throws SyntaxError if the bytes are no JSON
 */
export type ObjectDecoder<T> = (buffer: Buffer, start: number, end: number) => T;

/** Reads objects of one kind, one after the other. */
export interface ObjectReader {
  /** What `next` has read. */
  readonly object: unknown;
  /**
   * Makes an object of the JSON in `buffer[start, end)`. If `head` is not empty, it takes the place of the opening brace.
   *
   * @throws SyntaxError if the bytes are no JSON
   */
  read(head: string, buffer: Buffer, start: number, end: number): unknown;
  /**
   * Reads the object that opens at `start` into `object` without being told where it ends.
   *
   * @returns the position behind it; -1 if it does not end before `end`, or its end is not to be had this way.
   */
  next(head: string, buffer: Buffer, start: number, end: number): number;
  /** Makes of a parsed object what `read` makes of its bytes. */
  reduce(object: unknown): unknown;
}

/**
 * A reader that with `keep` reads a `Dropped` in the place of what is not wanted.
 *
 * @throws KubeInformerError `InvalidOption` for paths or a `keep` that are not well formed
 */
export function objectReader(
  options: ObjectDecoderOptions & { readonly keep?: Keep | undefined; readonly share?: boolean | undefined },
): ObjectReader {
  const strings = stringsOf(options);
  const selection = selectionOf(options.project, options.prune);
  const reader = new SelectingReader(selection, strings, sharingOf(options, selection, strings));
  const keep = keepOf(options.keep);
  return keep ? new KeepingReader(keep, reader) : reader;
}

/**
 * A decoder whose result always equals `JSON.parse` followed by the deletion of every path in `prune`, and of what is not in `project`, and
 * that spares parsing what is deleted.
 *
 * Bytes that are no JSON are refused, unless the flaw lies inside of a value that is left out.
 *
 * @throws KubeInformerError `InvalidOption` for paths that are not well formed
 * @example
 * const decode = createObjectDecoder<Pod>({ prune: ['metadata.managedFields'] });
 * const pod = decode(buffer, 0, buffer.length);
 */
export function createObjectDecoder<T>(options: ObjectDecoderOptions): ObjectDecoder<T> {
  const reader = objectReader(options);
  return (buffer, start, end) => reader.read('', buffer, start, end) as T;
}
