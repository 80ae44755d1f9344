// Acknowledgments in both directions (GRE-6): what we owe the peer, and what the peer says about our packets. A lone one is
// due after 50 ms or a quarter of our window; every packet we send carries one for free. Nothing here blocks sending.
import { advance, distance } from './serial.ts';

/** Half of what GRE-6 allows, so that a timer that fires late is still in time. */
const acknowledgmentDelay = 50;
/** Weight of a new round-trip sample, as RFC 9293's SRTT has it. */
const roundTripGain = 1 / 8;
/** The sequence number of our first packet: the Linux kernel's client drops a 0 as old (GRE-3). */
const firstSequence = 1;

export class Acknowledgments {
  readonly #owed: Uint16Array;
  readonly #due: Float64Array;
  readonly #quarterWindows: Uint16Array;
  readonly #next: Uint32Array;
  /** The last of our numbers that was acknowledged; one before the first when none was. */
  readonly #acknowledged: Uint32Array;
  /** One packet at a time is timed: its number, and when it was sent (0: none). */
  readonly #timedSequence: Uint32Array;
  readonly #timedAt: Float64Array;
  readonly #roundTrip: Float64Array;
  readonly #leastRoundTrip: Float64Array;

  constructor(sessions: number) {
    this.#owed = new Uint16Array(sessions);
    this.#due = new Float64Array(sessions);
    this.#quarterWindows = new Uint16Array(sessions);
    this.#next = new Uint32Array(sessions);
    this.#acknowledged = new Uint32Array(sessions);
    this.#timedSequence = new Uint32Array(sessions);
    this.#timedAt = new Float64Array(sessions);
    this.#roundTrip = new Float64Array(sessions);
    this.#leastRoundTrip = new Float64Array(sessions);
  }

  /** `receiveWindow`: packets the peer may have unacknowledged. */
  reset(session: number, receiveWindow: number): void {
    this.#owed[session] = 0;
    this.#due[session] = Number.POSITIVE_INFINITY;
    this.#quarterWindows[session] = Math.max(1, receiveWindow >>> 2);
    this.#next[session] = firstSequence;
    this.#acknowledged[session] = firstSequence - 1;
    this.#timedAt[session] = Number.NEGATIVE_INFINITY;
    this.#roundTrip[session] = Number.NaN;
    this.#leastRoundTrip[session] = Number.POSITIVE_INFINITY;
  }

  /** A data packet came. True when it must be acknowledged at once. */
  owe(session: number, now: number): boolean {
    if (this.#owed[session] === 0) this.#due[session] = now + acknowledgmentDelay;
    if (this.#owed[session]! < 0xffff) this.#owed[session]!++;
    return this.#owed[session]! >= this.#quarterWindows[session]!;
  }

  /** What was owed is on its way. */
  settle(session: number): void {
    this.#owed[session] = 0;
    this.#due[session] = Number.POSITIVE_INFINITY;
  }

  /** When a lone acknowledgment must go out; Infinity when nothing is owed. */
  due(session: number): number {
    return this.#due[session]!;
  }

  /** Takes the sequence number of the packet about to be sent. */
  takeSequence(session: number, now: number): number {
    const sequence = this.#next[session]!;
    this.#next[session] = advance(sequence, 1);
    if (this.#timedAt[session] === Number.NEGATIVE_INFINITY) {
      this.#timedSequence[session] = sequence;
      this.#timedAt[session] = now;
    }
    return sequence;
  }

  /** The peer acknowledged `sequence`. False: outside what we sent and it has not yet acknowledged, it means nothing. */
  acknowledge(session: number, sequence: number, now: number): boolean {
    const isNew = distance(sequence, this.#acknowledged[session]!) > 0;
    const wasSent = distance(sequence, this.#next[session]!) < 0;
    if (!isNew || !wasSent) return false;
    this.#acknowledged[session] = sequence;
    this.#measure(session, sequence, now);
    return true;
  }

  #measure(session: number, sequence: number, now: number): void {
    const timedAt = this.#timedAt[session]!;
    if (timedAt === Number.NEGATIVE_INFINITY || distance(sequence, this.#timedSequence[session]!) < 0) return;
    this.#timedAt[session] = Number.NEGATIVE_INFINITY;
    const before = this.#roundTrip[session]!;
    const sample = now - timedAt;
    if (sample < this.#leastRoundTrip[session]!) this.#leastRoundTrip[session] = sample;
    this.#roundTrip[session] = Number.isNaN(before) ? sample : before + (sample - before) * roundTripGain;
  }

  /** Our last sequence number; undefined before the first. */
  sent(session: number): number | undefined {
    const next = this.#next[session]!;
    return next === firstSequence ? undefined : advance(next, -1);
  }

  /** The last of our numbers that the peer acknowledged; undefined before the first. */
  acknowledged(session: number): number | undefined {
    const sequence = this.#acknowledged[session]!;
    return sequence === firstSequence - 1 ? undefined : sequence;
  }

  /** Smoothed, ms; undefined before the first sample. Includes the time the peer waits before it acknowledges. */
  roundTrip(session: number): number | undefined {
    const value = this.#roundTrip[session]!;
    return Number.isNaN(value) ? undefined : value;
  }

  /** The shortest, ms: what a client took to get ready, or to acknowledge, is not in it for long. */
  leastRoundTrip(session: number): number | undefined {
    const value = this.#leastRoundTrip[session]!;
    return value === Number.POSITIVE_INFINITY ? undefined : value;
  }
}
