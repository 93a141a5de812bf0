import type { KubeObject } from './objects.ts';

/** The first key of a path and the rest of it; without a rest if it is the last. A dot behind a backslash belongs to its key. */
type Cut<Path extends string, Begun extends string = ''> = Path extends `${infer Head}.${infer Rest}`
  ? Head extends `${infer Key}\\`
    ? Cut<Rest, `${Begun}${Key}.`>
    : readonly [`${Begun}${Head}`, Rest]
  : readonly [`${Begun}${Path}`];

/** `['spec', 'containers', '[]', 'image']` */
type Steps<Path extends string> =
  Cut<Path> extends readonly [infer Key extends string, infer Rest extends string]
    ? readonly [...Brackets<Key>, ...Steps<Rest>]
    : Cut<Path> extends readonly [infer Key extends string]
      ? Brackets<Key>
      : never;

type Brackets<Key extends string> = Key extends `${infer Array}[]`
  ? readonly [...Brackets<Array>, '[]']
  : readonly [Key];

/** What follows `Key` in those of the paths that begin with it. */
type After<Path, Key> = Path extends readonly [Key, ...infer Rest] ? Readonly<Rest> : never;

type First<Path> = Path extends readonly [infer Key, ...unknown[]] ? Key : never;

/** What of `Value` the paths lead to. Arrays that are entered without `[]` stay whole, as they do at run time. */
type Part<Value, Path> = [Extract<Path, readonly []>] extends [never]
  ? Value extends readonly (infer Element)[]
    ? '[]' extends First<Path>
      ? Part<Element, After<Path, '[]'>>[]
      : Value
    : Value extends object
      ? string extends keyof Value
        ? { [Key in First<Path> & string]?: Part<Value[keyof Value], After<Path, Key>> }
        : { [Key in keyof Value as Key extends First<Path> ? Key : never]: Part<Value[Key], After<Path, Key>> }
      : Value
  : Value;

/**
 * What is left of a `T` of which an informer was asked to `project` the paths `Path`: those, and what says which object it is. Reading
 * anything else does not compile.
 *
 * @example
 * function nodeOf(pod: Projected<Pod, 'spec.nodeName' | 'status.phase'>) {
 *   return pod.spec?.nodeName;
 * }
 */
export type Projected<T extends KubeObject, Path extends string> = Pick<T, 'apiVersion' | 'kind' | 'metadata'> &
  Part<Omit<T, keyof KubeObject>, Path extends string ? Steps<Path> : never>;

/** Without `undefined` and `null`; `unknown` stays what it is, where `NonNullable` makes `{}` of it. */
type Present<Value> = unknown extends Value ? unknown : NonNullable<Value>;

/** What a path finds under `Key`; `never` if there is nothing. */
type Inner<Value, Key extends string> = Key extends `${infer Array}[]`
  ? Inner<Value, Array> extends readonly (infer Element)[]
    ? Present<Element>
    : never
  : Key extends keyof Value
    ? Present<Value[Key]>
    : never;

type Escaped<Key extends string> = Key extends `${infer Head}.${infer Tail}` ? `${Head}\\.${Escaped<Tail>}` : Key;

/** The keys that a path could go on with, as they are written. */
type Suggested<Value> = unknown extends Value
  ? string
  : Value extends readonly unknown[]
    ? never
    : Value extends object
      ? {
          [Key in keyof Value & string]: NonNullable<Value[Key]> extends readonly unknown[]
            ? Escaped<Key> | `${Escaped<Key>}[]`
            : Escaped<Key>;
        }[keyof Value & string]
      : never;

/** `Path` if it leads somewhere in `Value`, else what could stand in its place, as far as it is right. */
type Checked<Value, Path extends string, Rest extends string, Written extends string = ''> = unknown extends Value
  ? Path
  : Cut<Rest> extends readonly [infer Key extends string, infer More extends string]
    ? [Inner<Value, Key>] extends [never]
      ? `${Written}${Suggested<Value>}`
      : Checked<Inner<Value, Key>, Path, More, `${Written}${Escaped<Key>}.`>
    : Cut<Rest> extends readonly [infer Key extends string]
      ? [Inner<Value, Key>] extends [never]
        ? `${Written}${Suggested<Value>}`
        : Path
      : never;

/**
 * The paths `Path`, if each of them leads somewhere in a `T` outside of its metadata; otherwise what could stand in the place of the wrong
 * ones, which editors suggest. `spec.nodeName`; `spec.containers[].image` for what is in an array; `data.config\\.yaml` for a dot inside a key.
 */
export type ProjectionPath<T extends KubeObject, Path extends string> = Path extends string
  ? Path extends Checked<Omit<T, keyof KubeObject>, Path, Path>
    ? Path
    : Checked<Omit<T, keyof KubeObject>, Path, Path>
  : never;
