/** Finding the ends of JSON values in bytes, without parsing them. Every position is an index into the buffer. */

export const QUOTE = 0x22;
const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;

/** `true` for the four bytes that JSON allows between tokens. */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The first position from `from` on that is no white space; `end` if there is none. */
export function skipSpace(buffer: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && buffer[at]! <= 0x20 && isSpace(buffer[at]!)) at++;
  return at;
}

/** The position behind the string whose opening quote is at `from`; -1 if it does not end before `end`. */
export function skipString(buffer: Uint8Array, from: number, end: number): number {
  for (let at = from + 1; at < end; at++) {
    const byte = buffer[at]!;
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) at++;
  }
  return -1;
}

/** The position behind the value that begins at `from`; -1 if it does not end before `end`. */
export function skipValue(buffer: Uint8Array, from: number, end: number): number {
  const first = buffer[from]!;
  if (first === QUOTE) return skipString(buffer, from, end);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return skipContainer(buffer, from, end);
  let at = from;
  while (at < end && !endsScalar(buffer[at]!)) at++;
  return at < end && at > from ? at : -1;
}

/** Whether a number or a word cannot go on with `byte`. */
function endsScalar(byte: number): boolean {
  return byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || byte === COLON || isSpace(byte);
}

function skipContainer(buffer: Uint8Array, from: number, end: number): number {
  let depth = 0;
  for (let at = from; at < end; at++) {
    const byte = buffer[at]!;
    if (byte === QUOTE) {
      for (at++; at < end; at++) {
        const inner = buffer[at]!;
        if (inner === QUOTE) break;
        if (inner === BACKSLASH) at++;
      }
    } else if (byte >= OPEN_BRACKET) {
      // Braces and brackets differ by bit 5 only, their opening from their closing forms by two.
      const bracket = byte | 0x20;
      if (bracket === OPEN_BRACE) depth++;
      else if (bracket === CLOSE_BRACE && --depth === 0) return at + 1;
    }
  }
  return -1;
}

/**
 * Finds the end of one value that may arrive in pieces. Nothing is looked at twice: the scanner remembers where in the
 * value it is.
 */
export class ValueScanner {
  #state: 'start' | 'scalar' | 'string' | 'container' = 'start';
  #depth = 0;
  /** Inside a string, be it the value itself or one in a container. */
  #quoted = false;
  /** The byte before was a backslash inside a string. */
  #escaped = false;

  /** Forgets the value before. */
  reset(): void {
    this.#state = 'start';
    this.#depth = 0;
    this.#quoted = false;
    this.#escaped = false;
  }

  /** Goes on at `from`, which on the first call is the first byte of the value. @returns the position behind the value, or -1. */
  scan(buffer: Uint8Array, from: number, end: number): number {
    if (from >= end) return -1;
    if (this.#state === 'start') {
      const first = buffer[from]!;
      if (first === OPEN_BRACE || first === OPEN_BRACKET) this.#state = 'container';
      else this.#state = first === QUOTE ? 'string' : 'scalar';
    }
    if (this.#state === 'scalar') {
      let at = from;
      while (at < end && !endsScalar(buffer[at]!)) at++;
      return at < end ? at : -1;
    }
    return this.#scanNested(buffer, from, end);
  }

  #scanNested(buffer: Uint8Array, from: number, end: number): number {
    let depth = this.#depth;
    let quoted = this.#quoted;
    let at = from;
    if (this.#escaped) {
      at++;
      this.#escaped = false;
    }
    while (at < end) {
      if (quoted) {
        let byte = 0;
        for (; at < end; at++) {
          byte = buffer[at]!;
          if (byte === QUOTE) break;
          if (byte === BACKSLASH) at++;
        }
        if (at >= end) {
          this.#escaped = at > end;
          break;
        }
        at++;
        quoted = false;
        if (depth === 0) return at;
        continue;
      }
      const byte = buffer[at++]!;
      if (byte === QUOTE) quoted = true;
      else if (byte >= OPEN_BRACKET) {
        const bracket = byte | 0x20;
        if (bracket === OPEN_BRACE) depth++;
        else if (bracket === CLOSE_BRACE && --depth === 0) return at;
      }
    }
    this.#depth = depth;
    this.#quoted = quoted;
    return -1;
  }
}
