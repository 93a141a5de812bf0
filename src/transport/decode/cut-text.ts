const ZERO = 0x30;

/** Up to so many bytes a loop is quicker than to call what is native. */
const quickCopy = 100;

/** Bytes that a number may need in the text. */
const roomForNumber = 16;

/**
 * The text of an object of which parts are left out or replaced by numbers, while somebody goes through its bytes from the beginning to the end.
 * One after the other, in memory that is used again.
 */
export class CutText {
  #buffer: Buffer = Buffer.alloc(0);
  #text: Buffer = Buffer.allocUnsafeSlow(16_384);
  #length = 0;
  /** Up to where the bytes are in the text, or are replaced or left out there. */
  #done = 0;

  /** Begins with the text of what begins at 0 in `buffer`. */
  begin(buffer: Buffer): void {
    this.#buffer = buffer;
    this.#length = 0;
    this.#done = 0;
  }

  /** What is between the positions does not get into the text. */
  leaveOut(from: number, to: number): void {
    this.#copyTo(from);
    this.#done = to;
  }

  /** A number stands for what is between the positions. */
  replace(from: number, to: number, number: number): void {
    this.#copyTo(from);
    this.#write(number);
    this.#done = to;
  }

  /** @returns the text of what ends at `end`. */
  finish(end: number): string {
    this.#copyTo(end);
    return this.#text.toString('utf8', 0, this.#length);
  }

  #copyTo(to: number): void {
    const length = this.#length + to - this.#done;
    if (length + roomForNumber > this.#text.length) {
      const grown = Buffer.allocUnsafeSlow((length + roomForNumber) * 2);
      this.#text.copy(grown, 0, 0, this.#length);
      this.#text = grown;
    }
    if (to - this.#done > quickCopy) this.#buffer.copy(this.#text, this.#length, this.#done, to);
    else {
      const text = this.#text;
      const buffer = this.#buffer;
      for (let from = this.#done, at = this.#length; from < to; from++, at++) text[at] = buffer[from]!;
    }
    this.#length = length;
    this.#done = to;
  }

  #write(number: number): void {
    if (number >= 10) this.#write(Math.floor(number / 10));
    this.#text[this.#length++] = ZERO + (number % 10);
  }
}
