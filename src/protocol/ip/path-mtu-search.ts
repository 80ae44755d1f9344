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
import { ProbeAcknowledgments } from './path-mtu-acknowledgments.ts';
import { SizeEvidence } from './path-mtu-evidence.ts';
import { SizeLadder } from './path-mtu-ladder.ts';
import { ProbeTiming } from './probe-timing.ts';
import { smallSize } from './usual-sizes.ts';

/** On a path that shows no loss, the first search sends no more; what is left in doubt is for a look soon after. */
const fewProbes = 8;
const silentRoundsToGiveUp = 3;
/** 10 % loss needs some 40 at worst; a hostile peer answering at whim must not keep us at it. */
const mostProbes = 48;

/** `isDoubtful`: loss may be the reason that nothing larger came through. */
export interface Found {
  readonly type: 'found';
  readonly size: number;
  readonly isDoubtful: boolean;
}
/** Nothing came back, or only packets below the floor did, or (`isUnclear`) acknowledgments that told nothing. */
export interface Silent {
  readonly type: 'silent';
  readonly smallAnswered: boolean;
  readonly isUnclear: boolean;
}

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
  /** Loss may be why nothing larger than `passedBefore` did: then it is a size like any other, not a likely one. */
  readonly isDoubtful: boolean;
  /** ms, if known. */
  readonly roundTrip: number | undefined;
}

export class PathMtuSearch {
  readonly purpose: SearchOptions['purpose'];
  readonly limit: number;
  readonly #ladder: SizeLadder;
  readonly #evidence: SizeEvidence;
  readonly #timing: ProbeTiming;
  readonly #guesses: readonly number[];
  readonly #passedBefore: number;
  readonly #acknowledgments = new ProbeAcknowledgments();
  #hasAskedForEcho = false;
  #silentRounds = 0;
  #smallAnswered = false;
  result: Found | Silent | undefined;

  constructor(options: SearchOptions) {
    this.purpose = options.purpose;
    this.limit = options.limit;
    this.#guesses = options.guesses.map((size) => Math.min(size, options.limit));
    this.#passedBefore = options.passedBefore ?? 0;
    this.#ladder = new SizeLadder(options.limit);
    const likely = this.#guesses.filter((size) => !options.isDoubtful || size !== options.passedBefore);
    this.#evidence = new SizeEvidence(options.limit, likely);
    this.#timing = new ProbeTiming(options.roundTrip);
  }

  /** ms; undefined until something told. */
  get roundTrip(): number | undefined {
    return this.#timing.roundTrip;
  }

  /** When `expire` is due; Infinity once there is a result. */
  get deadline(): number {
    if (this.result !== undefined) return Infinity;
    const { fits, floor } = this.#evidence;
    const asksWhetherAnybodyAnswers = fits === 0 && this.#timing.outstanding.has(floor);
    return asksWhetherAnybodyAnswers ? this.#timing.silenceDeadline : this.#timing.deadline;
  }

  /** Largest size that arrived so far; 0 = none. */
  get proven(): number {
    return this.#evidence.fits;
  }

  /** The sizes to send first, ascending. */
  open(now: number): number[] {
    return this.#send(this.#opening(), now);
  }

  /** A probe arrived. An acknowledgment says so of one way only: it counts when a round ended without echo. Returns what to send. */
  answered(size: number, proof: 'echo' | 'acknowledgment', now: number): number[] {
    if (this.result !== undefined || !this.#timing.wasSent(size)) return [];
    if (proof === 'echo') this.#acknowledgments.echoCame();
    else if (!this.#acknowledgments.isProof) {
      this.#acknowledgments.name(size, now);
      return [];
    }
    this.#arrived(size, now);
    if (proof === 'acknowledgment') this.#timing.dropSmaller(size);
    return this.#evidence.fits >= this.limit || this.#timing.outstanding.size === 0 ? this.#next(now) : [];
  }

  /** The peer acknowledges what came after a probe of `size`: no acknowledgment can tell of it any more. */
  passedOver(size: number): void {
    if (this.#timing.outstanding.has(size)) this.#acknowledgments.passOver(size);
  }

  /** Our own host refused to send `size`: no loss, no doubt. */
  refused(size: number, now: number): number[] {
    if (this.result !== undefined) return [];
    this.#timing.outstanding.delete(size);
    this.#evidence.refused(size);
    return this.#timing.outstanding.size === 0 ? this.#next(now) : [];
  }

  expire(now: number): number[] {
    if (now < this.deadline) return [];
    const asksForEcho = this.#mustAskForEcho();
    if (!asksForEcho) this.#believeAcknowledgments();
    const { outstanding } = this.#timing;
    for (const size of this.#acknowledgments.giveUp(outstanding)) this.#evidence.failed(size);
    outstanding.clear();
    if (!asksForEcho) return this.#acknowledgments.isHopeless ? this.#finishUnclear() : this.#next(now);
    this.#hasAskedForEcho = true;
    return this.#send([smallSize], now);
  }

  #arrived(size: number, at: number): void {
    this.#timing.answered(size, at);
    this.#evidence.arrived(size, { sentOnce: this.#timing.wasSentOnce(size) });
    if (size < this.#evidence.floor) this.#smallAnswered = true;
  }

  /** The first probe was only acknowledged: is the peer deaf to echoes, or is the way back narrow? A small one tells. */
  #mustAskForEcho(): boolean {
    const { fits, floor } = this.#evidence;
    const hasAsked = this.#hasAskedForEcho || this.#timing.outstanding.has(floor);
    return this.#acknowledgments.haveNamed && fits === 0 && !hasAsked;
  }

  /** The peer answers no echoes. */
  #believeAcknowledgments(): void {
    const { named, unclear } = this.#acknowledgments.takeNamed();
    for (const size of unclear) this.#evidence.forget(size);
    for (const [size, at] of named) {
      this.#arrived(size, at);
      this.#timing.dropSmaller(size);
    }
  }

  #opening(): number[] {
    const evidence = this.#evidence;
    if (this.purpose === 'check') return [evidence.floor, this.limit];
    const around = this.#guesses.flatMap((guess) => [guess, evidence.stepAbove(guess)]);
    if (this.purpose === 'look')
      return [evidence.floor, ...around, evidence.usualAbove(Math.max(0, ...around)), this.limit];
    return around.length > 0 ? around : [this.#ladder.between(0, Infinity) ?? this.limit];
  }

  #next(now: number): number[] {
    const { fits, floor } = this.#evidence;
    if (fits >= this.limit) return this.#finish({ type: 'found', size: fits, isDoubtful: false });
    if (fits === 0 && this.#evidence.failuresOf(floor) > 0) return this.#nextInSilence(now);
    const sizes = this.#timing.count < mostProbes ? this.#nextSizes() : [];
    return sizes.length > 0 ? this.#send(sizes, now) : this.#finishFound();
  }

  #finishFound(): number[] {
    const { missingFailures, fits } = this.#evidence;
    const isDoubtful = missingFailures > 0 && !this.#isAsRemembered();
    return this.#finish({ type: 'found', size: fits, isDoubtful });
  }

  /** What arrived did arrive; but nothing says that what passed before does so no more. */
  #finishUnclear(): number[] {
    const { fits } = this.#evidence;
    if (fits > 0 && fits >= this.#passedBefore)
      return this.#finish({ type: 'found', size: fits, isDoubtful: true });
    return this.#finish({ type: 'silent', smallAnswered: false, isUnclear: true });
  }

  #nextInSilence(now: number): number[] {
    this.#silentRounds++;
    if (this.#silentRounds >= silentRoundsToGiveUp) {
      const { isUnclear } = this.#acknowledgments;
      return this.#finish({ type: 'silent', smallAnswered: this.#smallAnswered, isUnclear });
    }
    // What failed in a silent round says nothing about its size.
    this.#evidence.forgetFailures();
    return this.#send([smallSize, this.#evidence.floor, ...this.#opening()], now);
  }

  /** Empty when the answer is certain enough. */
  #nextSizes(): number[] {
    const { fits, floor, smallestFailure } = this.#evidence;
    const passedBefore = this.#passedBefore;
    if (passedBefore > fits && this.#evidence.failuresOf(passedBefore) === 1) {
      // It was lost, or the path has shrunk and people wait: the next round asks for both.
      const below = this.purpose === 'find' ? [] : this.#evidence.usualBelow(smallestFailure);
      return [...below, passedBefore];
    }
    const next = this.#ladder.between(fits, smallestFailure);
    if (next !== undefined) return [next];
    return fits === 0 ? [floor] : this.#doubt(smallestFailure);
  }

  /** Either the path ends below `tooLong`, or all up to the next usual size failed by chance. */
  #doubt(tooLong: number): number[] {
    const evidence = this.#evidence;
    if (this.#isAsRemembered()) return [];
    const isThrifty = this.purpose === 'find' && !evidence.isLossy;
    const allowed = isThrifty ? fewProbes - this.#timing.count : mostProbes;
    const missing = Math.min(evidence.missingFailures, allowed);
    if (missing <= 0) return [];
    const usual = evidence.usualAbove(evidence.fits);
    if (missing > 1) return [usual, tooLong];
    return [evidence.failuresOf(usual) <= evidence.failuresOf(tooLong) ? usual : tooLong];
  }

  /** Two searches of different times agree. */
  #isAsRemembered(): boolean {
    return this.purpose === 'find' && this.#evidence.fits === this.#passedBefore;
  }

  #send(sizes: readonly number[], now: number): number[] {
    const possible = new Set(sizes.map((size) => Math.min(size, this.limit)));
    // Ascending, because an acknowledgment names the last packet that arrived: then that is the largest.
    const ascending = [...possible].sort((one, other) => one - other);
    this.#timing.sent(ascending, now);
    return ascending;
  }

  #finish(result: Found | Silent): number[] {
    this.result = result;
    return [];
  }
}
