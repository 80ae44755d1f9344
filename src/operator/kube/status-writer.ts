// Writes a status only when it says something new, and what changes all the time only every now and then.
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.ts';
import type { Cluster } from './cluster.ts';
import type { KubeObject, ObjectKey } from './object.ts';
import { keyOf } from './object.ts';
import type { Resource } from './resource.ts';

export interface StatusChange<Status extends object> {
  readonly object: KubeObject & { status?: Status };
  readonly status: Status;
  /** Fields that may lag behind, such as counts. */
  readonly volatile: readonly (keyof Status)[];
}

export type StatusOutcome = {
  readonly written: boolean /** ms until the rest may be written. */;
  readonly again?: number;
};

/** How far volatile fields may lag, ms. */
const Lag = 2_000;
/** How long the cache may lag behind our own write, ms. */
const CacheLag = 2_000;

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

  constructor(cluster: Cluster, resource: Resource, clock: Clock) {
    this.#cluster = cluster;
    this.#resource = resource;
    this.#clock = clock;
  }

  async write({ object, status, volatile }: StatusChange<Status>): Promise<StatusOutcome> {
    const key = keyOf(object.metadata);
    const now = this.#clock.now();
    const last = this.#written.get(key);
    const ours = last !== undefined && last.uid === object.metadata.uid ? last : undefined;
    const lags =
      ours !== undefined && ours.before === object.metadata.resourceVersion && now - ours.at < CacheLag;
    const known = (lags ? ours.status : (object.status ?? {})) as Status;
    const wanted = plain(status);
    if (isDeepStrictEqual(plain(known), wanted)) return { written: false };
    if (ours !== undefined && now - ours.at < Lag && sameBut(known, status, volatile))
      return { written: false, again: ours.at + Lag - now };
    await this.#cluster.applyStatus(this.#resource, object, wanted);
    const { uid, resourceVersion: before } = object.metadata;
    this.#written.set(key, { uid, status: wanted as object, before, at: now });
    return { written: true };
  }

  forget(key: ObjectKey): void {
    this.#written.delete(key);
  }
}

function sameBut<Status extends object>(
  one: Status,
  other: Status,
  fields: readonly (keyof Status)[],
): boolean {
  const rest = (status: Status) =>
    Object.fromEntries(Object.entries(status).filter(([field]) => !fields.includes(field as keyof Status)));
  return isDeepStrictEqual(plain(rest(one)), plain(rest(other)));
}

/** As it looks after a journey as JSON. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
