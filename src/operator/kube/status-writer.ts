// Writes a status only when it says something new, and what changes all the time only every now and then.
import { isDeepStrictEqual } from 'node:util';
import { Allowance } from '../allowance.ts';
import type { Clock } from '../clock.ts';
import type { Cluster } from './cluster.ts';
import type { KubeObject, ObjectKey } from './object.ts';
import { keyOf } from './object.ts';
import type { Resource } from './resource.ts';

export interface StatusChange<Status extends object> {
  readonly object: KubeObject & { status?: Status };
  readonly status: Status;
  /** The status without what may lag behind, such as counts. */
  readonly steadyPart: (status: Status) => object;
}

export type StatusOutcome = {
  readonly written: boolean /** ms until the rest may be written. */;
  readonly again?: number;
};

/** How far volatile fields may lag, ms. */
const Lag = 2_000;
/** How long the cache may lag behind our own write, ms. */
const CacheLag = 2_000;

/** Of writes that only catch up: clients make as many calls as they like, and the API server must not feel it. */
const LagAllowance = { burst: 500, perSecond: 50 };

interface Written {
  readonly uid: string | undefined;
  readonly status: object;
  readonly before: string | undefined;
  readonly at: number;
}

export class StatusWriter<Status extends object> {
  readonly #cluster: Cluster;
  readonly #resource: Resource;
  readonly #clock: Clock;
  readonly #written = new Map<ObjectKey, Written>();
  readonly #allowance = new Allowance(LagAllowance);

  constructor(cluster: Cluster, resource: Resource, clock: Clock) {
    this.#cluster = cluster;
    this.#resource = resource;
    this.#clock = clock;
  }

  async write({ object, status, steadyPart }: StatusChange<Status>): Promise<StatusOutcome> {
    const key = keyOf(object.metadata);
    const now = this.#clock.now();
    const last = this.#written.get(key);
    const ours = last !== undefined && last.uid === object.metadata.uid ? last : undefined;
    const lags =
      ours !== undefined && ours.before === object.metadata.resourceVersion && now - ours.at < CacheLag;
    const known = (lags ? ours.status : (object.status ?? {})) as Status;
    const wanted = plain(status);
    if (isDeepStrictEqual(plain(known), wanted)) return { written: false };
    if (isDeepStrictEqual(plain(steadyPart(known)), plain(steadyPart(status)))) {
      const wait = Math.max(ours === undefined ? 0 : ours.at + Lag - now, this.#allowance.wait(now));
      if (wait > 0) return { written: false, again: wait };
      this.#allowance.take(now);
    }
    await this.#cluster.applyStatus(this.#resource, object, wanted);
    const { uid, resourceVersion: before } = object.metadata;
    this.#written.set(key, { uid, status: wanted as object, before, at: now });
    return { written: true };
  }

  forget(key: ObjectKey): void {
    this.#written.delete(key);
  }
}

/** As it looks after a journey as JSON. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
