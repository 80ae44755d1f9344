// Makes an object as we want it, and writes only when it is not so: at rest nothing is written. What the API server
// shows differently from what was sent (0.5 CPU becomes 500m) is written once, not for ever.
import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Cluster } from './cluster.ts';
import { covers } from './covers.ts';
import type { KubeObject, ObjectKey } from './object.ts';
import { keyOf } from './object.ts';
import type { Resource } from './resource.ts';

/** How long the cache may lag behind our own write before it is believed again, ms. */
const CacheLag = 2_000;

interface Applied {
  readonly wanted: string;
  /** What the cache showed when we wrote, and what came of it. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly at: number;
}

export class Applier {
  readonly #cluster: Cluster;
  readonly #clock: Clock;
  readonly #applied = new Map<string, Applied>();

  constructor(cluster: Cluster, clock: Clock) {
    this.#cluster = cluster;
    this.#clock = clock;
  }

  /** `live`: what the cache shows. Resolves to whether something was written. */
  async ensure(resource: Resource, wanted: KubeObject, live: KubeObject | undefined): Promise<boolean> {
    if (live !== undefined && covers(live, wanted)) return false;
    const key = `${resource.plural} ${keyOf(wanted.metadata)}`;
    const digest = digestOf(wanted);
    if (this.#isSettled(this.#applied.get(key), digest, live)) return false;
    let result = await this.#cluster.apply(resource, wanted);
    // Items that somebody added to our lists survive an apply.
    if (!covers(result, wanted) && covers(result, withoutLists(wanted)))
      result = await this.#replace(resource, wanted, result);
    this.#applied.set(key, {
      wanted: digest,
      before: live?.metadata.resourceVersion,
      after: result.metadata.resourceVersion,
      at: this.#clock.now(),
    });
    return true;
  }

  /** The object was deleted: what was written to it is void. */
  forget(resource: Resource, key: ObjectKey): void {
    this.#applied.delete(`${resource.plural} ${key}`);
  }

  #isSettled(applied: Applied | undefined, wanted: string, live: KubeObject | undefined): boolean {
    if (applied === undefined || applied.wanted !== wanted) return false;
    const version = live?.metadata.resourceVersion;
    if (version !== undefined && version === applied.after) return true;
    return version === applied.before && this.#clock.now() - applied.at < CacheLag;
  }

  async #replace(resource: Resource, wanted: KubeObject, found: KubeObject): Promise<KubeObject> {
    const { resourceVersion, uid } = found.metadata;
    const metadata = { ...wanted.metadata, ...(uid && resourceVersion ? { resourceVersion, uid } : {}) };
    return await this.#cluster.replace(resource, { ...wanted, metadata });
  }
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64');
}

/** Scalars only: whether all else is as wanted. */
function withoutLists(value: unknown): unknown {
  if (Array.isArray(value)) return undefined;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, withoutLists(child)]));
}
