// One search for the largest outer packet a path carries (RFC 4821 §7, RFC 8899 §5, in spirit). Sans-IO: it says which
// sizes to send and is told which arrived. It knows nothing of why it searches, of ICMP or of sessions.
//
//   find    one probe at a time, as path-mtu-ladder.ts halves      1206 ✓  1454 ✓  1500 ✗  1497 ✗  1479 ✗  1459 ✗
//           or first what is remembered, and the step above        1454 ✓  1459 ✗
//   look    what holds, what is above it, at once                  576 ✓  1454 ✓  1459 ✗  1492 ✗  1500 ✗
//   check   what holds; when it fails, the usual sizes at once     576 ✓  1500 ✗ │ 1400 ✓  1438 ✗  1454 ✗  1492 ✗  1500 ✗
//   doubt   what failed is asked again, until loss is no likely reason; more often where some got lost
//
// An answer proves a size for good; silence proves nothing by itself. So a larger answer overrules any smaller
// failure, an answer counts however late it comes, and the smallest size tells a deaf peer from a narrow path.
import { SizeLadder, tolerance } from './path-mtu-ladder.ts';
import { floorSize, smallSize, usualSizes } from './usual-sizes.ts';

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
/** Failures of the smallest size that failed, above a size nobody uses. */
const failuresJustAbove = 3;
/** On a path that shows no loss, the first search sends no more; what is left in doubt is for a look soon after. */
const fewProbes = 8;
const silentRoundsToGiveUp = 3;
/** 10 % loss needs some 40 at worst; a hostile peer answering at whim must not keep us at it. */
const mostProbes = 48;
/** ms, where nobody knows: answers that take longer are late, not lost. */
const usualRoundTrip = 120;
/** Before anything has answered: an outage must not look like a deaf peer. */
const leastTimeout = 500;
/** Beyond the round trip, for one probe and for several. */
const patience = { one: 60, several: 100 } as const;
/** A transfer that begins while we probe delays the answers: a queue is no narrow path. */
const leastWait = 200;

export type SearchResult =
  /** `isDoubtful`: loss may be the reason that nothing larger came through. */
  | { readonly type: 'found'; readonly size: number; readonly isDoubtful: boolean }
  /** Nothing came back, or only packets below the floor did. */
  | { readonly type: 'silent'; readonly smallAnswered: boolean };

export interface SearchOptions {
  /**
   * `find`: the largest, with few probes. `look`: whether what was found still holds, and whether more does. `check`:
   * only whether `limit` still passes, and what does if not, soon.
   */
  readonly purpose: 'check' | 'find' | 'look';
  readonly limit: number;
  /** Sizes worth trying besides the usual sizes: remembered, confirmed before, named by ICMP. */
  readonly guesses: readonly number[];
  /** A size that once passed on this path: one failure more is needed to give it up. */
  readonly passedBefore: number | undefined;
  /** ms, if known. */
  readonly roundTrip: number | undefined;
}

export class PathMtuSearch {
  readonly purpose: SearchOptions['purpose'];
  readonly limit: number;
  readonly #ladder: SizeLadder;
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
  /** What it was given is a guess, and may hold the loss of a packet at login. */
  #hasMeasured = false;
  #sentLastAt = 0;
  #lastAnswerAt = 0;
  #silentRounds = 0;
  #smallAnswered = false;
  #sent = 0;
  result: SearchResult | undefined;

  constructor(options: SearchOptions) {
    this.limit = options.limit;
    this.#ladder = new SizeLadder(options.limit);
    this.#floor = Math.min(floorSize, options.limit);
    this.purpose = options.purpose;
    this.#passedBefore = options.passedBefore ?? 0;
    this.#guesses = options.guesses.map((size) => Math.min(size, options.limit));
    this.roundTrip = options.roundTrip;
  }

  /** When `expire` is due; Infinity once there is a result. */
  get deadline(): number {
    if (this.result !== undefined) return Infinity;
    const roundTrip = this.roundTrip ?? usualRoundTrip;
    if (this.#fits === 0 && this.#outstanding.has(this.#floor))
      return this.#sentLastAt + Math.max(leastTimeout, 3 * roundTrip);
    // Answers to a volley trickle in behind each other on a slow line: each one buys the rest more time.
    const waited =
      this.#outstanding.size > 1
        ? Math.max(this.#sentLastAt + roundTrip, this.#lastAnswerAt) + Math.max(patience.several, roundTrip)
        : this.#sentLastAt + 1.25 * roundTrip + patience.one;
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
    const around = this.#guesses.flatMap((guess) => [guess, this.#stepAbove(guess)]);
    if (this.purpose === 'look')
      return [this.#floor, ...around, this.#usualAbove(Math.max(this.#floor, ...around)), this.limit];
    return around.length > 0 ? around : [this.#ladder.between(0, Infinity) ?? this.limit];
  }

  #next(now: number): number[] {
    if (this.#fits >= this.limit) return this.#finish({ type: 'found', size: this.#fits, isDoubtful: false });
    if (this.#fits === 0 && this.#failures.has(this.#floor)) return this.#nextInSilence(now);
    const sizes = this.#sent < mostProbes ? this.#nextSizes() : [];
    return sizes.length > 0 ? this.#send(sizes, now) : this.#finishFound();
  }

  #finishFound(): number[] {
    const isDoubtful = this.#missingFailures() > 0 && !this.#isAsRemembered();
    return this.#finish({ type: 'found', size: this.#fits, isDoubtful });
  }

  #nextInSilence(now: number): number[] {
    this.#silentRounds++;
    if (this.#silentRounds >= silentRoundsToGiveUp) {
      return this.#finish({ type: 'silent', smallAnswered: this.#smallAnswered });
    }
    // What failed in a silent round says nothing about its size.
    this.#failures.clear();
    return this.#send([smallSize, this.#floor, ...this.#opening()], now);
  }

  /** Empty when the answer is certain enough. */
  #nextSizes(): number[] {
    const tooLong = this.#smallestFailure();
    const passedBefore = this.#passedBefore;
    if (passedBefore > this.#fits && this.#failuresOf(passedBefore) === 1) {
      // It was lost, or the path has shrunk and people wait: the next round asks for both.
      const below = [...this.#guesses, ...usualSizes].filter((size) => size > this.#fits && size < tooLong);
      return this.purpose === 'find' ? [passedBefore] : [...below, passedBefore];
    }
    const next = this.#ladder.between(this.#fits, tooLong);
    if (next !== undefined) return [next];
    return this.#fits === 0 ? [this.#floor] : this.#doubt(tooLong);
  }

  /** Either the path ends below `tooLong`, or all up to the next usual size failed by chance. */
  #doubt(tooLong: number): number[] {
    if (this.#isAsRemembered()) return [];
    const isThrifty = this.purpose === 'find' && !this.#isLossy();
    const allowed = isThrifty ? fewProbes - this.#sent : mostProbes;
    const missing = Math.min(this.#missingFailures(), allowed);
    if (missing <= 0) return [];
    const usual = this.#usualAbove(this.#fits);
    if (missing > 1) return [usual, tooLong];
    return [this.#failuresOf(usual) <= this.#failuresOf(tooLong) ? usual : tooLong];
  }

  /** Two searches of different times agree. */
  #isAsRemembered(): boolean {
    return this.purpose === 'find' && this.#fits === this.#passedBefore;
  }

  /** How many failures more would make loss an unlikely reason. */
  #missingFailures(): number {
    const wanted = this.#wantedFailures();
    const usual = this.#usualAbove(this.#fits);
    let near = 0;
    let all = 0;
    for (const [size, count] of this.#failures) {
      if (size > this.#fits) all += count;
      if (size > this.#fits && size <= usual) near += count;
    }
    const missing = Math.max(wanted - near, failuresInAll - all);
    if (this.#isUsual(this.#fits)) return missing;
    // Between usual sizes one is as likely as the next: only what failed just above says that it is this one.
    return Math.max(missing, failuresJustAbove - this.#failuresOf(this.#smallestFailure()));
  }

  #wantedFailures(): number {
    if (this.#isLossy()) return failuresToBelieve.withLoss;
    if (this.#fits === this.#floor) return failuresToBelieve.afterFloor;
    return this.#isUsual(this.#fits) ? failuresToBelieve.afterUsualSize : failuresToBelieve.afterUnusualSize;
  }

  #stepAbove(size: number): number {
    return Math.min(size + tolerance + 1, this.#usualAbove(size));
  }

  /** The next of the sizes that paths usually have, or that were named; at most the limit. */
  #usualAbove(size: number): number {
    return Math.min(this.limit, ...this.#candidates().filter((candidate) => candidate > size));
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

  #smallestFailure(): number {
    let smallest = this.limit + 1;
    for (const size of this.#failures.keys()) if (size > this.#fits && size < smallest) smallest = size;
    return smallest;
  }

  /** Of a size above what fits. */
  #failuresOf(size: number): number {
    return size > this.#fits ? (this.#failures.get(size) ?? 0) : 0;
  }

  #dropSmaller(size: number): void {
    for (const other of this.#outstanding) if (other < size) this.#outstanding.delete(other);
  }

  #send(sizes: readonly number[], now: number): number[] {
    // Ascending, because an acknowledgment names the last packet that arrived: then that is the largest.
    const ascending = [...new Set(sizes.map((size) => Math.min(size, this.limit)))].sort(
      (one, other) => one - other,
    );
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
    if (this.#resent.has(size) && this.#hasMeasured) return;
    const before = this.roundTrip ?? sample;
    this.roundTrip = this.#hasMeasured || sample > before ? (3 * before + sample) / 4 : sample;
    this.#hasMeasured = true;
  }

  #finish(result: SearchResult): number[] {
    this.result = result;
    return [];
  }
}
