/**
 * The measures that the page reads, of the text that is made for Prometheus.
 *
 * @typedef {{ name: string, labels: Readonly<Record<string, string>>, value: number }} Sample
 */

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const label = /(\w+)="((?:[^"\\]|\\.)*)"/g;
/** @type {Readonly<Record<string, string>>} */
const escapes = { '\\n': '\n', '\\"': '"', '\\\\': '\\' };

export class Measures {
  /** @type {Map<string, Sample[]>} */
  #samples = new Map();

  /** @param {string} text */
  constructor(text) {
    for (const row of text.split('\n')) {
      if (row === '' || row.startsWith('#')) continue;
      const [, name, labels = '', value] = line.exec(row) ?? [];
      if (name === undefined) continue;
      const sample = {
        name,
        labels: Object.fromEntries(
          Array.from(labels.matchAll(label), ([, key, text]) => [
            key,
            text?.replaceAll(/\\[n"\\]/g, (mark) => escapes[mark] ?? mark),
          ]),
        ),
        value: Number(value),
      };
      const known = this.#samples.get(name);
      if (known) known.push(sample);
      else this.#samples.set(name, [sample]);
    }
  }

  /**
   * The values of a measure by one of its labels, added up over the others.
   *
   * @param {string} name Its end, where the configuration chooses the beginning.
   * @param {string} by
   * @returns {Map<string, number>}
   */
  by(name, by) {
    /** @type {Map<string, number>} */
    const sums = new Map();
    for (const { labels, value } of this.#find(name)) {
      const key = labels[by];
      if (key !== undefined) sums.set(key, (sums.get(key) ?? 0) + value);
    }
    return sums;
  }

  /**
   * Which value of a label is the one that holds (1), for each value of another.
   *
   * @param {string} name
   * @param {string} by
   * @param {string} which
   * @returns {Map<string, string>}
   */
  current(name, by, which) {
    /** @type {Map<string, string>} */
    const found = new Map();
    for (const { labels, value } of this.#find(name)) {
      const [key, state] = [labels[by], labels[which]];
      if (value === 1 && key !== undefined && state !== undefined) found.set(key, state);
    }
    return found;
  }

  /** @param {string} name */
  #find(name) {
    const exact = this.#samples.get(name);
    if (exact) return exact;
    const full = [...this.#samples.keys()].find((candidate) => candidate.endsWith(`_${name}`));
    return full === undefined ? [] : (this.#samples.get(full) ?? []);
  }
}
