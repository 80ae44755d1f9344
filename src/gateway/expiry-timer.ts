// The gateway's only timer. Everything with a deadline registers here; one setTimeout is armed to the earliest.

/** What the timer watches: `deadline` in monotonic milliseconds, Infinity when nothing is due. */
export interface Expirable {
  readonly deadline: number;
  expire(now: number): void;
}

/** setTimeout's 32-bit limit, and a bound on how long a wrong deadline could stay unnoticed. */
const LongestWait = 60_000;

export class ExpiryTimer {
  readonly #members = new Set<Expirable>();
  readonly #clock: () => number;
  #armedFor = Number.POSITIVE_INFINITY;
  #timeout: NodeJS.Timeout | undefined;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  add(member: Expirable): void {
    this.#members.add(member);
    this.touch(member);
  }

  delete(member: Expirable): void {
    this.#members.delete(member);
  }

  /** To be called after every input to `member`: its deadline may have come nearer. */
  touch(member: Expirable): void {
    if (member.deadline < this.#armedFor) this.#arm(member.deadline);
  }

  close(): void {
    clearTimeout(this.#timeout);
    this.#members.clear();
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  #arm(deadline: number): void {
    clearTimeout(this.#timeout);
    this.#armedFor = deadline;
    const wait = Math.min(Math.max(deadline - this.#clock(), 1), LongestWait);
    this.#timeout = setTimeout(() => this.#fire(), Math.ceil(wait));
  }

  #fire(): void {
    const now = this.#clock();
    for (const member of this.#members) if (member.deadline <= now) member.expire(now);
    this.#armedFor = Number.POSITIVE_INFINITY;
    let earliest = Number.POSITIVE_INFINITY;
    for (const member of this.#members) earliest = Math.min(earliest, member.deadline);
    if (earliest !== Number.POSITIVE_INFINITY) this.#arm(earliest);
  }
}
