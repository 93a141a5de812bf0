import { laneOf, type Notice } from './notice.ts';

/** A notice that is not tried any more. */
export interface DeadLetter {
  readonly notice: Notice;
  readonly problem: string;
  /** Wall-clock milliseconds. */
  readonly at: number;
}

/** The last notices that could not be delivered; older ones than `keep` are forgotten, and counted. */
export class DeadLetters {
  readonly #keep: number;
  #letters: DeadLetter[] = [];
  #forgotten = 0;

  constructor(keep: number) {
    this.#keep = keep;
  }

  /** Oldest first. */
  all(): readonly DeadLetter[] {
    return this.#letters;
  }

  get forgotten(): number {
    return this.#forgotten;
  }

  add(letter: DeadLetter): void {
    this.#letters.push(letter);
    if (this.#letters.length <= this.#keep) return;
    this.#letters.shift();
    this.#forgotten++;
  }

  /** Something newer of that object was delivered: what is here of it would only take the receiver back. */
  supersede(lane: string): void {
    if (this.#letters.length > 0) this.#letters = this.#letters.filter(({ notice }) => laneOf(notice) !== lane);
  }

  /** Takes all out. */
  takeAll(): DeadLetter[] {
    return this.#letters.splice(0);
  }
}
