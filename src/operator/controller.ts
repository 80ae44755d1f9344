// Works off the keys of one queue with a few workers, as long as this process is the leader. A key is only a name: what
// there is to do is read from the caches when its turn comes.
import type { Log } from '../process/log.ts';
import type { Clock } from './clock.ts';
import { ApiError, isConflict } from './kube/api-error.ts';
import { NotLeaderError } from './kube/leader-election.ts';
import type { ControllerMetrics } from './metrics.ts';
import { WorkQueue } from './work-queue.ts';

/** What is left to do for a key: nothing, or to look again after some ms whatever happens. */
export type ReconcileResult = { readonly again?: number };

export interface ControllerOptions {
  readonly name: string;
  readonly workers: number;
  readonly reconcile: (key: string) => Promise<ReconcileResult>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly metrics: ControllerMetrics;
  readonly log: Log;
}

export class Controller {
  readonly #options: ControllerOptions;
  readonly #queue: WorkQueue;
  readonly #running = new Map<string, Promise<void>>();
  readonly #begun = new Map<string, number>();
  #active = false;

  constructor(options: ControllerOptions) {
    this.#options = options;
    const { clock, random, metrics } = options;
    this.#queue = new WorkQueue({ clock, random, ready: () => this.#pump(), observer: metrics });
    const running = () => [...this.#begun.values()].map((began) => clock.now() - began);
    metrics.started(options.workers, running);
  }

  get queue(): Pick<WorkQueue, 'add' | 'addAfter'> {
    return this.#queue;
  }

  /** This process leads: work may be done. What failed while it could not lead is tried at once. */
  start(): void {
    this.#active = true;
    this.#queue.hurry();
    this.#pump();
  }

  /** Takes nothing new and resolves when nothing is under way. Keys are collected all the while. */
  async pause(): Promise<void> {
    this.#active = false;
    await Promise.allSettled(this.#running.values());
  }

  async close(): Promise<void> {
    await this.pause();
    this.#queue.close();
  }

  #pump(): void {
    while (this.#active && this.#running.size < this.#options.workers) {
      const key = this.#queue.take();
      if (key === undefined) return;
      this.#running.set(key, this.#work(key));
    }
  }

  async #work(key: string): Promise<void> {
    const { clock, metrics, reconcile } = this.#options;
    const began = clock.now();
    this.#begun.set(key, began);
    metrics.working(this.#begun.size);
    try {
      const { again } = await reconcile(key);
      this.#queue.forget(key);
      if (again !== undefined) this.#queue.addAfter(key, again);
      metrics.reconciled(again === undefined ? 'success' : 'requeue_after', clock.now() - began);
    } catch (error) {
      this.#failed(key, error);
      metrics.reconciled('error', clock.now() - began, error instanceof TypeError ? 'bug' : undefined);
    }
    this.#running.delete(key);
    this.#begun.delete(key);
    metrics.working(this.#begun.size);
    this.#queue.done(key);
    this.#pump();
  }

  #failed(key: string, error: unknown): void {
    const { name, log } = this.#options;
    const told = error instanceof Error ? error : new Error(String(error));
    // Somebody was faster, or we no longer lead: no news for anyone.
    const isRoutine = isConflict(error) || error instanceof NotLeaderError;
    log[isRoutine ? 'debug' : 'warn'](
      { err: told, controller: name, key },
      `${name} ${key}: ${told.message}`,
    );
    this.#queue.retry(key, error instanceof ApiError ? error.retryAfter : undefined);
  }
}
