// A token bucket without a clock of its own: what keeps a talkative or hostile peer from costing more than its share.

export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt = Number.NEGATIVE_INFINITY;

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** Takes one token; false when there is none. `now` in milliseconds. */
  admits(now: number): boolean {
    const elapsed = Math.max(0, now - this.#filledAt);
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsed / 1000) * this.#perSecond);
    this.#filledAt = Math.max(now, this.#filledAt);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
