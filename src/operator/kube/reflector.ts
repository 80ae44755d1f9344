// Keeps a cache in step with one collection of the API server for ever: lists in pages, watches with bookmarks, and
// begins again after whatever goes wrong. client-node's informer stops for good at a 500 or a reset connection.
import type { Log } from '../../process/log.ts';
import { type Clock, pause } from '../clock.ts';
import type { ApiClient } from './api-client.ts';
import { ApiError, isForbidden, isGone } from './api-error.ts';
import { Backoff } from './backoff.ts';
import type { Cache } from './cache.ts';
import { type KubeObject, keyOf, type ObjectKey } from './object.ts';
import { pathOf, type Resource } from './resource.ts';
import { type WatchEvent, watchEvents } from './watch-stream.ts';

export interface ReflectorOptions<Kept extends KubeObject> {
  readonly client: ApiClient;
  readonly resource: Resource;
  /** undefined: all namespaces. */
  readonly namespace?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly cache: Cache<Kept>;
  /** What is kept of an object. */
  readonly keep: (object: Kept) => Kept;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

const PageSize = 500;
/** The server ends a watch after this time plus up to as much again, s. */
const WatchTime = 300;
/** Bookmarks come about once a minute; a watch that is silent for longer is dead, ms. */
const SilenceLimit = 180_000;
const Retry = { first: 500, longest: 20_000 };
/** A server that does not answer at all is not troubled by being asked, ms. */
const LongestWithoutAnswer = 3_000;
/** A right that was refused is seldom granted within seconds, ms. */
const RetryForbidden = 15_000;
/** A watch that ends sooner has to wait like a failed one, ms. */
const ShortWatch = 1_000;

export class Reflector<Kept extends KubeObject> {
  readonly #options: ReflectorOptions<Kept>;
  readonly #backoff: Backoff;
  /** What this reflector put into the cache, which others fill too. */
  #keys = new Set<ObjectKey>();
  #version: string | undefined;
  #hasSynced = false;
  #failure: ApiError | undefined;
  #lastSign: number;

  constructor(options: ReflectorOptions<Kept>) {
    this.#options = options;
    this.#backoff = new Backoff({ ...Retry, random: options.random });
    this.#lastSign = options.clock.now();
  }

  /** The whole collection was in the cache at some time. It stays there while the server is away. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Why the last try failed; undefined while all is well. */
  get failure(): ApiError | undefined {
    return this.#failure;
  }

  /** Monotonic time of the last data, answer or try. A reflector that works shows one every few minutes. */
  get lastSign(): number {
    return this.#lastSign;
  }

  /** Runs until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      const began = clock.now();
      try {
        if (this.#version === undefined) await this.#list(signal);
        await this.#watch(signal);
        this.#failure = undefined;
        if (clock.now() - began < ShortWatch) await pause(clock, this.#backoff.next(), signal);
      } catch (error) {
        if (!signal.aborted) await this.#recover(error, signal);
      }
      this.#lastSign = clock.now();
    }
  }

  /** What it put into the cache is gone for us, too. */
  forget(): void {
    for (const key of this.#keys) this.#options.cache.set(key, undefined);
    this.#keys.clear();
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, log, resource, namespace } = this.#options;
    const failure =
      error instanceof ApiError ? error : new ApiError({ status: 0, reason: 'Bug', message: String(error) });
    // An expired version is everyday life; everything else is worth a line.
    if (isGone(failure)) this.#version = undefined;
    else {
      const where = `${resource.plural}${namespace === undefined ? '' : ` in ${namespace}`}`;
      // Said once for each cause, however often it is tried.
      const isNews = this.#failure?.message !== failure.message;
      log[isNews ? 'warn' : 'debug'](
        { err: failure, reason: failure.reason },
        `watching ${where}: ${failure.message}`,
      );
    }
    // An answer after silence is progress, even if it is a refusal: a server that starts says "not yet" for a moment.
    if (this.#failure?.status === 0 && failure.status !== 0) this.#backoff.reset();
    this.#failure = failure;
    const atLeast = isForbidden(failure) ? RetryForbidden : failure.retryAfter;
    const wait = this.#backoff.next(atLeast);
    await pause(clock, failure.status === 0 ? Math.min(wait, LongestWithoutAnswer) : wait, signal);
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, resource, namespace, fieldSelector, labelSelector } = this.#options;
    const seen = new Set<ObjectKey>();
    const query = { fieldSelector, labelSelector, limit: PageSize };
    let next: string | undefined;
    let version: string | undefined;
    do {
      const page: ListAnswer<Kept> = await client.send({
        method: 'GET',
        path: pathOf(resource, { namespace }),
        query: { ...query, continue: next },
        signal,
      });
      this.#lastSign = this.#options.clock.now();
      // Objects in lists lack both.
      for (const item of page.items ?? []) seen.add(this.#store({ ...item, ...typeOf(resource) }));
      next = page.metadata.continue === '' ? undefined : page.metadata.continue;
      version = page.metadata.resourceVersion;
    } while (next !== undefined);
    for (const key of this.#keys) if (!seen.has(key)) this.#options.cache.set(key, undefined);
    this.#keys = seen;
    this.#version = version;
    this.#succeeded();
    this.#hasSynced = true;
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { client, resource, namespace, fieldSelector, labelSelector, clock, random } = this.#options;
    const seconds = Math.round(WatchTime * (1 + random()));
    const response = await client.stream({
      method: 'GET',
      path: pathOf(resource, { namespace }),
      query: {
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: this.#version,
        timeoutSeconds: seconds,
        fieldSelector,
        labelSelector,
      },
      signal,
    });
    this.#succeeded();
    let silence = () => {};
    const listenOn = () => {
      silence();
      this.#lastSign = clock.now();
      silence = clock.after(SilenceLimit, () => response.destroy(new Error('silent for too long')));
    };
    try {
      listenOn();
      for await (const event of watchEvents(response)) {
        listenOn();
        this.#follow(event);
        this.#backoff.reset();
      }
    } finally {
      silence();
      response.destroy();
    }
  }

  #follow(event: WatchEvent): void {
    if (event.type === 'ERROR') {
      const { code = 0, reason = '', message = '' } = event.object;
      throw new ApiError({ status: code, reason, message: `the watch was ended: ${message}` });
    }
    const { metadata } = event.object;
    this.#version = metadata.resourceVersion ?? this.#version;
    if (event.type === 'BOOKMARK') return;
    if (event.type === 'DELETED') {
      const key = keyOf(metadata);
      this.#keys.delete(key);
      this.#options.cache.set(key, undefined);
    } else this.#store(event.object as Kept);
  }

  #store(object: Kept): ObjectKey {
    const key = keyOf(object.metadata);
    // Also of a list that breaks off half-way: the next one must know whom to miss.
    this.#keys.add(key);
    this.#options.cache.set(key, this.#options.keep(object));
    return key;
  }

  /** A short watch keeps its backoff: only an event proves that the next one will do better. */
  #succeeded(): void {
    this.#failure = undefined;
    this.#lastSign = this.#options.clock.now();
  }
}

interface ListAnswer<Kept> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items?: readonly Kept[] | null;
}

function typeOf({ apiVersion, kind }: Resource): { apiVersion: string; kind: string } {
  return { apiVersion, kind };
}
