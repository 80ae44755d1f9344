// Which probes of a search are under way, and how long their answers may take: long enough for a queue that a transfer builds
// up meanwhile, short enough for eight silent ones in two seconds.

/** ms, where nobody knows: answers that take longer are late, not lost. */
const usualRoundTrip = 120;
/** Beyond the round trip, for one probe and for several. */
const patience = { one: 60, several: 100 } as const;
/** A transfer that begins while we probe delays the answers: a queue is no narrow path. */
const leastWait = 200;
/** Before anything has answered: an outage must not look like a deaf peer. */
const leastSilence = 500;

export class ProbeTiming {
  readonly outstanding = new Set<number>();
  readonly #sentAt = new Map<number, number>();
  readonly #resent = new Set<number>();
  /** ms; undefined until something told. */
  roundTrip: number | undefined;
  /** What it was given is a guess, and may hold the loss of a packet at login. */
  #hasMeasured = false;
  #sentLastAt = 0;
  #lastAnswerAt = 0;
  count = 0;

  constructor(roundTrip: number | undefined) {
    this.roundTrip = roundTrip;
  }

  /** Sizes in the order in which they are to be sent. */
  sent(sizes: readonly number[], now: number): void {
    for (const size of sizes) {
      if (this.#sentAt.has(size)) this.#resent.add(size);
      this.#sentAt.set(size, now);
      this.outstanding.add(size);
    }
    this.#sentLastAt = now;
    this.count += sizes.length;
  }

  wasSent(size: number): boolean {
    return this.#sentAt.has(size);
  }

  wasSentOnce(size: number): boolean {
    return !this.#resent.has(size);
  }

  answered(size: number, now: number): void {
    this.#learnRoundTrip(size, now - this.#sentAt.get(size)!);
    this.#lastAnswerAt = now;
    this.outstanding.delete(size);
  }

  /** An acknowledgment names the last packet only; the smaller ones before it go without an answer of their own. */
  dropSmaller(size: number): void {
    for (const other of this.outstanding) if (other < size) this.outstanding.delete(other);
  }

  /** When those under way are given up. */
  get deadline(): number {
    const roundTrip = this.roundTrip ?? usualRoundTrip;
    // Answers to a volley trickle in behind each other on a slow line: each one buys the rest more time.
    const waited =
      this.outstanding.size > 1
        ? Math.max(this.#sentLastAt + roundTrip, this.#lastAnswerAt) + Math.max(patience.several, roundTrip)
        : this.#sentLastAt + 1.25 * roundTrip + patience.one;
    return Math.max(this.#sentLastAt + leastWait, waited);
  }

  /** The same before anything has answered, when it must be told whether anybody does. */
  get silenceDeadline(): number {
    return this.#sentLastAt + Math.max(leastSilence, 3 * (this.roundTrip ?? usualRoundTrip));
  }

  #learnRoundTrip(size: number, sample: number): void {
    // Karn's rule: which of two sendings was answered nobody knows. A poor first guess is better than none, though.
    if (this.#resent.has(size) && this.#hasMeasured) return;
    const before = this.roundTrip ?? sample;
    this.roundTrip = this.#hasMeasured || sample > before ? (3 * before + sample) / 4 : sample;
    this.#hasMeasured = true;
  }
}
