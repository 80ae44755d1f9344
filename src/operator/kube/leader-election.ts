// Only one operator acts: the holder of a Lease (coordination.k8s.io/v1), with the semantics of client-go's leader
// election. Times are measured on our own monotonic clock; what others wrote into the Lease only tells that they live.
import type { Log } from '../../process/log.ts';
import { type Clock, pause } from '../clock.ts';
import type { ApiClient } from './api-client.ts';
import { isConflict, isNotFound } from './api-error.ts';
import type { KubeObject } from './object.ts';
import { leases, pathOf } from './resource.ts';

/** A write was about to happen that only the leader may do. */
export class NotLeaderError extends Error {
  constructor() {
    super('this process is not the leader');
    this.name = 'NotLeaderError';
  }
}

export interface LeaseTimes {
  /** How long a silent holder is respected, ms. Whole seconds: the Lease states them. */
  readonly duration: number;
  /** A holder that could not renew for so long stops; less than `duration`. */
  readonly renewDeadline: number;
  readonly renewEvery: number;
  /** How often the others look. */
  readonly lookEvery: number;
}

/** Someone new leads at most `duration` + 2 looks after the holder died. */
export const leaseTimes: LeaseTimes = {
  duration: 4_000,
  renewDeadline: 3_000,
  renewEvery: 1_000,
  lookEvery: 500,
};

export interface LeaderElectionOptions {
  readonly client: ApiClient;
  readonly namespace: string;
  readonly name: string;
  /** Different for every process, also for two on one host. */
  readonly identity: string;
  readonly clock: Clock;
  readonly times?: LeaseTimes;
  readonly log: Log;
  readonly started: () => void;
  /** Resolves when nothing is under way any more. */
  readonly stopped: () => Promise<void>;
}

export interface LeaseSpec {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: string;
  renewTime?: string;
  leaseTransitions?: number;
}

interface Lease extends KubeObject {
  spec?: LeaseSpec;
}

export class LeaderElection {
  readonly #options: LeaderElectionOptions;
  readonly #times: LeaseTimes;
  /** The last state of somebody else's Lease, and since when it has been so. */
  #observed: { version: string; since: number } | undefined;
  /** Start of the last renewal that succeeded; undefined: not the leader. */
  #renewed: number | undefined;
  #trouble: string | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#times = options.times ?? leaseTimes;
  }

  /** False as soon as the deadline has passed, whether or not anyone has noticed: the fence before every write. */
  get isLeader(): boolean {
    return (
      this.#renewed !== undefined && this.#options.clock.now() - this.#renewed < this.#times.renewDeadline
    );
  }

  /** Leads and follows in turn until the signal fires; then gives the Lease back at once. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, started, stopped } = this.#options;
    while (!signal.aborted) {
      if (!(await this.#attempt(signal))) {
        await pause(clock, this.#times.lookEvery, signal);
        continue;
      }
      log.info({ identity: this.#options.identity }, 'leading');
      started();
      await this.#hold(signal);
      const mayRelease = this.isLeader;
      await stopped();
      if (signal.aborted && mayRelease && this.isLeader) await this.#release();
      this.#renewed = undefined;
      if (!signal.aborted) log.warn('no longer leading: the Lease could not be renewed in time');
    }
  }

  async #hold(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted && this.isLeader) {
      await pause(clock, this.#times.renewEvery, signal);
      if (signal.aborted) return;
      await this.#attempt(signal);
    }
  }

  /** Takes or renews the Lease; false when that failed or somebody else has it. */
  async #attempt(signal: AbortSignal): Promise<boolean> {
    const began = this.#options.clock.now();
    try {
      const lease = await this.#read(signal);
      const next = lease === undefined ? this.#firstSpec() : this.#nextSpec(lease);
      this.#trouble = undefined;
      if (next === undefined) {
        // Taken from us, by whoever may write Leases: from now on he leads.
        this.#renewed = undefined;
        return false;
      }
      await this.#write(lease, next, signal);
      this.#renewed = began;
      return true;
    } catch (error) {
      if (!isConflict(error) && !signal.aborted) this.#tell(error as Error);
      return false;
    }
  }

  /** Said once for each cause: it is tried twice a second. */
  #tell(error: Error): void {
    const { log } = this.#options;
    log[error.message === this.#trouble ? 'debug' : 'warn'](
      { err: error },
      `leader election: ${error.message}`,
    );
    this.#trouble = error.message;
  }

  #firstSpec(): LeaseSpec {
    const time = this.#timestamp();
    return { ...this.#ownSpec(time), acquireTime: time, leaseTransitions: 0 };
  }

  /** undefined: somebody else has it and is alive as far as we can tell. */
  #nextSpec(lease: Lease): LeaseSpec | undefined {
    const spec = lease.spec ?? {};
    const time = this.#timestamp();
    const { identity } = this.#options;
    if (spec.holderIdentity === identity) return { ...spec, ...this.#ownSpec(time) };
    if (spec.holderIdentity && !this.#isExpired(lease)) return undefined;
    const leaseTransitions = (spec.leaseTransitions ?? 0) + 1;
    return { ...this.#ownSpec(time), acquireTime: time, leaseTransitions };
  }

  #isExpired(lease: Lease): boolean {
    const now = this.#options.clock.now();
    const version = lease.metadata.resourceVersion ?? '';
    if (this.#observed?.version !== version) this.#observed = { version, since: now };
    // The holder's own word counts when it asks for more time than we would give.
    const granted = Math.max(this.#times.duration, (lease.spec?.leaseDurationSeconds ?? 0) * 1000);
    return now - this.#observed.since >= granted;
  }

  #ownSpec(renewTime: string): LeaseSpec {
    const leaseDurationSeconds = Math.round(this.#times.duration / 1000);
    return { holderIdentity: this.#options.identity, leaseDurationSeconds, renewTime };
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    const { client, namespace, name } = this.#options;
    const path = pathOf(leases, { namespace, name });
    try {
      return await client.send<Lease>({ method: 'GET', path, signal, timeout: this.#times.renewDeadline });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** The resource version makes sure that nobody wrote in between. */
  async #write(lease: Lease | undefined, spec: LeaseSpec, signal?: AbortSignal): Promise<void> {
    const { client, namespace, name } = this.#options;
    const { apiVersion, kind } = leases;
    const place = lease === undefined ? { namespace } : { namespace, name };
    await client.send({
      method: lease === undefined ? 'POST' : 'PUT',
      path: pathOf(leases, place),
      query: { fieldManager: 'vpn-operator' },
      body: { apiVersion, kind, metadata: lease?.metadata ?? { namespace, name }, spec },
      timeout: this.#times.renewDeadline,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** An empty holder lets the next one in at its next look. */
  async #release(): Promise<void> {
    const { log, identity } = this.#options;
    try {
      const lease = await this.#read(AbortSignal.timeout(this.#times.renewDeadline));
      if (lease?.spec?.holderIdentity !== identity) return;
      await this.#write(lease, { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1 });
    } catch (error) {
      log.warn({ err: error }, `the Lease could not be given back: ${(error as Error).message}`);
    }
  }

  /** Lease times have microseconds. */
  #timestamp(): string {
    return new Date(this.#options.clock.wallClock()).toISOString().replace('Z', '000Z');
  }
}
