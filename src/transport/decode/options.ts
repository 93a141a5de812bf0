import { KubeInformerError } from '../../runtime/index.ts';

/** What a decoder has to know about the resource that it decodes. */
export interface DecodeOptions {
  /** For messages: `pods in shop`. */
  readonly description: string;
  /** See `ObjectDecoderOptions`. */
  readonly prune: readonly string[];
  /** The objects hold secrets: no byte of them goes into an error. */
  readonly confidential: boolean;
  /** Told of an object or event that can't be used. Decoding goes on. */
  readonly onSkip: (error: KubeInformerError) => void;
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

/** Whether `object` has what its key is made of. */
export function hasName(object: unknown): boolean {
  const metadata = (object as { metadata?: { name?: unknown } } | null | undefined)?.metadata;
  return typeof metadata?.name === 'string' && metadata.name !== '';
}

/** The error for an object that was skipped. */
export function invalidObject(
  options: Pick<DecodeOptions, 'description'>,
  where: string,
  object: unknown,
): KubeInformerError {
  const kind = (object as { kind?: unknown } | null | undefined)?.kind;
  const what = typeof kind === 'string' ? `a ${kind}` : 'an object';
  return new KubeInformerError(
    'InvalidObject',
    `${options.description}: ${where} with ${what} that has no usable metadata`,
    {
      hint: 'The server, or something between, sends objects that are none of the Kubernetes API. It was skipped.',
    },
  );
}
