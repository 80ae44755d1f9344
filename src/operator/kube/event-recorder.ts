// Tells people what happened, as events.k8s.io/v1: `kubectl describe` and `kubectl events` show them. The same thing again
// within some minutes becomes a series on the first Event. What cannot be told is logged: it never stops the work.
import { randomUUID } from 'node:crypto';
import type { Log } from '../../process/log.ts';
import type { Clock } from '../clock.ts';
import { isConflict, isForbidden, isInvalid, isNotFound } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import type { KubeObject } from './object.ts';
import { events } from './resource.ts';

export interface Happening {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  /** What we did or tried, in UpperCamelCase. */
  readonly action: string;
  readonly note: string;
}

interface Series {
  readonly name: string;
  readonly namespace: string;
  count: number;
  last: number;
}

const controllerName = 'vpn-operator.dev/operator';
/** Bytes. */
const LongestNote = 1024;
const LongestNamePart = 200;
/** client-go's: a repetition after this time is a new Event. */
const SeriesTime = 6 * 60_000;
/** A repetition within this time is our own stutter, not news. */
const StutterTime = 5_000;
const MostSeries = 4096;

export class EventRecorder {
  readonly #cluster: Cluster;
  readonly #clock: Clock;
  readonly #instance: string;
  readonly #log: Log;
  readonly #series = new Map<string, Series>();

  constructor(parts: { cluster: Cluster; clock: Clock; instance: string; log: Log }) {
    this.#cluster = parts.cluster;
    this.#clock = parts.clock;
    this.#instance = parts.instance;
    this.#log = parts.log;
  }

  /**
   * Never rejects. Resolves to whether that is settled: told, now or before, or refused for good. With an `id` it is told
   * once only, also when an earlier process did: the id becomes part of the Event's name.
   */
  async record(
    object: KubeObject,
    { id, ...happening }: Happening & { readonly id?: string },
  ): Promise<boolean> {
    const key = JSON.stringify([object.kind, object.metadata.uid, happening]);
    try {
      const known = this.#series.get(key);
      const now = this.#clock.now();
      if (known !== undefined && now - known.last < StutterTime) return true;
      const goesOn = known !== undefined && now - known.last < SeriesTime;
      if (goesOn && (await this.#repeat(known, now))) return true;
      await this.#begin(key, object, happening, { now, id });
      return true;
    } catch (error) {
      if (isConflict(error)) return true;
      this.#log.warn({ err: error }, `an Event could not be written: ${(error as Error).message}`);
      return isForbidden(error) || isInvalid(error) || isNotFound(error);
    }
  }

  async #begin(
    key: string,
    object: KubeObject,
    happening: Happening,
    { now, id }: { now: number; id: string | undefined },
  ): Promise<void> {
    const { namespace = 'default' } = object.metadata;
    // A name has 253 characters at most, and the object's own may have as many. Its parts begin and end with letters or digits.
    const about = object.metadata.name.slice(0, LongestNamePart).replace(/[-.]+$/, '');
    const name = `${about}.${id ?? randomUUID().slice(0, 13)}`;
    this.#remember(key, { name, namespace, count: 1, last: now });
    const { apiVersion, kind, metadata } = object;
    const { uid, resourceVersion } = metadata;
    const event = {
      apiVersion: events.apiVersion,
      kind: events.kind,
      metadata: { name, namespace },
      eventTime: this.#timestamp(),
      reportingController: controllerName,
      reportingInstance: this.#instance,
      regarding: { apiVersion, kind, namespace, name: metadata.name, uid, resourceVersion },
      ...happening,
      note: upTo(LongestNote, happening.note),
    } as KubeObject;
    await this.#cluster.create(events, event).catch((error: unknown) => {
      // Not a repetition when it comes again. With a conflict it is there already.
      if (!isConflict(error)) this.#series.delete(key);
      throw error;
    });
  }

  /** False: the cluster forgot the first one, as it does after an hour or so. */
  async #repeat(series: Series, now: number): Promise<boolean> {
    series.count += 1;
    series.last = now;
    const change = { series: { count: series.count, lastObservedTime: this.#timestamp() } };
    try {
      await this.#cluster.patch(events, series, change);
      return true;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return false;
    }
  }

  #remember(key: string, series: Series): void {
    const [oldest] = this.#series.keys();
    if (this.#series.size >= MostSeries && oldest !== undefined) this.#series.delete(oldest);
    this.#series.set(key, series);
  }

  #timestamp(): string {
    return new Date(this.#clock.wallClock()).toISOString().replace('Z', '000Z');
  }
}

/** The beginning of `text`, whole characters of `limit` bytes at most. */
function upTo(limit: number, text: string): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(limit));
  return text.slice(0, read);
}
