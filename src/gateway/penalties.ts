// Online guessing of passwords: how often a network may fail, how soon a user may be tried again. An attempt that is
// refused here must be answered like a wrong password, or the answer tells a guesser when to come back. Names that no
// user has are treated like any other. Tables are bounded; when one is full, newcomers go unpunished rather than
// everybody locked out.
import { networkOf } from './admission.ts';
import { BoundedTable } from './bounded-table.ts';

const Hour = 3_600_000;

/** A network's failures: ten at once, then ten an hour, so at most 20 in any hour. */
const NetworkBurst = 10;
const NetworkInterval = Hour / 10;

/** The same for one user from a source where that user logged in before: mistyping must not lock an honest user out. */
const AcquaintanceBurst = 5;
const AcquaintanceInterval = Hour / 5;
const AcquaintanceTime = 24 * Hour;

/** A user's failures: three are free, then 1 s, 2 s, 4 s … up to this; at most 60 in any hour from everywhere. */
const FreeFailures = 3;
const FirstDelay = 1_000;
const LongestDelay = 80_000;

const Capacity = 65_536;
/** A VpnUser's name is shorter; what is longer shares its entry with all names that begin alike. */
const LongestName = 64;

export type PenaltyRefusal = 'source_penalised' | 'user_penalised';

interface Acquaintance {
  readonly succeededAt: number;
  /** The time at which the failures since are forgiven. */
  readonly forgivenAt: number;
}

interface UserFailures {
  readonly count: number;
  readonly notBefore: number;
}

export class Penalties {
  /** Monotonic ms at which a network's failures are all forgiven. */
  readonly #networks = new BoundedTable<number, number>({
    capacity: Capacity,
    lifetime: NetworkBurst * NetworkInterval,
    whenFull: 'takeNone',
  });
  readonly #users = new BoundedTable<string, UserFailures>({
    capacity: Capacity,
    lifetime: Hour,
    whenFull: 'takeNone',
  });
  /** Users by source and name who logged in. */
  readonly #acquaintances = new BoundedTable<string, Acquaintance>({
    capacity: Capacity,
    lifetime: AcquaintanceTime,
    whenFull: 'forgetOldest',
  });

  /** May this attempt be judged? `name` as the client sent it, without DOMAIN\. undefined: yes. */
  judge(source: number, name: string, now: number): PenaltyRefusal | undefined {
    const known = this.#acquaintance(source, name, now);
    if (known !== undefined && hasRoom(known.forgivenAt, AcquaintanceBurst, AcquaintanceInterval, now)) {
      return undefined;
    }
    const networkForgivenAt = this.#networks.get(networkOf(source), now) ?? now;
    if (!hasRoom(networkForgivenAt, NetworkBurst, NetworkInterval, now)) return 'source_penalised';
    const user = this.#users.get(keyOf(name), now);
    return user !== undefined && now < user.notBefore ? 'user_penalised' : undefined;
  }

  /** A judged attempt failed, whether or not such a user exists. */
  failed(source: number, name: string, now: number): void {
    const network = networkOf(source);
    const networkForgivenAt = this.#networks.get(network, now) ?? now;
    this.#networks.set(network, Math.max(networkForgivenAt, now) + NetworkInterval, now);
    const count = (this.#users.get(keyOf(name), now)?.count ?? 0) + 1;
    this.#users.set(keyOf(name), { count, notBefore: now + delayAfter(count) }, now);
    const known = this.#acquaintance(source, name, now);
    if (known !== undefined) {
      const forgivenAt = Math.max(known.forgivenAt, now) + AcquaintanceInterval;
      this.#acquaintances.set(pairOf(source, name), { ...known, forgivenAt }, now);
    }
  }

  /** Forgives this source this user's failures, but neither its network nor the user elsewhere. */
  succeeded(source: number, name: string, now: number): void {
    this.#acquaintances.set(pairOf(source, name), { succeededAt: now, forgivenAt: now }, now);
  }

  /** A failure renews the entry but not the acquaintance. */
  #acquaintance(source: number, name: string, now: number): Acquaintance | undefined {
    const known = this.#acquaintances.get(pairOf(source, name), now);
    return known !== undefined && now - known.succeededAt < AcquaintanceTime ? known : undefined;
  }
}

/** A bucket of `burst` failures that drains one an interval, kept as the time at which it will be empty. */
function hasRoom(forgivenAt: number, burst: number, interval: number, now: number): boolean {
  return forgivenAt - now <= (burst - 1) * interval;
}

function delayAfter(count: number): number {
  if (count < FreeFailures) return 0;
  return Math.min(FirstDelay * 2 ** (count - FreeFailures), LongestDelay);
}

function keyOf(name: string): string {
  return name.slice(0, LongestName);
}

function pairOf(source: number, name: string): string {
  return `${source} ${keyOf(name)}`;
}
