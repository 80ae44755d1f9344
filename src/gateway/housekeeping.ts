// Once a second: session limits, users that expired, addresses the node gained or lost.
import type { Expirable } from './expiry-timer.ts';

const Interval = 1_000;

export class Housekeeping implements Expirable {
  readonly #tasks: readonly ((now: number) => void)[];
  deadline: number;

  constructor(now: number, tasks: readonly ((now: number) => void)[]) {
    this.deadline = now + Interval;
    this.#tasks = tasks;
  }

  expire(now: number): void {
    this.deadline = now + Interval;
    for (const task of this.#tasks) task(now);
  }
}
