// The users of one gateway: who is meant by a name, whether that user may enter, and what a new configuration changes
// for those who are in. Checks no password: the caller compares the hash it is given, also for a name nobody has.
import type { GatewayUser } from '../api/gateway-config.ts';
import { type Cidr, contains, parseCidr } from '../protocol/ip/address.ts';

/** E= codes of the MS-CHAPv2 Failure (RFC 2759 §6). */
export interface Refusal {
  readonly errorCode: 647 | 648 | 649 | 691;
  readonly reason: 'suspended' | 'expired' | 'source_not_allowed' | 'unknown_user';
}

export interface Judgement {
  readonly user: GatewayUser | undefined;
  /** What the response must match before anything but 691 may be said: a refusal is for those who know the password. */
  readonly ntHash: Uint8Array;
  /** The hash that pppd makes of a password beyond ASCII; for other passwords the same as `ntHash`. */
  readonly octetsNtHash: Uint8Array;
  readonly refusal: Refusal | undefined;
}

export type UserChange =
  | 'removed'
  | 'suspended'
  | 'expired'
  | 'expiry'
  | 'username'
  | 'password'
  | 'address'
  | 'destinations'
  | 'sources'
  | 'maxSessions';

export interface ChangedUser {
  readonly before: GatewayUser;
  /** undefined: removed. */
  readonly after: GatewayUser | undefined;
  readonly changes: readonly UserChange[];
}

interface Entry {
  readonly user: GatewayUser;
  readonly ntHash: Uint8Array;
  readonly octetsNtHash: Uint8Array;
  /** Wall clock, ms since the epoch; Infinity: never. */
  readonly expiresAt: number;
  /** undefined: from anywhere. */
  readonly sources: readonly Cidr[] | undefined;
}

const unknownUser: Refusal = { errorCode: 691, reason: 'unknown_user' };
/** Nobody's: what it is does not matter, since a match is refused all the same. */
const dummyHash = new Uint8Array(16);

/** Names a VpnUser for sessions and leases: unlike the username it cannot be changed. */
export function userKey(user: { readonly namespace: string; readonly name: string }): string {
  return `${user.namespace}/${user.name}`;
}

export class UserTable {
  #byUsername: ReadonlyMap<string, Entry> = new Map();
  #byKey: ReadonlyMap<string, Entry> = new Map();

  constructor(users: readonly GatewayUser[]) {
    this.#load(users);
  }

  /**
   * `name` without DOMAIN\ (CH-3). Names match by exact code points, case included: no Unicode normalisation, because
   * the client hashed the very octets it sent. `wallClock` in ms since the epoch.
   */
  judge(name: string, source: number, wallClock: number): Judgement {
    const entry = this.#byUsername.get(name);
    return {
      user: entry?.user,
      ntHash: entry?.ntHash ?? dummyHash,
      octetsNtHash: entry?.octetsNtHash ?? dummyHash,
      refusal: entry === undefined ? unknownUser : judgeEntry(entry, source, wallClock),
    };
  }

  /** Takes the new users at once and says who of the old ones is concerned, in which way. */
  reload(users: readonly GatewayUser[], wallClock: number): ChangedUser[] {
    const old = this.#byKey;
    this.#load(users);
    const changed: ChangedUser[] = [];
    for (const [key, before] of old) {
      const after = this.#byKey.get(key);
      const changes = after === undefined ? (['removed'] as const) : compare(before, after, wallClock);
      if (changes.length > 0) changed.push({ before: before.user, after: after?.user, changes });
    }
    return changed;
  }

  /** Where two users claim one username, the first keeps it. */
  #load(users: readonly GatewayUser[]): void {
    const byUsername = new Map<string, Entry>();
    const byKey = new Map<string, Entry>();
    for (const user of users) {
      if (byUsername.has(user.username)) continue;
      const entry = compile(user);
      byUsername.set(user.username, entry);
      byKey.set(userKey(user), entry);
    }
    this.#byUsername = byUsername;
    this.#byKey = byKey;
  }
}

function judgeEntry(entry: Entry, source: number, wallClock: number): Refusal | undefined {
  if (entry.user.suspended) return { errorCode: 647, reason: 'suspended' };
  if (wallClock >= entry.expiresAt) return { errorCode: 648, reason: 'expired' };
  if (entry.sources?.some((cidr) => contains(cidr, source)) === false) {
    return { errorCode: 649, reason: 'source_not_allowed' };
  }
  return undefined;
}

/** What cannot be read closes the door: a bad date has passed, a bad CIDR holds nobody. */
function compile(user: GatewayUser): Entry {
  const expiresAt = user.expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(user.expiresAt);
  const sources = user.allowedSources.map(parseCidr).filter((cidr) => cidr !== undefined);
  return {
    user,
    ntHash: bytesOf(user.ntHash),
    octetsNtHash: bytesOf(user.octetsNtHash ?? user.ntHash),
    expiresAt: Number.isNaN(expiresAt) ? Number.NEGATIVE_INFINITY : expiresAt,
    sources: user.allowedSources.length === 0 ? undefined : sources,
  };
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}

function compare(before: Entry, after: Entry, wallClock: number): UserChange[] {
  const [old, now] = [before.user, after.user];
  const facts: readonly (readonly [UserChange, boolean])[] = [
    ['suspended', now.suspended && !old.suspended],
    ['expired', wallClock >= after.expiresAt && after.expiresAt !== before.expiresAt],
    ['expiry', wallClock < after.expiresAt && after.expiresAt !== before.expiresAt],
    ['username', now.username !== old.username],
    ['password', now.ntHash !== old.ntHash || now.octetsNtHash !== old.octetsNtHash],
    ['address', now.address !== old.address],
    ['destinations', !sameSet(now.allowedDestinations, old.allowedDestinations)],
    ['sources', !sameSet(now.allowedSources, old.allowedSources)],
    ['maxSessions', now.maxSessions !== old.maxSessions],
  ];
  return facts.filter(([, isSo]) => isSo).map(([change]) => change);
}

function sameSet(one: readonly string[], other: readonly string[]): boolean {
  const set = new Set(one);
  return set.size === new Set(other).size && other.every((item) => set.has(item));
}
