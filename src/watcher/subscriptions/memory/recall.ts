import type { CachedObject, KindSnapshot } from '../../cache/index.ts';
import { initialNotice, type Notice } from '../notice.ts';
import type { Memory, Told } from './memory.ts';

/**
 * Uses a memory so that the next run can tell what this one did not.
 *
 * Invariants, with a process that may end between any two steps:
 * - Whatever the receiver may have heard of is in the memory: it is written there before it is told that an object came.
 * - A version in the memory is one that the receiver has accepted, and it has heard of nothing newer but what it is told again.
 */
export class Recall {
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /**
   * What the receiver does not know of the state: what came, changed and went since the last run. Ends come first, so that an object is not announced while one of its name
   * is still there for the receiver.
   *
   * @param at wall-clock milliseconds.
   */
  difference({ objects, seq }: Pick<KindSnapshot, 'objects' | 'seq'>, at: number): Notice[] {
    const known = this.#memory.objects;
    const notice = (type: Notice['type'], object: CachedObject) => initialNotice(type, object, seq, at);
    const present = new Set(objects.map(({ metadata }) => metadata.uid));
    const gone = Array.from(known)
      .filter(([uid]) => !present.has(uid))
      .map(([uid, told]) => notice('DELETED', remains(uid, told)));
    const rest = objects.flatMap((object) => {
      const { uid, resourceVersion } = object.metadata;
      const told = known.get(uid);
      if (told?.version === undefined) return [notice('ADDED', object)];
      return told.version === resourceVersion ? [] : [notice('MODIFIED', object)];
    });
    return [...gone, ...rest];
  }

  /** Notes that these are about to be told, without waiting for it to be kept: `expect` does. */
  announce(notices: readonly Notice[]): void {
    for (const notice of notices) if (!this.#isExpected(notice)) this.#mark(notice);
  }

  /**
   * To be awaited before a notice is sent.
   *
   * @throws KubeInformerError `PersistFailed`
   */
  async expect(notice: Notice): Promise<void> {
    if (!this.#isExpected(notice)) this.#mark(notice);
    if (notice.type !== 'MODIFIED') await this.#memory.flush();
  }

  /** The receiver accepted it. */
  accepted({ type, object: { metadata } }: Notice): void {
    const { uid, namespace = '', name, resourceVersion } = metadata;
    if (type === 'DELETED') this.#memory.delete(uid);
    else this.#memory.set(uid, { namespace, name, version: resourceVersion });
  }

  /** The receiver does not want this one, and nothing waits for it: it need not hear of that state in the next run. */
  skipped(notice: Notice): void {
    const told = this.#memory.objects.get(notice.object.metadata.uid);
    const isUnsure = told !== undefined && told.version === undefined;
    if (!isUnsure || notice.type === 'DELETED') this.accepted(notice);
  }

  #isExpected({ type, object: { metadata } }: Notice): boolean {
    const told = this.#memory.objects.get(metadata.uid);
    return told !== undefined && (type === 'MODIFIED' || told.version === undefined);
  }

  #mark({ object: { metadata } }: Notice): void {
    const { uid, namespace = '', name } = metadata;
    this.#memory.set(uid, { namespace, name, version: undefined });
  }
}

/** An object of which no more is known than what it was called. */
function remains(uid: string, { namespace, name, version = '' }: Told): CachedObject {
  const metadata = { name, ...(namespace !== '' && { namespace }), uid, resourceVersion: version };
  return { metadata } as CachedObject;
}
