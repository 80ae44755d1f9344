// Which sequence numbers of each session came (GRE-3, GRE-4): the one expected next, and a history of the 256 before it, so
// that a late packet is told from one that came twice. Only facts; what to do about them is decided in datapath/.
import { advance, distance } from './serial.ts';

/** Numbers remembered behind the expected one. */
export const historyLength = 256;
const historyWords = historyLength / 32;

export class ReceiveWindows {
  readonly #learned: Uint8Array;
  readonly #expected: Uint32Array;
  /** The last number that came, among those passed. */
  readonly #last: Uint32Array;
  /** Bit `n & 255` of a session's words is set when number n came. */
  readonly #history: Uint32Array;

  constructor(sessions: number) {
    this.#learned = new Uint8Array(sessions);
    this.#expected = new Uint32Array(sessions);
    this.#last = new Uint32Array(sessions);
    this.#history = new Uint32Array(sessions * historyWords);
  }

  reset(session: number): void {
    this.#learned[session] = 0;
    this.#history.fill(0, session * historyWords, (session + 1) * historyWords);
  }

  hasLearned(session: number): boolean {
    return this.#learned[session] === 1;
  }

  /** Takes `sequence` as the next one expected: the first packet's is as good as any (GRE-3). */
  learn(session: number, sequence: number): void {
    this.reset(session);
    this.#learned[session] = 1;
    this.#expected[session] = sequence;
    this.#last[session] = advance(sequence, -1);
  }

  expected(session: number): number {
    return this.#expected[session]!;
  }

  /** What we acknowledge: one that was given up did not come, and a peer may measure by what we say (GRE-6). */
  last(session: number): number {
    return this.#last[session]!;
  }

  /** How far `sequence` is ahead of the expected one. */
  ahead(session: number, sequence: number): number {
    return distance(sequence, this.#expected[session]!);
  }

  /** The expected number came, or is given up; the next one is expected. */
  pass(session: number, came: 'came' | 'lost'): void {
    const sequence = this.#expected[session]!;
    if (came === 'came') {
      this.mark(session, sequence);
      this.#last[session] = sequence;
    } else this.#history[this.#word(session, sequence)]! &= ~(1 << (sequence & 31));
    this.#expected[session] = advance(sequence, 1);
  }

  /** Gives up all numbers before `sequence`, of which any number may be missing. */
  skipTo(session: number, sequence: number): void {
    const steps = distance(sequence, this.#expected[session]!);
    if (steps >= historyLength) this.learn(session, sequence);
    else for (let step = 0; step < steps; step++) this.pass(session, 'lost');
  }

  /** Whether a number within the history came; false for one outside it. */
  cameBefore(session: number, sequence: number): boolean {
    const behind = -this.ahead(session, sequence);
    if (behind < 1 || behind > historyLength) return false;
    return (this.#history[this.#word(session, sequence)]! & (1 << (sequence & 31))) !== 0;
  }

  /** Remembers that a late number came after all. */
  mark(session: number, sequence: number): void {
    this.#history[this.#word(session, sequence)]! |= 1 << (sequence & 31);
  }

  #word(session: number, sequence: number): number {
    return session * historyWords + ((sequence >>> 5) & (historyWords - 1));
  }
}
