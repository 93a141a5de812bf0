/** Text with each character that is `unsafe` (a pattern with the flags `gu`) written as the bytes of its UTF-8, `%E2%82%AC`. */
export function percentEncode(text: string, unsafe: RegExp): string {
  return text.replace(unsafe, (character) =>
    Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}
