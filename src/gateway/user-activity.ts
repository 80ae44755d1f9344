// What became of each user's calls: when last seen, why last refused. The operator reads it; it is as long as the list
// of users at most, and lost with the process.
import { randomUUID } from 'node:crypto';
import type { GatewayUser } from '../api/gateway-config.ts';
import type { GatewayNotices, NoticeReason, SessionPath, UserActivity } from '../api/gateway-status.ts';
import type { NamespacedName } from '../api/names.ts';
import { parseAddress } from '../protocol/ip/address.ts';
import { CallerGuess, type CallerTraces } from './caller-guess.ts';
import { NoticeLog } from './user-activity-notices.ts';
import { userKey } from './user-table.ts';

/** What one gateway has to say for /v1/status and /v1/users. */
export interface GatewayReport {
  readonly server: NamespacedName;
  readonly sessions: number;
  readonly addresses: { readonly total: number; readonly used: number };
  readonly usedAddresses: readonly string[];
  /** Of every established session. */
  readonly paths: readonly SessionPath[];
  readonly activity: UserActivityLog;
}

type Named = Pick<GatewayUser, 'namespace' | 'name'>;
type Failure = Omit<NonNullable<UserActivity['lastFailure']>, 'time'>;

export interface UserActivityOptions extends Omit<CallerTraces, 'activity'> {
  /** ms since 1970. */
  readonly wallClock: () => number;
}

export class UserActivityLog {
  readonly #wallClock: () => number;
  readonly #process = randomUUID();
  readonly #users = new Map<string, UserActivity>();
  readonly #notices = new NoticeLog(this.#process, () => this.#time());
  readonly #guess: CallerGuess;
  #revision = 0;

  constructor({ wallClock, ...traces }: UserActivityOptions) {
    this.#wallClock = wallClock;
    this.#guess = new CallerGuess({ ...traces, activity: this.#users });
  }

  /** Changes with every change of users(). */
  get revision(): string {
    return `${this.#process}/${this.#revision}`;
  }

  users(): UserActivity[] {
    return [...this.#users.values()];
  }

  opened(user: Named, from: string): void {
    const { sessions } = this.#of(user);
    this.#note(user, { sessions: sessions + 1, lastSeen: { time: this.#time(), from } });
  }

  ended(user: Named, from: string): void {
    const { sessions } = this.#of(user);
    this.#note(user, { sessions: Math.max(0, sessions - 1), lastSeen: { time: this.#time(), from } });
  }

  failed(user: Named, failure: Failure): void {
    this.#note(user, { lastFailure: { time: this.#time(), ...failure } });
  }

  /** Something that people outside should hear once. */
  notice(reason: NoticeReason, message: string, user: Named | undefined): void {
    this.#notices.add(reason, message, user);
  }

  notices(): GatewayNotices {
    return this.#notices.view();
  }

  /** Whose call from this address it may be that never named anyone. */
  whoFrom(from: string): Named | undefined {
    const address = parseAddress(from);
    return address === undefined ? undefined : this.#guess.whoFrom(address);
  }

  /** The paths of all sessions at this moment. */
  measured(paths: readonly SessionPath[]): void {
    const smallest = new Map<string, SessionPath>();
    for (const path of paths) {
      const key = userKey(path.user);
      if (path.tunnelMTU < (smallest.get(key)?.tunnelMTU ?? Number.POSITIVE_INFINITY))
        smallest.set(key, path);
    }
    for (const [key, user] of this.#users) {
      const { tunnelMTU, pathMTU } = smallest.get(key) ?? {};
      if (user.path?.tunnelMTU === tunnelMTU && user.path?.pathMTU === pathMTU) continue;
      const { path: _, ...rest } = user;
      const isKnown = tunnelMTU !== undefined && pathMTU !== undefined;
      this.#users.set(key, isKnown ? { ...rest, path: { tunnelMTU, pathMTU } } : rest);
      this.#revision++;
    }
  }

  /** Forgets everyone else who has no session. */
  keep(users: readonly GatewayUser[]): void {
    this.#guess.setUsers(users);
    const known = new Set(users.map(userKey));
    for (const [key, { sessions }] of this.#users) {
      if (sessions > 0 || known.has(key)) continue;
      this.#users.delete(key);
      this.#revision++;
    }
  }

  #of({ namespace, name }: Named): UserActivity {
    return this.#users.get(userKey({ namespace, name })) ?? { namespace, name, sessions: 0 };
  }

  #note(user: Named, change: Partial<UserActivity>): void {
    this.#users.set(userKey(user), { ...this.#of(user), ...change });
    this.#revision++;
  }

  /** Whole seconds, as Kubernetes writes times. */
  #time(): string {
    return `${new Date(this.#wallClock()).toISOString().slice(0, 19)}Z`;
  }
}
