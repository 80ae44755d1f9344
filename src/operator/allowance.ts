// A token bucket: so many things at once, and so many a second afterwards. Times in ms on one monotonic clock.

export interface AllowanceOptions {
  readonly burst: number;
  readonly perSecond: number;
}

export class Allowance {
  readonly #options: AllowanceOptions;
  #left: number;
  #since = 0;

  constructor(options: AllowanceOptions) {
    this.#options = options;
    this.#left = options.burst;
  }

  /** How long until one may be taken; 0: now. */
  wait(now: number): number {
    this.#refill(now);
    return this.#left >= 1 ? 0 : Math.ceil(((1 - this.#left) / this.#options.perSecond) * 1000);
  }

  take(now: number): void {
    this.#refill(now);
    this.#left -= 1;
  }

  #refill(now: number): void {
    const { burst, perSecond } = this.#options;
    this.#left = Math.min(burst, this.#left + ((now - this.#since) / 1000) * perSecond);
    this.#since = now;
  }
}
