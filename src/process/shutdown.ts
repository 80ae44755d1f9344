// SIGTERM and SIGINT: one orderly stop, bounded in time. A second signal does not wait.
import type { EventEmitter } from 'node:events';

const stopSignals = ['SIGTERM', 'SIGINT'] as const;

export interface ShutdownOptions {
  /** Undoes everything the process made. Called at most once. */
  close: () => Promise<void>;
  /** How long close() may take, in milliseconds. */
  limit: number;
  log: { info(message: string): void; error(message: string): void };
  /** Stand-ins for `process` and `process.exit` in tests. */
  signals?: EventEmitter;
  exit?: (code: number) => void;
}

/**
 * From now on the first SIGTERM or SIGINT runs close() and exits with 0; a close() that fails or takes longer than
 * the limit exits with 1, and so does a second signal, at once. Returns a function that stops listening.
 */
export function closeOnSignals(options: ShutdownOptions): () => void {
  const signals = options.signals ?? process;
  const exit = options.exit ?? ((code: number) => process.exit(code));
  let stopping = false;
  const onSignal = (signal: string) => {
    if (stopping) {
      options.log.error(`${signal} again: exit without waiting for the clean-up`);
      exit(1);
      return;
    }
    stopping = true;
    options.log.info(`${signal}: stopping`);
    void closeWithin(options).then(exit);
  };
  for (const signal of stopSignals) signals.on(signal, onSignal);
  return () => {
    for (const signal of stopSignals) signals.off(signal, onSignal);
  };
}

async function closeWithin(options: ShutdownOptions): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${options.limit / 1000} s`)), options.limit);
  });
  try {
    await Promise.race([options.close(), overdue]);
    return 0;
  } catch (error) {
    options.log.error(`the clean-up failed: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    clearTimeout(timer);
  }
}
