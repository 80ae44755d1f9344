// Follows the files that the operator writes: what is sound is brought into force, what is not is reported, and the last
// good configuration goes on serving. What could not be brought into force is tried again.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GatewayConfig } from '../api/gateway-config.ts';
import { readGatewayFiles } from '../api/gateway-files-reading.ts';
import type { GatewayProblem } from '../api/gateway-status.ts';
import type { Log } from '../process/log.ts';
import { startProblem } from './start-problem.ts';

export interface FileConfigurationOptions {
  readonly folder: string;
  readonly node: string;
  readonly apply: (configs: readonly GatewayConfig[]) => Promise<void>;
  readonly log: Log;
}

const RetryTimes = [1_000, 2_000, 5_000, 10_000] as const;

export class FileConfiguration {
  readonly #options: FileConfigurationOptions;
  #hash: string | null = null;
  #problems: readonly GatewayProblem[] = [];
  #retries = 0;
  #retry: NodeJS.Timeout | undefined;
  #loading: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: FileConfigurationOptions) {
    this.#options = options;
  }

  /** Of the files that are in force; null: none yet. */
  get hash(): string | null {
    return this.#hash;
  }

  get problems(): readonly GatewayProblem[] {
    return this.#problems;
  }

  /** What is missing before clients can log in. */
  unready(): string | undefined {
    if (this.#hash !== null) return undefined;
    return this.#problems[0]?.message ?? 'no configuration was loaded yet';
  }

  /** Looks at the files again. Never rejects; one look after the other. */
  load(): Promise<void> {
    this.#loading = this.#loading.then(() => this.#load());
    return this.#loading;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
  }

  async #load(): Promise<void> {
    if (this.#closed) return;
    clearTimeout(this.#retry);
    const result = readGatewayFiles((name) => this.#read(name), this.#options.node);
    if (result.kind === 'config') return await this.#apply(result.config, result.hash);
    if (result.kind === 'incomplete') {
      this.#options.log.debug(result.message);
      if (this.#hash === null) this.#tell({ reason: 'ConfigInvalid', message: result.message });
      return;
    }
    const kept = this.#hash === null ? '' : '; the last good configuration stays in force';
    this.#tell({ reason: 'ConfigInvalid', message: `${result.message}${kept}` });
  }

  async #apply(config: GatewayConfig, hash: string): Promise<void> {
    const { node, log, apply } = this.#options;
    if (config.slice?.length === 0) {
      const message =
        `the node ${node} has no range of addresses yet; the operator gives it one from spec.addressPools, which need ` +
        'at least four addresses for each node: add a pool if this lasts';
      this.#tell({ reason: 'NoAddressSlice', message });
    }
    try {
      await apply([config]);
      if (this.#hash !== hash)
        log.info({ configHash: hash, users: config.users.length }, 'the configuration is in force');
      this.#hash = hash;
      this.#retries = 0;
      if (config.slice?.length !== 0) this.#problems = [];
    } catch (error) {
      this.#hash = null;
      this.#tell(startProblem(error));
      this.#retryLater();
    }
  }

  #retryLater(): void {
    if (this.#closed) return;
    const delay = RetryTimes[Math.min(this.#retries++, RetryTimes.length - 1)];
    this.#retry = setTimeout(() => void this.load(), delay);
  }

  /** Once for each new text: a retry that fails alike is no news. */
  #tell(problem: GatewayProblem): void {
    const isNews = this.#problems[0]?.message !== problem.message;
    this.#problems = [problem];
    if (isNews) this.#options.log.error({ reason: problem.reason }, problem.message);
  }

  #read(name: string): string | undefined {
    try {
      return readFileSync(join(this.#options.folder, name), 'utf8');
    } catch {
      return undefined;
    }
  }
}
