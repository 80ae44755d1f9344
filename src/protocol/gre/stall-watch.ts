// Notices that large packets no longer arrive while the peer goes on acknowledging, or falls silent (RFC 2637 §4.1): a path
// that shrank swallows them without a word. It only suspects; a probe has to say whether it is so.
//
// An acknowledgment names the last packet that arrived. So a large one proves itself only if it is the one named: that a
// small one after it is named says nothing of it. A peer that never named a large packet is not watched: it may acknowledge
// seldom or never. One suspicion needs one large packet sent, so a session that is idle raises none.
import { distance } from './serial.ts';

/** Packets under way at most whose size is remembered; a power of two. */
const remembered = 1024;
const words = remembered / 32;
/** Packets within this of the largest one lately share its fate, bytes. */
const margin = 64;
/** What every path takes is never large, bytes (RFC 791 §3.1). */
const leastLarge = 577;
/** How long a peer may take to acknowledge beyond two round trips, and at least, ms. */
const patience = 100;
export const leastWait = 300;

export class StallWatch {
  /** One bit a packet, by the low bits of its sequence number: it is large. */
  readonly #large: Int32Array;
  readonly #threshold: Uint16Array;
  /** Sequence number of the last packet, and of the last large one with data. */
  readonly #last: Uint32Array;
  readonly #lastLarge: Uint32Array;
  /** Since when a large packet waits for its acknowledgment, ms; Infinity: none does. */
  readonly #since: Float64Array;
  readonly #isWatched: Uint8Array;

  constructor(sessions: number) {
    this.#large = new Int32Array(sessions * words);
    this.#threshold = new Uint16Array(sessions);
    this.#last = new Uint32Array(sessions);
    this.#lastLarge = new Uint32Array(sessions);
    this.#since = new Float64Array(sessions);
    this.#isWatched = new Uint8Array(sessions);
  }

  reset(session: number): void {
    this.#large.fill(0, session * words, (session + 1) * words);
    this.#isWatched[session] = 0;
    this.restart(session);
  }

  /** Another size is thought to pass: what was sent before counts no more. */
  restart(session: number): void {
    this.#threshold[session] = leastLarge;
    this.#since[session] = Number.POSITIVE_INFINITY;
  }

  /** From time to time: `largest` outer bytes were sent lately, 0 when nothing was. */
  adapt(session: number, largest: number): void {
    if (largest > 0) this.#threshold[session] = Math.max(leastLarge, largest - margin);
  }

  /** A packet of `length` outer bytes leaves. True when it begins to wait: `due` is after `leastWait` at the earliest. */
  sent(session: number, sequence: number, length: number, kind: 'data' | 'control', now: number): boolean {
    if (length - margin > this.#threshold[session]!) this.#threshold[session] = length - margin;
    const isLarge = length >= this.#threshold[session]!;
    const word = session * words + ((sequence & (remembered - 1)) >>> 5);
    const bit = 1 << (sequence & 31);
    this.#large[word] = isLarge ? this.#large[word]! | bit : this.#large[word]! & ~bit;
    this.#last[session] = sequence;
    if (!isLarge || kind === 'control') return false;
    this.#lastLarge[session] = sequence;
    if (this.#isWatched[session] === 0 || this.#since[session] !== Number.POSITIVE_INFINITY) return false;
    this.#since[session] = now;
    return true;
  }

  /** The peer names a packet that it had not named before, and that was sent. */
  acknowledged(session: number, sequence: number, now: number): void {
    if (distance(this.#last[session]!, sequence) < remembered && !this.#wasLarge(session, sequence)) return;
    this.#isWatched[session] = 1;
    if (this.#since[session] === Number.POSITIVE_INFINITY) return;
    if (distance(this.#lastLarge[session]!, sequence) > 0) this.#since[session] = now;
    else this.#since[session] = Number.POSITIVE_INFINITY;
  }

  isWaiting(session: number): boolean {
    return this.#since[session] !== Number.POSITIVE_INFINITY;
  }

  /** When it is time to suspect, ms; Infinity when no large packet waits. `roundTrip`: of acknowledgments, ms. */
  due(session: number, roundTrip: number | undefined): number {
    return this.#since[session]! + Math.max(leastWait, 2 * (roundTrip ?? 0) + patience);
  }

  /** The suspicion was told; the next one needs another large packet. */
  suspected(session: number): void {
    this.#since[session] = Number.POSITIVE_INFINITY;
  }

  #wasLarge(session: number, sequence: number): boolean {
    const word = this.#large[session * words + ((sequence & (remembered - 1)) >>> 5)]!;
    return (word & (1 << (sequence & 31))) !== 0;
  }
}
