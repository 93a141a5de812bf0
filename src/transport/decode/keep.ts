import { type LabelSelector, parseLabelSelector } from '../../kubernetes/index.ts';
import { KubeInformerError, messageOf } from '../../runtime/index.ts';

/**
 * Which objects are wanted, decided here and not by the server, from the metadata alone. All that is named must hold. The rest is sent, and
 * scanned for where it ends; it is not parsed.
 */
export interface Keep {
  /**
   * Every object is in one of `of` shards, by its uid; the one at `index`, from 0 on, is wanted. An object stays in its shard for life, and the
   * shards of any number of replicas that agree on `of` together have each object once.
   */
  readonly shard?: { readonly index: number; readonly of: number } | undefined;
  /** A label selector, as text. Where the server can select (`labelSelector`), that is cheaper: then the rest is not even sent. */
  readonly labels?: string | undefined;
}

/**
 * `keep` in the form that is equal as JSON for whoever means the same; `undefined` if everything is wanted.
 *
 * @throws KubeInformerError `InvalidOption`
 */
export function keepOf(keep: Keep | undefined): Keep | undefined {
  if (keep === undefined) return undefined;
  const odd = Object.keys(keep).find((key) => key !== 'shard' && key !== 'labels');
  if (odd !== undefined) throw invalid(`keep knows no ${JSON.stringify(odd)}`);
  const { shard } = keep;
  if (shard !== undefined) {
    const { index, of } = shard;
    const fits = Number.isSafeInteger(index) && Number.isSafeInteger(of) && index >= 0 && index < of;
    if (!fits || of > 2 ** 32) throw invalid(`keep.shard can't be ${index} of ${of}`);
  }
  const labels = selectorOf(keep).toString();
  const wanted: Keep = {
    ...(shard !== undefined && shard.of > 1 && { shard: { index: shard.index, of: shard.of } }),
    ...(labels !== '' && { labels }),
  };
  return Object.keys(wanted).length > 0 ? wanted : undefined;
}

/** @throws KubeInformerError `InvalidOption` */
export function selectorOf({ labels = '' }: Keep): LabelSelector {
  try {
    return parseLabelSelector(labels);
  } catch (thrown) {
    throw invalid(`keep.labels: ${messageOf(thrown)}`, thrown);
  }
}

const basis = 0x811c9dc5;
const prime = 0x01000193;

/**
 * The shard of the object whose uid is the text in `buffer[from, to)`, as UTF-8: its FNV-1a hash of 32 bits, modulo `of`. Part of the contract:
 * replicas of different versions have to agree.
 */
export function shardOf(buffer: Uint8Array, from: number, to: number, of: number): number {
  let hash = basis;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ buffer[at]!, prime);
  return (hash >>> 0) % of;
}

function invalid(what: string, cause?: unknown): KubeInformerError {
  return new KubeInformerError('InvalidOption', what, {
    ...(cause !== undefined && { cause }),
    hint: "Write keep as { shard: { index: 0, of: 3 }, labels: 'app=web' }; index counts from 0 and is less than of.",
  });
}
