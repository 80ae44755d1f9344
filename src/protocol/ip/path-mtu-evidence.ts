// What a search has seen: the largest size that arrived, and what failed above it. Says when loss is no likely reason for
// the failures any more.
import { tolerance } from './path-mtu-ladder.ts';
import { floorSize, usualSizes } from './usual-sizes.ts';

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

export class SizeEvidence {
  readonly floor: number;
  readonly #limit: number;
  /** Sizes that are likelier than others: usual ones, and those somebody named. */
  readonly #usual: readonly number[];
  /** Largest size that arrived; 0: none. */
  fits = 0;
  readonly #failures = new Map<number, number>();

  constructor(limit: number, guesses: readonly number[]) {
    this.#limit = limit;
    this.floor = Math.min(floorSize, limit);
    this.#usual = [this.floor, ...usualSizes.filter((size) => size < limit), ...guesses, limit];
  }

  /** `sentOnce`: given up before or not, what is answered now was not lost. */
  arrived(size: number, { sentOnce }: { sentOnce: boolean }): void {
    if (sentOnce) this.#failures.delete(size);
    if (size >= this.floor) this.fits = Math.max(this.fits, size);
  }

  failed(size: number): void {
    this.#failures.set(size, (this.#failures.get(size) ?? 0) + 1);
  }

  /** Our own host did not send it: no loss, no doubt. */
  refused(size: number): void {
    this.#failures.set(size, failuresToBelieve.withLoss);
  }

  forget(size: number): void {
    this.#failures.delete(size);
  }

  forgetFailures(): void {
    this.#failures.clear();
  }

  /** Of a size above what fits. */
  failuresOf(size: number): number {
    return size > this.fits ? (this.#failures.get(size) ?? 0) : 0;
  }

  /** Above what fits; beyond the limit where nothing failed. */
  get smallestFailure(): number {
    let smallest = this.#limit + 1;
    for (const size of this.#failures.keys()) if (size > this.fits && size < smallest) smallest = size;
    return smallest;
  }

  /** A size that fits got lost. */
  get isLossy(): boolean {
    for (const size of this.#failures.keys()) if (size <= this.fits) return true;
    return false;
  }

  /** How many failures more would make loss an unlikely reason; 0 or less: none. */
  get missingFailures(): number {
    const usual = this.usualAbove(this.fits);
    let near = 0;
    let all = 0;
    for (const [size, count] of this.#failures) {
      if (size > this.fits) all += count;
      if (size > this.fits && size <= usual) near += count;
    }
    const missing = Math.max(this.#wantedFailures - near, failuresInAll - all);
    if (this.#usual.includes(this.fits)) return missing;
    // Between usual sizes one is as likely as the next: only what failed just above says that it is this one.
    return Math.max(missing, failuresJustAbove - this.failuresOf(this.smallestFailure));
  }

  get #wantedFailures(): number {
    if (this.isLossy) return failuresToBelieve.withLoss;
    if (this.fits === this.floor) return failuresToBelieve.afterFloor;
    const isUsual = this.#usual.includes(this.fits);
    return isUsual ? failuresToBelieve.afterUsualSize : failuresToBelieve.afterUnusualSize;
  }

  stepAbove(size: number): number {
    return Math.min(size + tolerance + 1, this.usualAbove(size));
  }

  /** The next of the sizes that paths usually have, or that were named; at most the limit. */
  usualAbove(size: number): number {
    return Math.min(this.#limit, ...this.#usual.filter((usual) => usual > size));
  }

  /** All of them between what fits and `tooLong`. */
  usualBelow(tooLong: number): number[] {
    return this.#usual.filter((usual) => usual > this.fits && usual < tooLong);
  }
}
