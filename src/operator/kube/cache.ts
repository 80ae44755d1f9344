// The last known state of one kind of object, filled by reflectors. Whoever listens gets both the old and the new
// object; one who throws harms neither the cache nor the others.
import type { KubeObject, ObjectKey } from './object.ts';

export interface Change<Kept> {
  readonly key: ObjectKey;
  /** undefined: the object is new. */
  readonly before: Kept | undefined;
  /** undefined: the object is gone. */
  readonly after: Kept | undefined;
}

export type Listener<Kept> = (change: Change<Kept>) => void;

export class Cache<Kept extends KubeObject> {
  readonly #objects = new Map<ObjectKey, Kept>();
  readonly #listeners: Listener<Kept>[] = [];
  readonly #listenerFailed: (error: unknown, key: ObjectKey) => void;

  constructor(listenerFailed: (error: unknown, key: ObjectKey) => void) {
    this.#listenerFailed = listenerFailed;
  }

  listen(listener: Listener<Kept>): void {
    this.#listeners.push(listener);
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): Kept | undefined {
    return this.#objects.get(key);
  }

  all(): Kept[] {
    return [...this.#objects.values()];
  }

  /** `object` undefined: it is gone. Tells nobody when the version is the one already known. */
  set(key: ObjectKey, object: Kept | undefined): void {
    const before = this.#objects.get(key);
    if (object === undefined) {
      if (!this.#objects.delete(key)) return;
    } else {
      if (before !== undefined && sameVersion(before, object)) return;
      this.#objects.set(key, object);
    }
    for (const listener of this.#listeners) {
      try {
        listener({ key, before, after: object });
      } catch (error) {
        this.#listenerFailed(error, key);
      }
    }
  }
}

function sameVersion(one: KubeObject, other: KubeObject): boolean {
  return (
    one.metadata.uid === other.metadata.uid && one.metadata.resourceVersion === other.metadata.resourceVersion
  );
}
