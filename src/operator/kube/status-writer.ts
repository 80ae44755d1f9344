// Writes a status only when it says something new, and what changes all the time only every now and then.
import { isDeepStrictEqual } from 'node:util';
import { Allowance } from '../allowance.ts';
import type { Clock } from '../clock.ts';
import { isInvalid } from './api-error.ts';
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
  readonly after: string | undefined;
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
    const now = this.#clock.now();
    const wanted = plain(status);
    const last = this.#lastOf(object);
    const known = this.#knownOf(object, last, now);
    if (isDeepStrictEqual(plain(known), wanted)) return { written: false };
    // What others added beside ours stays theirs: it must not make us write for ever.
    const isAsWritten = last !== undefined && last.after === object.metadata.resourceVersion;
    if (isAsWritten && isDeepStrictEqual(last.status, wanted)) return { written: false };
    if (isDeepStrictEqual(plain(steadyPart(known)), plain(steadyPart(status)))) {
      const sinceLast = last === undefined ? Number.POSITIVE_INFINITY : now - last.at;
      const wait = Math.max(Lag - sinceLast, this.#allowance.wait(now));
      if (wait > 0) return { written: false, again: wait };
      this.#allowance.take(now);
    }
    const after = await this.#apply(object as WithStatus, wanted as JsonObject);
    const { uid, resourceVersion: before } = object.metadata;
    this.#written.set(keyOf(object.metadata), { uid, status: wanted as object, before, after, at: now });
    return { written: true };
  }

  /** Resolves to the version that came of it. */
  async #apply(object: WithStatus, wanted: JsonObject): Promise<string | undefined> {
    const applied = await this.#tryApply(object, wanted);
    const { metadata, status = {} } = applied ?? object;
    const { conditions, ...rest } = mergePatchFor(status, wanted);
    // Conditions are a common good; all else that an apply leaves is somebody's edit.
    const repair =
      applied === undefined && conditions !== undefined ? withForeign(status, wanted, rest) : rest;
    const { namespace = '', name, resourceVersion } = metadata;
    if (Object.keys(repair).length === 0) return resourceVersion;
    const place = { namespace, name, subresource: 'status' } as const;
    const change = { metadata: { resourceVersion }, status: repair };
    return (await this.#cluster.patch(this.#resource, place, change)).metadata.resourceVersion;
  }

  /** undefined: a list that others wrote to, too, cannot be emptied by an apply; the API server makes it null and refuses that. */
  async #tryApply(object: KubeObject, wanted: JsonObject): Promise<WithStatus | undefined> {
    try {
      return await this.#cluster.applyStatus<WithStatus>(this.#resource, object, wanted);
    } catch (error) {
      if (!isInvalid(error)) throw error;
      return undefined;
    }
  }

  forget(key: ObjectKey): void {
    this.#written.delete(key);
  }

  /** Our last write, unless it was to an earlier object of this name. */
  #lastOf({ metadata }: KubeObject): Written | undefined {
    const last = this.#written.get(keyOf(metadata));
    return last?.uid === metadata.uid ? last : undefined;
  }

  /** What the object says, or what we wrote when the cache does not show it yet. */
  #knownOf(
    { metadata, status }: KubeObject & { status?: Status },
    last: Written | undefined,
    now: number,
  ): Status {
    const lags = last !== undefined && last.before === metadata.resourceVersion && now - last.at < CacheLag;
    return (lags ? last.status : (status ?? {})) as Status;
  }
}

type JsonObject = Record<string, unknown>;
type WithStatus = KubeObject & { status?: JsonObject };

/** RFC 7396: what makes `found` into `wanted`. */
function mergePatchFor(found: JsonObject, wanted: JsonObject): JsonObject {
  const names = new Set([...Object.keys(found), ...Object.keys(wanted)]);
  const changes = [...names].flatMap((name): [string, unknown][] => {
    const [before, after] = [found[name], wanted[name]];
    if (isDeepStrictEqual(before, after) || (isEmpty(before) && isEmpty(after))) return [];
    if (isJsonObject(before) && isJsonObject(after)) return [[name, mergePatchFor(before, after)]];
    return [[name, after ?? null]];
  });
  return Object.fromEntries(changes);
}

/** Nobody can tell an empty list from none. */
function isEmpty(value: unknown): boolean {
  return (
    value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)
  );
}

/** Lists are replaced as a whole: conditions of types that are not ours come along. */
function withForeign(found: JsonObject, wanted: JsonObject, rest: JsonObject): JsonObject {
  const typesOf = (status: JsonObject) => (status['conditions'] ?? []) as { type: string }[];
  const own = new Set(typesOf(wanted).map(({ type }) => type));
  const foreign = typesOf(found).filter(({ type }) => !own.has(type));
  return { ...rest, conditions: [...typesOf(wanted), ...foreign] };
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** As it looks after a journey as JSON. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
