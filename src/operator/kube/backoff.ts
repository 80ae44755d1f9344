// How long to wait before the next try: doubles from try to try, with jitter, so that many clients do not come back
// all at once. A server that names a time is obeyed.

export interface BackoffOptions {
  /** The first wait, ms. */
  readonly first: number;
  /** The longest wait, ms. */
  readonly longest: number;
  /** 0 up to but not 1. */
  readonly random: () => number;
}

export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** All is well again: the next wait is the first one. */
  reset(): void {
    this.#failures = 0;
  }

  /** From half of the nominal time up to it; never less than `atLeast`. */
  next(atLeast = 0): number {
    const { first, longest, random } = this.#options;
    const nominal = Math.min(longest, first * 2 ** Math.min(this.#failures++, 30));
    return Math.max(atLeast, nominal * (0.5 + random() / 2));
  }
}
