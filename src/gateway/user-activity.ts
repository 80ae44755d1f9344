// What became of each user's calls: when last seen, why last refused. The operator reads it; it is as long as the list
// of users at most, and lost with the process.
import { randomUUID } from 'node:crypto';
import type { GatewayUser } from '../api/gateway-config.ts';
import type { UserActivity } from '../api/gateway-status.ts';
import type { NamespacedName } from '../api/names.ts';
import { userKey } from './user-table.ts';

/** What one gateway has to say for /v1/status and /v1/users. */
export interface GatewayReport {
  readonly server: NamespacedName;
  readonly sessions: number;
  readonly addresses: { readonly total: number; readonly used: number };
  readonly usedAddresses: readonly string[];
  readonly activity: UserActivityLog;
}

type Named = Pick<GatewayUser, 'namespace' | 'name'>;
type Failure = Omit<NonNullable<UserActivity['lastFailure']>, 'time'>;

export class UserActivityLog {
  readonly #wallClock: () => number;
  readonly #process = randomUUID();
  readonly #users = new Map<string, UserActivity>();
  #revision = 0;
  #blackHoles = 0;
  #indeterminate = 0;

  constructor(wallClock: () => number) {
    this.#wallClock = wallClock;
  }

  /** Changes with every change of users(). */
  get revision(): string {
    return `${this.#process}/${this.#revision}`;
  }

  /** Paths since the start that swallowed large packets in silence, and those that nobody could measure. */
  get pathMTU(): { blackHoles: number; indeterminate: number } {
    return { blackHoles: this.#blackHoles, indeterminate: this.#indeterminate };
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

  blackHole(): void {
    this.#blackHoles++;
  }

  indeterminate(): void {
    this.#indeterminate++;
  }

  /** Forgets everyone else who has no session. */
  keep(users: readonly Named[]): void {
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
