import { KubeInformerError } from '../../../index.ts';
import { withoutUser } from '../../config/index.ts';
import { percentEncode } from './percent-encode.ts';
import type { Subject } from './sink.ts';

/** How a value is put in where it may not change what is around it. Every escaping is one-to-one: two values never become one. */
export type Escape = (value: string) => string;

/** A template after it was looked at: what it says for a message, or what it lacks for that. */
export type Template = (about: Subject) => Expanded;

export type Expanded = { readonly text: string } | { readonly missing: string };

type Part = string | { readonly name: string; readonly read: Read; readonly otherwise: string | undefined };
type Read = (about: Subject) => string | undefined;

const fields = new Map<string, Read>([
  ['cluster', ({ cluster }) => cluster],
  ['group', ({ resource }) => resource.group],
  ['resource', ({ resource }) => resource.resource],
  ['kind', ({ resource }) => resource.kind],
  ['type', ({ type }) => type],
  ['metadata.name', ({ metadata }) => metadata?.name],
  ['metadata.namespace', ({ metadata }) => metadata?.namespace],
  ['metadata.uid', ({ metadata }) => metadata?.uid],
]);

/**
 * Looks at a template: text with places in braces, `{metadata.namespace}`, `{label:component}`, `{annotation:team|nobody}`. What is behind `|` is put in where there is no
 * value, or an empty one; without it, such a message has no address. Contents of objects are no places: addresses end up in logs.
 *
 * @throws KubeInformerError `InvalidOption` if a place is not known or a brace is without the other.
 */
export function parseTemplate(text: string, escaped: Escape): Template {
  const parts = text
    .split(/(\{[^{}]*\})/)
    .filter((part) => part !== '')
    .map((part) => partOf(part, text, escaped));
  return (about) => {
    let out = '';
    for (const part of parts) {
      if (typeof part === 'string') {
        out += part;
        continue;
      }
      const value = part.read(about) || undefined;
      const put = value === undefined ? part.otherwise : escaped(value);
      if (put === undefined) return { missing: part.name };
      out += put;
    }
    return { text: out };
  };
}

function partOf(part: string, text: string, escaped: Escape): Part {
  if (!part.startsWith('{') || !part.endsWith('}')) {
    if (/[{}]/.test(part)) throw wrong(text, 'a brace has no other');
    return part;
  }
  const [name = '', ...rest] = part.slice(1, -1).split('|');
  const otherwise = rest.length === 0 ? undefined : rest.join('|');
  const read = fields.get(name) ?? readMap(name);
  if (!read) throw wrong(text, `{${name}} is not known`);
  return { name, read, otherwise: otherwise === undefined ? undefined : escaped(otherwise) };
}

function readMap(name: string): Read | undefined {
  const [, map, key] = /^(label|annotation):(.+)$/s.exec(name) ?? [];
  if (key === undefined) return undefined;
  return ({ metadata }) => {
    const values = map === 'label' ? metadata?.labels : metadata?.annotations;
    return values && Object.hasOwn(values, key) ? values[key] : undefined;
  };
}

function wrong(text: string, why: string): KubeInformerError {
  const known = [...fields.keys(), 'label:KEY', 'annotation:KEY'].map((name) => `{${name}}`).join(', ');
  return new KubeInformerError('InvalidOption', `the template ${withoutUser(text)} can't be used: ${why}`, {
    hint: `Places are ${known}, each with a default behind "|" if wanted.`,
  });
}

/** Inside a URL: everything that has a meaning there is percent-encoded. What a dot means in a path, only the whole path shows: see `parseUrlTemplate`. */
export const escapeForUrl: Escape = (value) => encodeURIComponent(value.toWellFormed());

/** One token of a NATS subject. */
export const escapeForToken: Escape = (value) => percentEncode(value, /[^A-Za-z0-9_-]/gu);

/** Inside a key of Redis. */
export const escapeForKey: Escape = (value) => percentEncode(value, /[^A-Za-z0-9._-]/gu);
