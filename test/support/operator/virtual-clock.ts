// Time that passes when a test says so. Timers run in order; promises are given room to settle in between.
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../../src/operator/clock.ts';

export class VirtualClock implements Clock {
  #now = 0;
  #timers: { due: number; expire: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  wallClock(): number {
    return Date.UTC(2026, 0, 1) + this.#now;
  }

  after(delay: number, expire: () => void): () => void {
    const timer = { due: this.#now + Math.max(0, delay), expire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  get pending(): number {
    return this.#timers.length;
  }

  /** Lets `time` ms pass, timer by timer. */
  async pass(time: number): Promise<void> {
    const end = this.#now + time;
    await settle();
    for (;;) {
      const next = this.#timers.toSorted((one, other) => one.due - other.due)[0];
      if (next === undefined || next.due > end) break;
      this.#now = Math.max(this.#now, next.due);
      this.#timers = this.#timers.filter((other) => other !== next);
      next.expire();
      await settle();
    }
    this.#now = end;
  }

  /** The process is stopped: time passes, and no timer runs. */
  freeze(time: number): void {
    this.#now += time;
  }
}

/** Promises that wait for nothing but each other are done afterwards. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await setImmediate();
}
