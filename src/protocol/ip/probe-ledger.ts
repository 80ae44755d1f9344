// What became of each probe of a session: for the metrics, and to know an answer that comes after its search had ended.

export class ProbeLedger {
  /** A probe is lost when the next search begins; refused ones are lost too. The rest of `sent` is under way. */
  readonly counts = { sent: 0, echoed: 0, acknowledged: 0, lost: 0 };
  readonly #awaited = new Set<number>();
  /** Sizes that earlier searches asked for in vain. */
  readonly #late = new Set<number>();

  sent(sizes: readonly number[]): void {
    this.counts.sent += sizes.length;
    for (const size of sizes) this.#awaited.add(size);
  }

  /** Whether it was asked for and not answered before: its echo and an acknowledgment may both come, the first counts. */
  answered(size: number, proof: 'echo' | 'acknowledgment'): boolean {
    const wasLate = this.#late.delete(size);
    if (!this.#awaited.delete(size)) return wasLate;
    this.counts[proof === 'echo' ? 'echoed' : 'acknowledged']++;
    return true;
  }

  /** The next search begins. */
  giveUp(): void {
    const { sent, echoed, acknowledged } = this.counts;
    this.counts.lost = sent - echoed - acknowledged;
    for (const size of this.#awaited) this.#late.add(size);
    this.#awaited.clear();
  }
}
