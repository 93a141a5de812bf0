import { KubeInformerError } from '../../runtime/index.ts';
import type { Keep } from './keep.ts';
import type { ObjectDecoderOptions } from './object.ts';

/** What a decoder has to know about the resource that it decodes. */
export interface DecodeOptions extends ObjectDecoderOptions {
  /** For messages: `pods in shop`. */
  readonly description: string;
  /** The objects hold secrets: no byte of them goes into an error. */
  readonly confidential: boolean;
  /** Default: everything is wanted. */
  readonly keep?: Keep | undefined;
  /** Equal parts of objects may be one and the same, and large members be parsed later: nobody writes to them. Default: false. */
  readonly share?: boolean | undefined;
}

const shownBytes = 80;

/** The error for bytes that are no JSON. It shows how they begin, unless they may hold secrets. */
export function decodeFailed(
  options: Pick<DecodeOptions, 'description' | 'confidential'>,
  what: string,
  byteLength: number,
  text: string,
  cause: unknown,
): KubeInformerError {
  const start = options.confidential ? '' : `: ${JSON.stringify(text.slice(0, shownBytes))}`;
  return new KubeInformerError('DecodeFailed', `${options.description}: ${what} (${byteLength} bytes)${start}`, {
    // The parser quotes what it could not read.
    ...(options.confidential ? {} : { cause }),
    hint: 'Something between this process and the API server changes or cuts the answers; a proxy is the usual suspect.',
  });
}

/** The error for an event that is none of the watch protocol: what follows it can't be trusted either. */
export function unknownEvent(options: Pick<DecodeOptions, 'description'>, what: string): KubeInformerError {
  return new KubeInformerError('DecodeFailed', `${options.description}: ${what}`, {
    hint: 'The server, or something between, speaks another dialect of the watch protocol.',
  });
}

/** @throws KubeInformerError `UnexpectedKind` if `object` is a table: a rendering for people instead of the object. */
export function rejectTable(options: Pick<DecodeOptions, 'description'>, object: unknown): void {
  if ((object as { kind?: unknown } | null | undefined)?.kind !== 'Table') return;
  throw new KubeInformerError('UnexpectedKind', `${options.description}: the watch sends a Table instead of objects`, {
    hint: 'A proxy or a server of its own making ignores the Accept header; ask it for application/json.',
  });
}
