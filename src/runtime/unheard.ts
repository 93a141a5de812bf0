import { type KubeInformerError, messageOf } from './errors.ts';

/**
 * Where errors go that nobody listens for: a warning of the process, of type `KubeInformerWarning`. Seen, and no reason to end.
 *
 * @param more is said behind the hint.
 */
export function warnUnheard({ code, message, hint, cause }: KubeInformerError, more?: string): void {
  const why = cause === undefined || message.includes(messageOf(cause)) ? '' : `: ${messageOf(cause)}`;
  const detail = more === undefined ? hint : `${hint}\n${more}`;
  process.emitWarning(`${message}${why}`, { type: 'KubeInformerWarning', code, detail });
}
