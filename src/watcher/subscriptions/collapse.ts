import { isChange, type Notice } from './notice.ts';
import type { Entry } from './outbox.ts';

/**
 * Files `next` behind what waits for the same object, and keeps only what the receiver must hear to know the newest state:
 *
 * | waits | comes | then waits |
 * | --- | --- | --- |
 * | `ADDED` | `MODIFIED` | `ADDED` with the new state |
 * | `ADDED`, not known | `DELETED` of the same uid | nothing: nobody heard of it |
 * | `ADDED`, maybe known | `DELETED` | `DELETED`: somebody may have heard of it |
 * | `MODIFIED` | `MODIFIED` | `MODIFIED` from the first old state to the new one |
 * | `MODIFIED` | `DELETED` | `DELETED` |
 * | `DELETED` | `ADDED`, `MODIFIED` | both |
 * | `DELETED` | `DELETED` | the later one; both, if the receiver may know of both objects |
 * | `ADDED`, `MODIFIED` | `ADDED` | the later one |
 *
 * The last two are there for subscriptions that are told of some types only. Since `DELETED` is the one type that anything waits behind, no more than two wait.
 * Of what the service tells of itself the later one waits.
 */
export function collapse(waiting: Entry[], next: Entry): void {
  const last = waiting.at(-1);
  if (!last) return void waiting.push(next);
  if (!isChange(next.notice) || !isChange(last.notice)) {
    waiting.splice(0, waiting.length, next);
    return;
  }
  const { type } = next.notice;
  const was = last.notice.type;
  if (was === 'DELETED' && type !== 'DELETED') return void waiting.push(next);
  const isSame = last.notice.object.metadata.uid === next.notice.object.metadata.uid;
  if (was === 'DELETED' && last.mayBeKnown && !isSame) return void waiting.push(next);
  waiting.pop();
  const isUnheard = was === 'ADDED' && !last.mayBeKnown;
  if (type === 'DELETED' && isUnheard && isSame) return;
  const merged: Entry = { ...last, notice: merge(last.notice, next.notice) };
  // What it was before is replaced as well by the end of it.
  if (type === 'DELETED' && waiting.length > 0) collapse(waiting, merged);
  else waiting.push(merged);
}

function merge(last: Notice, next: Notice): Notice {
  if (next.type !== 'MODIFIED') return next;
  const { oldObject } = last;
  if (last.type === 'MODIFIED') return { ...next, oldObject };
  return { ...next, type: 'ADDED', oldObject, reason: last.reason, initial: last.initial };
}
