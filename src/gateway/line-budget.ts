// Lines that people outside can cause as often as they like: so many in an interval are written, the rest is counted, for one
// line that sums them up when the interval is over.
export class LineBudget {
  readonly #lines: number;
  readonly #interval: number;
  #begin = Number.NEGATIVE_INFINITY;
  #written = 0;
  #withheld = 0;

  /** `interval` in ms. */
  constructor(lines: number, interval: number) {
    this.#lines = lines;
    this.#interval = interval;
  }

  /** Whether one more line may be written; if not, it is counted. `now` in ms. */
  admits(now: number): boolean {
    if (this.#isOver(now)) {
      this.#begin = now;
      this.#written = 0;
    }
    if (this.#written < this.#lines) {
      this.#written++;
      return true;
    }
    this.#withheld++;
    return false;
  }

  /** Lines withheld since the last answer, once their interval is over; 0 before. */
  takeSum(now: number): number {
    return this.#isOver(now) ? this.takeRest() : 0;
  }

  /** The same, whether it is over or not. */
  takeRest(): number {
    const withheld = this.#withheld;
    this.#withheld = 0;
    return withheld;
  }

  #isOver(now: number): boolean {
    return now >= this.#begin + this.#interval;
  }
}
