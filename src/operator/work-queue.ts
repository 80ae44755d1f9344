// Keys that wait to be worked on: each at most once, however often it was added, and never twice at the same time. A key
// added while it is being worked on comes again afterwards. The semantics are those of client-go's workqueue.
import type { Clock } from './clock.ts';
import { Backoff } from './kube/backoff.ts';

export interface QueueObserver {
  added(): void;
  /** Milliseconds that a key waited. */
  taken(waited: number): void;
  retried(): void;
  depth(count: number): void;
}

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** A key can be taken. */
  readonly ready: () => void;
  readonly observer?: QueueObserver;
}

const Retry = { first: 50, longest: 30_000 };

export class WorkQueue {
  readonly #options: WorkQueueOptions;
  /** In the order of their coming, with the time since which they wait. */
  readonly #waiting = new Map<string, number>();
  readonly #working = new Set<string>();
  readonly #again = new Set<string>();
  readonly #later = new Map<string, { due: number; cancel: () => void }>();
  readonly #failures = new Map<string, Backoff>();

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** Keys that can be taken now. */
  get size(): number {
    return this.#waiting.size;
  }

  add(key: string): void {
    if (this.#working.has(key)) {
      this.#again.add(key);
      return;
    }
    if (this.#waiting.has(key)) return;
    this.#waiting.set(key, this.#options.clock.now());
    this.#options.observer?.added();
    this.#options.observer?.depth(this.#waiting.size);
    this.#options.ready();
  }

  /** The earlier of two dates counts. */
  addAfter(key: string, delay: number): void {
    if (delay <= 0) {
      this.add(key);
      return;
    }
    const { clock } = this.#options;
    const due = clock.now() + delay;
    const pending = this.#later.get(key);
    if (pending !== undefined && pending.due <= due) return;
    pending?.cancel();
    const cancel = clock.after(delay, () => {
      this.#later.delete(key);
      this.add(key);
    });
    this.#later.set(key, { due, cancel });
  }

  /** After a failure: later from time to time. */
  retry(key: string, atLeast?: number): void {
    const backoff = this.#failures.get(key) ?? new Backoff({ ...Retry, random: this.#options.random });
    this.#failures.set(key, backoff);
    this.#options.observer?.retried();
    this.addAfter(key, backoff.next(atLeast));
  }

  /** What waited for its time need not wait any more. */
  hurry(): void {
    for (const [key, { cancel }] of [...this.#later]) {
      cancel();
      this.#later.delete(key);
      this.add(key);
    }
  }

  /** After a success: the next failure is the first again. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** The key that waits longest; done() must follow. */
  take(): string | undefined {
    for (const [key, since] of this.#waiting) {
      this.#waiting.delete(key);
      this.#working.add(key);
      this.#options.observer?.taken(this.#options.clock.now() - since);
      this.#options.observer?.depth(this.#waiting.size);
      return key;
    }
    return undefined;
  }

  done(key: string): void {
    this.#working.delete(key);
    if (this.#again.delete(key)) this.add(key);
  }

  /** Nothing comes by itself any more. */
  close(): void {
    for (const { cancel } of this.#later.values()) cancel();
    this.#later.clear();
    this.#waiting.clear();
  }
}
