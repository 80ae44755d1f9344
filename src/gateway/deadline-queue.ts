// Who is due next, found in logarithmic time: a binary heap of promises. A member may be in it more than once; the entry
// that its latest promise names counts, the others are passed over when they come up, or thrown out when they outnumber the
// rest: each holds on to a member that may be long gone.

interface Entry<Member> {
  readonly member: Member;
  readonly at: number;
}

/** Stale entries that are not worth the work of throwing them out. */
const FewStale = 64;

export class DeadlineQueue<Member> {
  #heap: Entry<Member>[] = [];
  readonly #promised = new Map<Member, number>();

  /** When the first one is due; Infinity when nobody waits. */
  get next(): number {
    this.#dropStale();
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Entries kept, stale ones included: at most twice as many as wait, and a few. */
  get size(): number {
    return this.#heap.length;
  }

  /** The time that `member` waits for; Infinity when it does not. */
  promisedTo(member: Member): number {
    return this.#promised.get(member) ?? Number.POSITIVE_INFINITY;
  }

  /** From now on `member` waits for `at`, whatever it waited for before; Infinity: for nothing. */
  set(member: Member, at: number): void {
    if (at === Number.POSITIVE_INFINITY) this.#promised.delete(member);
    else if (this.#promised.get(member) !== at) {
      this.#promised.set(member, at);
      this.#heap.push({ member, at });
      this.#rise(this.#heap.length - 1);
    }
    if (this.#heap.length > 2 * this.#promised.size + FewStale) this.#throwOutStale();
  }

  /** Takes out the first one whose time has come. */
  takeDue(now: number): Member | undefined {
    this.#dropStale();
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    this.#removeFirst();
    this.#promised.delete(first.member);
    return first.member;
  }

  clear(): void {
    this.#heap.length = 0;
    this.#promised.clear();
  }

  /** What is sorted is a heap. */
  #throwOutStale(): void {
    const entries = Array.from(this.#promised, ([member, at]) => ({ member, at }));
    this.#heap = entries.sort((one, other) => one.at - other.at);
  }

  #dropStale(): void {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (this.#promised.get(first.member) === first.at) return;
      this.#removeFirst();
    }
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink();
  }

  #rise(place: number): void {
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.#heap[parent]!.at <= this.#heap[place]!.at) return;
      this.#swap(place, parent);
      place = parent;
    }
  }

  #sink(): void {
    for (let place = 0; ; ) {
      const [left, right] = [2 * place + 1, 2 * place + 2];
      let least = place;
      if (left < this.#heap.length && this.#heap[left]!.at < this.#heap[least]!.at) least = left;
      if (right < this.#heap.length && this.#heap[right]!.at < this.#heap[least]!.at) least = right;
      if (least === place) return;
      this.#swap(place, least);
      place = least;
    }
  }

  #swap(one: number, other: number): void {
    const entry = this.#heap[one]!;
    this.#heap[one] = this.#heap[other]!;
    this.#heap[other] = entry;
  }
}
