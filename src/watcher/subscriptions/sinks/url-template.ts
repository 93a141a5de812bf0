import { KubeInformerError } from '../../../index.ts';
import { withoutUser } from '../../config/index.ts';
import type { Subject } from './sink.ts';
import { escapeForUrl, parseTemplate } from './template.ts';

export type Address = { readonly url: URL } | { readonly missing: string };

/**
 * A URL with places in its path and query. Not before: which host is told is the configuration's to say, not that of an object.
 *
 * Invariant: the path has as many segments as the template, whatever the values are.
 *
 * @throws KubeInformerError `InvalidOption`
 */
export function parseUrlTemplate(text: string): (about: Subject) => Address {
  const template = parseTemplate(text, escapeForUrl);
  const place = text.indexOf('{');
  if (place === -1) {
    const url = new URL(text);
    return () => ({ url });
  }
  const [beforePath] = /^[^:/{]*:\/\/[^/?#]*/.exec(text) ?? [];
  if (beforePath === undefined || place < beforePath.length) {
    const message = `the template ${withoutUser(text)} can't be used: a place stands before the path`;
    throw new KubeInformerError('InvalidOption', message, {
      hint: 'Only the path and the query of a URL may depend on objects.',
    });
  }
  return (about) => {
    const expanded = template(about);
    if ('missing' in expanded) return expanded;
    const [path = ''] = expanded.text.slice(beforePath.length).split(/[?#]/, 1);
    // What is only dots has no other form: encoded or not, it leads elsewhere.
    if (path.split('/').some((segment) => /^(\.|%2e){1,2}$/i.test(segment))) {
      return { missing: 'a segment of the path that is more than dots' };
    }
    return { url: new URL(expanded.text) };
  };
}
