/** Something that waits for a moment. */
export interface Due {
  /** Monotonic milliseconds. */
  due: number;
  /** Where it stands in the heap; kept by the heap. */
  position: number;
  /** When it got its time: of equal ones the first comes first. Kept by the heap. */
  order: number;
}

/** A binary heap: the earliest is at hand, and one that changes its time finds its new place in O(log n). */
export class DueHeap<T extends Due> {
  readonly #items: T[] = [];
  #order = 0;

  get size(): number {
    return this.#items.length;
  }

  /** The earliest; of those that are due at the same time, the one that has been for longest. */
  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    item.position = this.#items.length;
    item.order = this.#order++;
    this.#items.push(item);
    this.#up(item);
  }

  pop(): T | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (first === undefined || last === undefined || first === last) return first;
    this.#place(last, 0);
    this.#down(last);
    return first;
  }

  /** `item.due` has become earlier. */
  moved(item: T): void {
    item.order = this.#order++;
    this.#up(item);
  }

  clear(): void {
    this.#items.length = 0;
  }

  #place(item: T, position: number): void {
    this.#items[position] = item;
    item.position = position;
  }

  /** Those it passes move down into its place, one after the other; it is written once. */
  #up(item: T): void {
    let { position } = item;
    while (position > 0) {
      const parent = this.#items[(position - 1) >> 1] as T;
      if (before(parent, item)) break;
      const above = parent.position;
      this.#place(parent, position);
      position = above;
    }
    this.#place(item, position);
  }

  #down(item: T): void {
    let { position } = item;
    for (;;) {
      const left = this.#items[2 * position + 1];
      const right = this.#items[2 * position + 2];
      const child = left && right && before(right, left) ? right : left;
      if (!child || before(item, child)) break;
      const below = child.position;
      this.#place(child, position);
      position = below;
    }
    this.#place(item, position);
  }
}

function before(a: Due, b: Due): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}
