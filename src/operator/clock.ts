// Time as the operator's machines see it: a monotonic clock in milliseconds and timers, both replaceable in tests.

export interface Clock {
  /** Monotonic, ms. Also runs on while the process is stopped, which is what fencing needs. */
  now(): number;
  /** Wall clock, ms since 1970: for what is written into objects, never for measuring. */
  wallClock(): number;
  /** Calls `expire` once after `delay` ms; returns what cancels it. */
  after(delay: number, expire: () => void): () => void;
}

/** Node's timers run at once when they are to wait for longer; to look too early does no harm. */
const LongestTimer = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  wallClock: Date.now,
  after(delay, expire) {
    const timer = setTimeout(expire, Math.min(delay, LongestTimer));
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delay` ms, or as soon as the signal fires. */
export function pause(clock: Clock, delay: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const finish = () => {
      cancel();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = clock.after(delay, finish);
    signal.addEventListener('abort', finish);
  });
}
