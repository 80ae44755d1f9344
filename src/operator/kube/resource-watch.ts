// One kind of object as far as the operator may and wants to see it: all namespaces, or some of them, which come and go.
import type { Log } from '../../process/log.ts';
import type { Clock } from '../clock.ts';
import type { ApiClient } from './api-client.ts';
import { isForbidden } from './api-error.ts';
import { Cache } from './cache.ts';
import type { KubeObject } from './object.ts';
import { Reflector } from './reflector.ts';
import type { Resource } from './resource.ts';

export interface WatchServices {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

export interface WatchOptions<Kept extends KubeObject> {
  readonly resource: Resource;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** What is kept of an object; default: all but who set which field. */
  readonly keep?: (object: Kept) => Kept;
}

/** A namespace, or everything. */
export type Scope = string | undefined;
export type ScopeState = 'synced' | 'waiting' | 'forbidden';

interface Follower<Kept extends KubeObject> {
  readonly reflector: Reflector<Kept>;
  readonly stop: AbortController;
  readonly stopped: Promise<void>;
}

export class ResourceWatch<Kept extends KubeObject> {
  readonly cache: Cache<Kept>;
  readonly resource: Resource;
  readonly #services: WatchServices;
  readonly #options: WatchOptions<Kept>;
  readonly #followers = new Map<Scope, Follower<Kept>>();

  constructor(services: WatchServices, options: WatchOptions<Kept>) {
    this.#services = services;
    this.#options = options;
    this.resource = options.resource;
    this.cache = new Cache((error, key) =>
      services.log.error(
        { err: error, key },
        `a change of ${options.resource.kind} ${key} could not be followed`,
      ),
    );
  }

  /** Harmless for a scope that is followed already. */
  follow(scope: Scope): void {
    if (this.#followers.has(scope)) return;
    const stop = new AbortController();
    const { resource, fieldSelector, labelSelector, keep = withoutManagedFields } = this.#options;
    const reflector = new Reflector<Kept>({
      ...this.#services,
      resource,
      namespace: scope,
      fieldSelector,
      labelSelector,
      keep,
      cache: this.cache,
    });
    this.#followers.set(scope, { reflector, stop, stopped: reflector.run(stop.signal) });
  }

  leave(scope: Scope): void {
    const follower = this.#followers.get(scope);
    if (follower === undefined) return;
    this.#followers.delete(scope);
    follower.stop.abort();
    follower.reflector.forget();
  }

  get scopes(): Scope[] {
    return [...this.#followers.keys()];
  }

  /** 'forbidden' only while nothing was ever seen: what was seen stays valid when a right is lost. */
  state(scope: Scope): ScopeState {
    const reflector = this.#followers.get(scope)?.reflector;
    if (reflector?.hasSynced) return 'synced';
    return isForbidden(reflector?.failure) ? 'forbidden' : 'waiting';
  }

  /** Why it cannot be seen, in the words of the API server. */
  refusal(scope: Scope): string | undefined {
    const { failure, hasSynced = false } = this.#followers.get(scope)?.reflector ?? {};
    return !hasSynced && isForbidden(failure) ? failure?.message : undefined;
  }

  /** Monotonic time of the reflector that was silent longest; Infinity when there is none. */
  get oldestSign(): number {
    return Math.min(...[...this.#followers.values()].map(({ reflector }) => reflector.lastSign));
  }

  async close(): Promise<void> {
    for (const { stop } of this.#followers.values()) stop.abort();
    await Promise.all([...this.#followers.values()].map(({ stopped }) => stopped));
  }
}

function withoutManagedFields<Kept extends KubeObject>(object: Kept): Kept {
  return { ...object, metadata: { ...object.metadata, managedFields: undefined } };
}
