// What was learned of the path to each user at each client address, so that the next session starts from it.
// Pure: the caller gives the time and keeps the text over restarts. Text that comes back is checked line by line.

/** Seven days: lines and routers change, and a wrong value costs only one search more. */
const lifetime = 7 * 24 * 3600 * 1000;
const smallestSize = 576;
const largestSize = 65_535;
/** Namespace, slash and name, as Kubernetes bounds them. */
const longestUser = 63 + 1 + 253;
const format = 1;

interface Entry {
  readonly user: string;
  /** Of the client, as it dialled in. */
  readonly address: number;
  /** Outer bytes. */
  readonly pathMtu: number;
  /** Wall clock, ms since 1970: it has to outlive the process. */
  readonly learnedAt: number;
}

export class PathMtuMemory {
  /** Oldest first: a value learned again moves to the end. */
  readonly #entries = new Map<string, Entry>();
  readonly #capacity: number;
  /** Changes with every entry. */
  revision = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** `time` is wall-clock ms. Only confirmed values are worth learning. */
  learn(user: string, address: number, pathMtu: number, time: number): void {
    this.#keep({ user, address, pathMtu, learnedAt: time });
  }

  recall(user: string, address: number, time: number): number | undefined {
    const entry = this.#entries.get(keyOf(user, address));
    if (entry === undefined || isExpired(entry, time)) return undefined;
    return entry.pathMtu;
  }

  /** Who was last connected from this address, the last one first. */
  usersAt(address: number, time: number): string[] {
    const entries = [...this.#entries.values()].filter(
      (entry) => entry.address === address && !isExpired(entry, time),
    );
    return entries.map(({ user }) => user).reverse();
  }

  /** JSON, for a file. */
  serialise(time: number): string {
    const entries = [...this.#entries.values()].filter((entry) => !isExpired(entry, time));
    return JSON.stringify({ format, entries });
  }

  /** Takes over what `serialise` wrote; anything else is left out. Returns how many entries were taken. */
  restore(text: string, time: number): number {
    const current = parseEntries(text)
      .filter(isEntry)
      .filter((entry) => !isExpired(entry, time));
    const newest = current.sort((one, other) => one.learnedAt - other.learnedAt).slice(-this.#capacity);
    for (const { user, address, pathMtu, learnedAt } of newest)
      this.#keep({ user, address, pathMtu, learnedAt });
    return newest.length;
  }

  #keep(entry: Entry): void {
    const key = keyOf(entry.user, entry.address);
    this.revision++;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#capacity) return;
      this.#entries.delete(oldest);
    }
  }
}

function keyOf(user: string, address: number): string {
  return `${address} ${user}`;
}

/** A clock that was set back must not make a value immortal. */
function isExpired(entry: Entry, time: number): boolean {
  return Math.abs(time - entry.learnedAt) > lifetime;
}

function parseEntries(text: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(text);
    const isOurs = isRecord(parsed) && parsed['format'] === format;
    return isOurs && Array.isArray(parsed['entries']) ? parsed['entries'] : [];
  } catch {
    return [];
  }
}

function isEntry(value: unknown): value is Entry {
  if (!isRecord(value)) return false;
  const { user, address, pathMtu, learnedAt } = value;
  return (
    typeof user === 'string' &&
    user.length <= longestUser &&
    isWithin(address, 0, 0xffffffff) &&
    isWithin(pathMtu, smallestSize, largestSize) &&
    isWithin(learnedAt, 0, Number.MAX_SAFE_INTEGER)
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}
