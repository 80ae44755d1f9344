// What acknowledgments say of the probes of one search. RFC 2637 §4.1 acknowledges the highest number received: one that names a
// probe proves it, one that names a later packet says nothing of it. So a probe that was passed over is neither lost nor there,
// and while a transfer runs that happens to most. All this is for peers that answer no echo: an echo says more.

/** So many rounds with probes that were passed over, and it is given up for now. */
const roundsToGiveUp = 6;

export class ProbeAcknowledgments {
  /** Sizes that were named while it is not known whether the peer answers echoes, and when, ms. */
  readonly #named = new Map<number, number>();
  /** Sizes under way that cannot be named any more. */
  readonly #passedOver = new Set<number>();
  /** Sizes that were given up so. While an echo may yet come they count as lost. */
  readonly #unclear = new Set<number>();
  #unclearRounds = 0;
  /** The peer answers no echoes. */
  isProof = false;

  name(size: number, now: number): void {
    this.#named.set(size, now);
  }

  passOver(size: number): void {
    this.#passedOver.add(size);
  }

  get haveNamed(): boolean {
    return this.#named.size > 0;
  }

  get isUnclear(): boolean {
    return this.#unclear.size > 0;
  }

  get isHopeless(): boolean {
    return this.#unclearRounds >= roundsToGiveUp;
  }

  /** The peer does answer echoes: what has none is lost. */
  echoCame(): void {
    for (const set of [this.#named, this.#passedOver, this.#unclear]) set.clear();
  }

  /** It answers none: what was named arrived, and of `unclear` nothing is known. */
  takeNamed(): { named: readonly (readonly [size: number, at: number])[]; unclear: readonly number[] } {
    const named = [...this.#named];
    this.#named.clear();
    if (named.length === 0) return { named, unclear: [] };
    this.isProof = true;
    return { named, unclear: [...this.#unclear] };
  }

  /** A round is over; of the sizes still under way, returns those that are lost. */
  giveUp(outstanding: Iterable<number>): readonly number[] {
    const sizes = [...outstanding];
    const unclear = sizes.filter((size) => this.#passedOver.has(size));
    for (const size of unclear) this.#unclear.add(size);
    this.#passedOver.clear();
    if (!this.isProof) return sizes;
    if (unclear.length > 0) this.#unclearRounds++;
    return sizes.filter((size) => !unclear.includes(size));
  }
}
