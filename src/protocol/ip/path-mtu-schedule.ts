// When path MTU discovery looks again: soon after a new value, seldom after an old one, often while large packets flow.
import type { SearchOptions } from './path-mtu-search.ts';

/** After a value that loss may have made, ms; after any new one below the limit; and from then on. */
const doubtfulLook = 1000;
const secondLook = 10_000;
/** Short of 10 minutes, so that a path that grew is in use within them. */
const reconfirmInterval = 570_000;
/** A TCP that lost everything waits twice as long each time: found late is cured later still. */
const busyCheckInterval = 2000;
/** Between two checks because of a stall, ms: a hostile peer can make us suspect at will. */
const stallInterval = 2000;

export interface SearchOutcome {
  readonly purpose: SearchOptions['purpose'];
  readonly isNew: boolean;
  /** The path takes less than we could send. */
  readonly isNarrow: boolean;
  readonly isDoubtful: boolean;
}

export class LookSchedule {
  #lookAt = Infinity;
  /** Waits before the looks that a new value still gets, ms. */
  #waits: number[] = [];
  #isBusy = false;
  /** When the confirmed size was last seen to pass. */
  #provenAt = -Infinity;
  #searchedAt = -Infinity;
  #suspectedAt = -Infinity;
  #checkAt = Infinity;

  /** When the next look or check is due. */
  get deadline(): number {
    return Math.min(
      this.#lookAt,
      this.#checkAt,
      this.#isBusy ? this.#provenAt + busyCheckInterval : Infinity,
    );
  }

  isLookDue(now: number): boolean {
    return this.#lookAt <= now;
  }

  /** A hint or a suspicion is worth a check, unless there was a search in the last `interval` ms. */
  mayDoubt(now: number, interval: number): boolean {
    return now - this.#searchedAt >= interval;
  }

  /** Whether a stall is to be looked into now; if there was one just before, that is done in a moment. */
  suspect(now: number): boolean {
    const due = this.#suspectedAt + stallInterval;
    if (now < due) {
      this.#checkAt = due;
      return false;
    }
    this.#suspectedAt = now;
    return true;
  }

  /** Ms since the last search began. */
  sinceSearch(now: number): number {
    return now - this.#searchedAt;
  }

  searching(purpose: SearchOptions['purpose'], now: number): void {
    this.#searchedAt = now;
    if (this.#checkAt <= now) this.#suspectedAt = now;
    this.#checkAt = Infinity;
    if (purpose === 'check') this.#isBusy = false;
    else this.#lookAt = Infinity;
  }

  /** Packets near the path MTU flow. */
  busy(): void {
    this.#isBusy = true;
  }

  proven(now: number): void {
    this.#provenAt = now;
  }

  concluded({ purpose, isNew, isNarrow, isDoubtful }: SearchOutcome, now: number): void {
    this.#provenAt = now;
    // A check that finds all as it was leaves the next look for more where it is.
    if (purpose === 'check' && !isNew) return;
    if (isNew) this.#waits = isDoubtful ? [doubtfulLook, secondLook] : [secondLook];
    if (!isNarrow) this.#waits = [];
    const later = isNarrow && isDoubtful ? secondLook : reconfirmInterval;
    this.#lookAt = now + (this.#waits.shift() ?? later);
  }

  /** Nothing came back, or nothing that tells. It is worth another try soon, or the peer never answers. */
  silent({ isPromising }: { isPromising: boolean }, now: number): void {
    this.#isBusy = false;
    this.#lookAt = now + (isPromising ? secondLook : reconfirmInterval);
  }
}
