// One search for the largest outer packet a path carries (RFC 4821 §7, RFC 8899 §5, in spirit). Sans-IO: it says which
// sizes to send and is told which arrived. It knows nothing of why it searches, of ICMP or of sessions.
//
//   floor                                                                limit = all we could ever send
//    576          1280     1400   1438   1454       1492  1500
//    ─┴─────────────┴────────┴──────┴──────┴──────────┴─────┴─
//  1  ✓                      ✓             ✓                ✗     opening: a few sizes paths usually have, at once
//  2                                                  ✗           the usual sizes left between ✓ and ✗
//  3                                        1458 ✗                is the usual size exact? Then 1454 it is
//  4                                        1458 ✓  1475 ✗  1466… else halve until 4 bytes are left
//  5                                        1458 ✗                doubt: what failed is asked again, until loss is no
//                                                                 likely reason; more often where some got lost
//
// An answer proves a size for good; silence proves nothing by itself. So a larger answer overrules any smaller
// failure, an answer counts however late it comes, and the smallest size tells a deaf peer from a narrow path.
import { floorSize, openingSizes, smallSize, usualSizes } from './usual-sizes.ts';

const tolerance = 4;
/** Failures between what fits and the next usual size, itself included, that loss is no likely reason for: */
const failuresToBelieve = {
  afterUsualSize: 3,
  /** Few paths are so narrow. */
  afterFloor: 4,
  /** Fewer yet are of a size nobody uses. */
  afterUnusualSize: 5,
  /** Where a size that fits got lost too: this path loses packets. */
  withLoss: 6,
} as const;
/** Failures of any size above what fits. */
const failuresInAll = 4;
const silentRoundsToGiveUp = 3;
/** 10 % loss needs some 40 at worst; a hostile peer answering at whim must not keep us at it. */
const mostProbes = 48;
const firstTimeout = 1000;
/** Before anything has answered: an outage must not look like a deaf peer. */
const leastTimeout = 500;
const leastPatience = 100;
/** A transfer that begins while we probe delays the answers: a queue is no narrow path. */
const leastWait = 220;

export type SearchResult =
  | { readonly type: 'found'; readonly size: number }
  /** Nothing came back, or only packets below the floor did. */
  | { readonly type: 'silent'; readonly smallAnswered: boolean };

export interface SearchOptions {
  /** `check` asks only whether `limit` still passes and looks below it if not; `find` looks for the largest. */
  readonly purpose: 'check' | 'find';
  readonly limit: number;
  /** Sizes worth trying besides the usual sizes: remembered, confirmed before, named by ICMP. */
  readonly guesses: readonly number[];
  /** A size that once passed on this path: one failure more is needed to give it up. */
  readonly passedBefore: number | undefined;
  /** ms, if known. */
  readonly roundTrip: number | undefined;
}

export class PathMtuSearch {
  readonly purpose: 'check' | 'find';
  readonly limit: number;
  readonly #floor: number;
  readonly #guesses: number[];
  readonly #passedBefore: number;
  /** Largest size that arrived; 0 = none. */
  #fits = 0;
  readonly #failures = new Map<number, number>();
  readonly #sentAt = new Map<number, number>();
  readonly #resent = new Set<number>();
  readonly #outstanding = new Set<number>();
  /** ms; undefined until something told. */
  roundTrip: number | undefined;
  #sentLastAt = 0;
  #lastAnswerAt = 0;
  #silentRounds = 0;
  #smallAnswered = false;
  #sent = 0;
  result: SearchResult | undefined;

  constructor(options: SearchOptions) {
    this.limit = options.limit;
    this.#floor = Math.min(floorSize, options.limit);
    this.purpose = options.purpose;
    this.#passedBefore = options.passedBefore ?? 0;
    this.#guesses = options.guesses.filter((size) => size < options.limit);
    this.roundTrip = options.roundTrip;
  }

  /** When `expire` is due; Infinity once there is a result. */
  get deadline(): number {
    if (this.result !== undefined) return Infinity;
    const { roundTrip } = this;
    if (roundTrip === undefined) return this.#sentLastAt + firstTimeout;
    if (this.#fits === 0) return this.#sentLastAt + Math.max(leastTimeout, 3 * roundTrip);
    // Answers to a volley trickle in behind each other on a slow line: each one buys the rest more time.
    const patience = this.#outstanding.size > 1 ? 1.5 * roundTrip : roundTrip;
    const waited =
      Math.max(this.#sentLastAt + roundTrip, this.#lastAnswerAt) + Math.max(leastPatience, patience);
    return Math.max(this.#sentLastAt + leastWait, waited);
  }

  /** Largest size that arrived so far; 0 = none. */
  get proven(): number {
    return this.#fits;
  }

  /** The sizes to send first, ascending. */
  open(now: number): number[] {
    return this.#send(this.#opening(), now);
  }

  /** A probe of `size` arrived. Returns the sizes to send next, perhaps none yet. */
  answered(size: number, proof: 'echo' | 'acknowledgment', now: number): number[] {
    const sentAt = this.#sentAt.get(size);
    if (this.result !== undefined || sentAt === undefined) return [];
    this.#learnRoundTrip(size, now - sentAt);
    this.#lastAnswerAt = now;
    this.#outstanding.delete(size);
    // Sent once and answered after we gave it up: it was late, not lost.
    if (!this.#resent.has(size)) this.#failures.delete(size);
    if (size < this.#floor) this.#smallAnswered = true;
    else this.#fits = Math.max(this.#fits, size);
    // An acknowledgment names the last packet only; the smaller ones before it go without an answer of their own.
    if (proof === 'acknowledgment') this.#dropSmaller(size);
    return this.#fits >= this.limit || this.#outstanding.size === 0 ? this.#next(now) : [];
  }

  /** Our own host refused to send `size`: no loss, no doubt. */
  refused(size: number, now: number): number[] {
    if (this.result !== undefined) return [];
    this.#outstanding.delete(size);
    this.#failures.set(size, failuresToBelieve.withLoss);
    return this.#outstanding.size === 0 ? this.#next(now) : [];
  }

  expire(now: number): number[] {
    if (now < this.deadline) return [];
    for (const size of this.#outstanding) this.#failures.set(size, this.#failuresOf(size) + 1);
    this.#outstanding.clear();
    return this.#next(now);
  }

  #opening(): number[] {
    if (this.purpose === 'check') return [this.#floor, this.limit];
    const sizes =
      this.#guesses.length > 0 ? this.#guesses.flatMap((guess) => [guess, guess + tolerance]) : openingSizes;
    return [this.#floor, ...sizes.filter((size) => size > this.#floor && size < this.limit), this.limit];
  }

  #next(now: number): number[] {
    if (this.#fits >= this.limit) return this.#finish({ type: 'found', size: this.#fits });
    if (this.#fits === 0) return this.#nextInSilence(now);
    const tooLong = this.#smallestFailure();
    const sizes = this.#sent < mostProbes ? this.#nextSizes(tooLong) : [];
    return sizes.length > 0 ? this.#send(sizes, now) : this.#finish({ type: 'found', size: this.#fits });
  }

  #nextInSilence(now: number): number[] {
    this.#silentRounds++;
    if (this.#silentRounds >= silentRoundsToGiveUp) {
      return this.#finish({ type: 'silent', smallAnswered: this.#smallAnswered });
    }
    // What failed in a silent round says nothing about its size.
    this.#failures.clear();
    return this.#send([smallSize, ...this.#opening()], now);
  }

  /** Steps 2 to 5 of the drawing; empty when the answer is certain enough. */
  #nextSizes(tooLong: number): number[] {
    const passedBefore = this.#passedBefore;
    if (passedBefore > this.#fits && this.#failuresOf(passedBefore) === 1) return [passedBefore];
    const between = [...this.#guesses, ...usualSizes].filter((size) => size > this.#fits && size < tooLong);
    if (between.length > 0) return between;
    return tooLong - this.#fits > tolerance ? this.#narrow(tooLong) : this.#doubt(tooLong);
  }

  #narrow(tooLong: number): number[] {
    if (this.#isUsual(this.#fits)) return [this.#fits + tolerance];
    const middle = this.#fits + ((tooLong - this.#fits) >> 1);
    // An unusual path just below a usual size: rather, the probe of that size got lost.
    return this.#isUsual(tooLong) && this.#failuresOf(tooLong) === 1 ? [middle, tooLong] : [middle];
  }

  /** Either the path ends below `tooLong`, or that and the next usual size both failed by chance. */
  #doubt(tooLong: number): number[] {
    const usual = Math.min(...this.#candidates().filter((size) => size > this.#fits));
    const suspects = [...new Set([usual, tooLong])];
    const isCertain =
      this.#failuresOf(...suspects) >= this.#wantedFailures() &&
      this.#failuresOf(...this.#failures.keys()) >= failuresInAll;
    if (isCertain) return [];
    // The common case ends with the fewest probes, the others soonest.
    if (this.#wantedFailures() > failuresToBelieve.afterFloor) return suspects;
    return [this.#failuresOf(usual) <= this.#failuresOf(tooLong) ? usual : tooLong];
  }

  #wantedFailures(): number {
    if (this.#isLossy()) return failuresToBelieve.withLoss;
    if (this.#fits === this.#floor) return failuresToBelieve.afterFloor;
    return this.#isUsual(this.#fits) ? failuresToBelieve.afterUsualSize : failuresToBelieve.afterUnusualSize;
  }

  #candidates(): number[] {
    return [this.#floor, ...usualSizes.filter((size) => size < this.limit), ...this.#guesses, this.limit];
  }

  #isUsual(size: number): boolean {
    return this.#candidates().includes(size);
  }

  #isLossy(): boolean {
    for (const size of this.#failures.keys()) if (size <= this.#fits) return true;
    return false;
  }

  /** Every opening holds the limit, so below it there is always a failure. */
  #smallestFailure(): number {
    let smallest = this.limit;
    for (const size of this.#failures.keys()) if (size > this.#fits && size < smallest) smallest = size;
    return smallest;
  }

  /** Of sizes above what fits. */
  #failuresOf(...sizes: number[]): number {
    let count = 0;
    for (const size of sizes) if (size > this.#fits) count += this.#failures.get(size) ?? 0;
    return count;
  }

  #dropSmaller(size: number): void {
    for (const other of this.#outstanding) if (other < size) this.#outstanding.delete(other);
  }

  #send(sizes: readonly number[], now: number): number[] {
    // Ascending, because an acknowledgment names the last packet that arrived: then that is the largest.
    const ascending = [...new Set(sizes)].sort((one, other) => one - other);
    for (const size of ascending) {
      if (this.#sentAt.has(size)) this.#resent.add(size);
      this.#sentAt.set(size, now);
      this.#outstanding.add(size);
    }
    this.#sentLastAt = now;
    this.#sent += ascending.length;
    return ascending;
  }

  #learnRoundTrip(size: number, sample: number): void {
    // Karn's rule: which of two sendings was answered nobody knows. A poor first guess is better than none, though.
    if (this.#resent.has(size) && this.roundTrip !== undefined) return;
    this.roundTrip = this.roundTrip === undefined ? sample : (3 * this.roundTrip + sample) / 4;
  }

  #finish(result: SearchResult): number[] {
    this.result = result;
    return [];
  }
}
