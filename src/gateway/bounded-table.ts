// A map that cannot grow without limit: entries expire a fixed time after they were last set, and a full table either
// forgets its oldest entry or takes no new one. Everything that strangers can fill is kept in one of these.

export interface BoundedTableOptions {
  readonly capacity: number;
  /** Ms from an entry's last set() to its end. */
  readonly lifetime: number;
  readonly whenFull: 'forgetOldest' | 'takeNone';
}

interface Entry<Value> {
  readonly value: Value;
  readonly expiresAt: number;
}

export class BoundedTable<Key, Value> {
  readonly #options: BoundedTableOptions;
  /** In the order of their expiry: set() puts its entry last, and all live equally long. */
  readonly #entries = new Map<Key, Entry<Value>>();

  constructor(options: BoundedTableOptions) {
    this.#options = options;
  }

  /** Entries kept, expired ones that nobody asked for included. */
  get size(): number {
    return this.#entries.size;
  }

  get(key: Key, now: number): Value | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && now < entry.expiresAt ? entry.value : undefined;
  }

  /** Does nothing when the table is full and takes none. */
  set(key: Key, value: Value, now: number): void {
    this.#entries.delete(key);
    this.#forgetExpired(now);
    if (this.#entries.size >= this.#options.capacity) {
      if (this.#options.whenFull === 'takeNone') return;
      this.#forgetOldest();
    }
    this.#entries.set(key, { value, expiresAt: now + this.#options.lifetime });
  }

  delete(key: Key): void {
    this.#entries.delete(key);
  }

  #forgetExpired(now: number): void {
    for (const [key, entry] of this.#entries) {
      if (now < entry.expiresAt) return;
      this.#entries.delete(key);
    }
  }

  #forgetOldest(): void {
    for (const key of this.#entries.keys()) {
      this.#entries.delete(key);
      return;
    }
  }
}
