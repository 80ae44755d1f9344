// Call ids of this gateway: random, so that a blind injector has to guess one (CC-5), never 0, never two alike.

export class CallIds {
  readonly #used = new Uint8Array(0x10000);
  readonly #random: () => number;
  #count = 0;

  /** `random` returns a uniform 16-bit number from a cryptographic source. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Undefined when half of the ids are taken: beyond that guessing becomes easy. */
  allot(): number | undefined {
    if (this.#count >= 0x8000) return undefined;
    for (;;) {
      const id = this.#random() & 0xffff;
      if (id === 0 || this.#used[id] !== 0) continue;
      this.#used[id] = 1;
      this.#count++;
      return id;
    }
  }

  release(id: number): void {
    if (this.#used[id] !== 1) return;
    this.#used[id] = 0;
    this.#count--;
  }
}
