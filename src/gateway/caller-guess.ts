// Whose call may it be that never came as far as a name? The best guess from where it came: who logged in from there last,
// or the only one who may dial from there. A guess, good enough to tell somebody; nothing is decided by it.
import type { GatewayUser } from '../api/gateway-config.ts';
import type { UserActivity } from '../api/gateway-status.ts';
import { type Cidr, contains, formatAddress, parseCidr } from '../protocol/ip/address.ts';
import { userKey } from './user-table.ts';

export interface CallerTraces {
  readonly users: readonly GatewayUser[];
  /** By userKey. */
  readonly activity: ReadonlyMap<string, UserActivity>;
  /** Keys of users who were once connected from the address, the last one first: outlives the process. */
  readonly remembered: (address: number) => readonly string[];
}

export class CallerGuess {
  readonly #traces: Omit<CallerTraces, 'users'>;
  #users: ReadonlyMap<string, GatewayUser> = new Map();
  #bound: readonly { readonly key: string; readonly sources: readonly Cidr[] }[] = [];

  constructor({ users, ...traces }: CallerTraces) {
    this.#traces = traces;
    this.setUsers(users);
  }

  setUsers(users: readonly GatewayUser[]): void {
    this.#users = new Map(users.map((user) => [userKey(user), user]));
    this.#bound = users
      .filter(({ allowedSources }) => allowedSources.length > 0)
      .map((user) => ({
        key: userKey(user),
        sources: user.allowedSources.map(parseCidr).filter((cidr) => cidr !== undefined),
      }));
  }

  /** Undefined: nobody, or too many. Who is connected already is not the one who tries. */
  whoFrom(address: number): GatewayUser | undefined {
    const isFree = (key: string) => (this.#traces.activity.get(key)?.sessions ?? 0) === 0;
    const key = this.#lastFrom(address, isFree) ?? this.#onlyOneAllowedFrom(address, isFree);
    return key === undefined ? undefined : this.#users.get(key);
  }

  #lastFrom(address: number, isFree: (key: string) => boolean): string | undefined {
    const from = formatAddress(address);
    let last: { key: string; time: string } | undefined;
    for (const [key, { lastSeen }] of this.#traces.activity) {
      if (lastSeen?.from !== from || !isFree(key) || !this.#users.has(key)) continue;
      if (last === undefined || lastSeen.time >= last.time) last = { key, time: lastSeen.time };
    }
    const known = (key: string) => this.#users.has(key) && isFree(key);
    return last?.key ?? this.#traces.remembered(address).find(known);
  }

  #onlyOneAllowedFrom(address: number, isFree: (key: string) => boolean): string | undefined {
    const able = this.#bound.filter(
      ({ key, sources }) => sources.some((cidr) => contains(cidr, address)) && isFree(key),
    );
    return able.length === 1 ? able[0]?.key : undefined;
  }
}
