// Packets that came before an earlier one (GRE-5): copied into a pool of slots that all sessions share, found again by their
// sequence number. Bounded per session in packets and bytes, and in all by the pool.
import { distance } from './serial.ts';

/** The hard caps of GRE-5; the window in use may be smaller. */
export const largestWindow = 64;
export const largestHold = 100;
export const largestHeldBytes = 96 * 1024;
/** Room for one payload. A longer one is not held. */
export const slotLength = 2048;

export class ReorderQueues {
  readonly #memory: Uint8Array;
  readonly #base: number;
  /** Slot + 1 of the packet with number n, at `session * 64 + (n & 63)`; 0 when it is not held. */
  readonly #slots: Uint16Array;
  readonly #held: Uint8Array;
  readonly #heldBytes: Uint32Array;
  /** The highest number held; means nothing while nothing is. */
  readonly #highest: Uint32Array;
  readonly #lengths: Uint16Array;
  readonly #arrivals: Float64Array;
  readonly #free: Uint16Array;
  #freeCount: number;

  /** The pool is `poolSlots` slots of `slotLength` bytes from `base`; at most 65,535. */
  constructor(memory: Uint8Array, base: number, poolSlots: number, sessions: number) {
    this.#memory = memory;
    this.#base = base;
    this.#slots = new Uint16Array(sessions * largestWindow);
    this.#held = new Uint8Array(sessions);
    this.#heldBytes = new Uint32Array(sessions);
    this.#highest = new Uint32Array(sessions);
    this.#lengths = new Uint16Array(poolSlots);
    this.#arrivals = new Float64Array(poolSlots);
    this.#free = Uint16Array.from({ length: poolSlots }, (_, index) => index);
    this.#freeCount = poolSlots;
  }

  get freeSlots(): number {
    return this.#freeCount;
  }

  held(session: number): number {
    return this.#held[session]!;
  }

  has(session: number, sequence: number): boolean {
    return this.#slots[this.#index(session, sequence)] !== 0;
  }

  /** Copies a payload. False when it does not fit any bound. The caller sees to the window, and that it is not held. */
  hold(session: number, sequence: number, offset: number, length: number, now: number): boolean {
    const bytes = this.#heldBytes[session]! + length;
    if (length > slotLength || bytes > largestHeldBytes || this.#freeCount === 0) return false;
    this.#freeCount--;
    const slot = this.#free[this.#freeCount]!;
    this.#slots[this.#index(session, sequence)] = slot + 1;
    if (!this.isOvertaken(session, sequence)) this.#highest[session] = sequence;
    this.#held[session]!++;
    this.#heldBytes[session] = bytes;
    this.#lengths[slot] = length;
    this.#arrivals[slot] = now;
    this.#memory.copyWithin(this.#base + slot * slotLength, offset, offset + length);
    return true;
  }

  /** Whether a packet with a higher number came before this one: it is reordered (RFC 4737 §3.3). */
  isOvertaken(session: number, sequence: number): boolean {
    return this.#held[session]! > 0 && distance(sequence, this.#highest[session]!) < 0;
  }

  /** The first sequence number held at or after `sequence`; undefined when nothing is held. */
  firstHeld(session: number, sequence: number): number | undefined {
    if (this.#held[session] === 0) return undefined;
    for (let step = 0; step < largestWindow; step++) {
      const candidate = (sequence + step) >>> 0;
      if (this.has(session, candidate)) return candidate;
    }
    return undefined;
  }

  /** When the packet came that is held under this number. */
  arrival(session: number, sequence: number): number {
    const slot = this.#slots[this.#index(session, sequence)]!;
    return slot === 0 ? Number.POSITIVE_INFINITY : this.#arrivals[slot - 1]!;
  }

  /** Where in memory a held payload lies; -1 when it is not held. */
  locate(session: number, sequence: number): number {
    const slot = this.#slots[this.#index(session, sequence)]!;
    return slot === 0 ? -1 : this.#base + (slot - 1) * slotLength;
  }

  /** Length of a held payload. */
  lengthOf(session: number, sequence: number): number {
    const slot = this.#slots[this.#index(session, sequence)]!;
    return slot === 0 ? 0 : this.#lengths[slot - 1]!;
  }

  /** Copies a held payload to `target`, frees its slot and returns its length; 0 when it is not held. */
  take(session: number, sequence: number, target: number): number {
    const index = this.#index(session, sequence);
    const slot = this.#slots[index]! - 1;
    if (slot < 0) return 0;
    const from = this.#base + slot * slotLength;
    const length = this.#lengths[slot]!;
    this.#memory.copyWithin(target, from, from + length);
    this.#release(session, index, slot);
    return length;
  }

  /** Drops everything the session holds. */
  clear(session: number): void {
    for (let index = session * largestWindow; index < (session + 1) * largestWindow; index++) {
      const slot = this.#slots[index]! - 1;
      if (slot >= 0) this.#release(session, index, slot);
    }
  }

  #release(session: number, index: number, slot: number): void {
    this.#slots[index] = 0;
    this.#held[session]!--;
    this.#heldBytes[session]! -= this.#lengths[slot]!;
    this.#free[this.#freeCount] = slot;
    this.#freeCount++;
  }

  #index(session: number, sequence: number): number {
    return session * largestWindow + (sequence & (largestWindow - 1));
  }
}
