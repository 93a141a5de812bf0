/** A first-in, first-out list whose both ends are cheap, and which lets go of what was taken. */
export class Line<E> {
  /** Slots before `#head` are taken and `undefined`. */
  #slots: (E | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#slots.length - this.#head;
  }

  push(element: E): void {
    this.#slots.push(element);
  }

  /** The first element; `undefined` if there is none. */
  shift(): E | undefined {
    if (this.length === 0) return undefined;
    const element = this.#slots[this.#head];
    this.#slots[this.#head++] = undefined;
    if (this.#head === this.#slots.length) {
      this.#slots = [];
      this.#head = 0;
    } else if (this.#head >= 1_024 && this.#head * 2 >= this.#slots.length) {
      this.#slots = this.#slots.slice(this.#head);
      this.#head = 0;
    }
    return element;
  }
}
