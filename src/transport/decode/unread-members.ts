/**
 * Members of cached objects that are parsed when they are first read: bytes that nobody reads do not become objects.
 *
 * Such an object is a plain object to whoever reads it: the members are its own and enumerable, in their order, and spreading, comparing, cloning and
 * serialising it give what they give for any other. Only a property descriptor tells: there is a getter where the value would be.
 *
 * Invariants:
 * - The text of a member was checked before: reading it never throws.
 * - A member is parsed once; what is read of it is the same value each time.
 * - Objects with the same members have the same hidden class: accessors are made once for a name and place, whatever is decoded.
 */

/** Parses a member of which `letters` are the bytes. A function, since what wraps objects may wrap whatever else is found in them. */
export type MemberParser = (key: string, letters: string) => unknown;

/** First the parser; then, from place 1 on, the bytes of a member as letters until it is read, and its value from then on, which is never a string. */
type Contents = [MemberParser, ...unknown[]];

/** A symbol that is not enumerable: nothing that copies or compares objects looks at it, but proxies and prototypes pass it on. */
const unread = Symbol('unread members');

interface Holder {
  readonly [unread]?: Contents;
}

/** By name, and then by place. */
const accessors = new Map<string, PropertyDescriptor[]>();

/** Has `console.log` show what is there, as of any object; it would show `[Getter]`. */
const inspection: PropertyDescriptor = {
  value(this: object, depth: number, options: object, inspect: (value: object, options: object) => string): string {
    return inspect({ ...this }, { ...options, depth });
  },
  configurable: true,
  writable: true,
};
const inspectKey = Symbol.for('nodejs.util.inspect.custom');

/** Reused, since defining a property copies it. */
const holding: PropertyDescriptor = { value: undefined, configurable: true, writable: true };

/** Those of one object, which come behind what it has. */
export class UnreadMembers {
  readonly keys: string[] = [];
  readonly #contents: Contents;

  constructor(parser: MemberParser) {
    this.#contents = [parser];
  }

  has(key: string): boolean {
    return this.keys.includes(key);
  }

  /** @param content its value, or letters to be parsed. */
  add(key: string, content: unknown): void {
    this.keys.push(key);
    this.#contents.push(content);
  }

  addTo(object: object): void {
    holding.value = this.#contents;
    Object.defineProperty(object, unread, holding);
    holding.value = undefined;
    Object.defineProperty(object, inspectKey, inspection);
    for (let index = 0; index < this.keys.length; index++) {
      const key = this.keys[index]!;
      Object.defineProperty(object, key, accessorOf(key, index + 1));
    }
  }
}

/** How many bytes the member `key` has as JSON, if nobody has read it yet. */
export function unreadLength(object: object, key: string): number | undefined {
  const contents = (object as Holder)[unread];
  if (contents === undefined) return undefined;
  const place = placeOf(Object.getOwnPropertyDescriptor(object, key)?.get);
  const content = place === undefined ? undefined : contents[place];
  return typeof content === 'string' ? content.length : undefined;
}

const places = new WeakMap<object, number>();

function placeOf(getter: object | undefined): number | undefined {
  return getter && places.get(getter);
}

function accessorOf(key: string, place: number): PropertyDescriptor {
  let ofKey = accessors.get(key);
  if (!ofKey) {
    ofKey = [];
    accessors.set(key, ofKey);
  }
  let accessor = ofKey[place];
  if (!accessor) {
    accessor = {
      get(this: Holder): unknown {
        const contents = this[unread];
        if (contents === undefined) return undefined;
        const content = contents[place];
        if (typeof content !== 'string') return content;
        const value = contents[0](key, content);
        // Somebody may have frozen all that there is; then it is parsed each time.
        Reflect.set(contents, place, value);
        return value;
      },
      set(this: object, value: unknown): void {
        Object.defineProperty(this, key, { value, configurable: true, enumerable: true, writable: true });
      },
      configurable: true,
      enumerable: true,
    };
    places.set(accessor.get!, place);
    ofKey[place] = accessor;
  }
  return accessor;
}
