// The gateway's only timer. Everything with a deadline registers here; one setTimeout is armed to the earliest.
import { DeadlineQueue } from './deadline-queue.ts';

/** What the timer watches: `deadline` in monotonic milliseconds, Infinity when nothing is due. */
export interface Expirable {
  readonly deadline: number;
  expire(now: number): void;
}

/** setTimeout's 32-bit limit, and a bound on how long a wrong deadline could stay unnoticed. */
const LongestWait = 60_000;
/** Once in this time, when something is due anyway, all members are asked: somebody may have forgotten to touch one. */
const AskAllEvery = 500;

export class ExpiryTimer {
  readonly #members = new Set<Expirable>();
  readonly #queue = new DeadlineQueue<Expirable>();
  readonly #clock: () => number;
  #armedFor = Number.POSITIVE_INFINITY;
  #askedAllAt = Number.NEGATIVE_INFINITY;
  #timeout: NodeJS.Timeout | undefined;
  #whenExpired: () => void = () => {};

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** What is to be done after members had their turn: what they left to send must not wait for the next packet. */
  whenExpired(action: () => void): void {
    this.#whenExpired = action;
  }

  add(member: Expirable): void {
    this.#members.add(member);
    this.touch(member);
  }

  delete(member: Expirable): void {
    this.#members.delete(member);
    this.#queue.set(member, Number.POSITIVE_INFINITY);
  }

  /** To be called after every input to `member`: its deadline may have come nearer. One that went away costs nothing. */
  touch(member: Expirable): void {
    const { deadline } = member;
    if (!this.#members.has(member) || deadline >= this.#queue.promisedTo(member)) return;
    this.#queue.set(member, deadline);
    if (deadline < this.#armedFor) this.#arm(deadline);
  }

  close(): void {
    clearTimeout(this.#timeout);
    this.#members.clear();
    this.#queue.clear();
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
    if (now >= this.#askedAllAt + AskAllEvery) {
      this.#askedAllAt = now;
      for (const member of this.#members) this.#queue.set(member, member.deadline);
    }
    for (const member of this.#takeDue(now)) {
      if (!this.#members.has(member)) continue;
      if (member.deadline <= now) member.expire(now);
      if (this.#members.has(member)) this.#queue.set(member, member.deadline);
    }
    this.#whenExpired();
    this.#armedFor = Number.POSITIVE_INFINITY;
    const { next } = this.#queue;
    if (next !== Number.POSITIVE_INFINITY) this.#arm(next);
  }

  /** Those whose turn it is now; who is still or again due afterwards waits for the next turn. */
  #takeDue(now: number): Expirable[] {
    const due: Expirable[] = [];
    for (let next = this.#queue.takeDue(now); next !== undefined; next = this.#queue.takeDue(now))
      due.push(next);
    return due;
  }
}
