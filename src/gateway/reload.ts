// What a new configuration means for sessions that run. Users come first: their own lists are read with the new rules, and
// whoever may no longer be in goes even when the kernel refuses those rules.
import type { GatewayUser } from '../api/gateway-config.ts';
import type { Lease } from './address-pool.ts';
import type { Session } from './session.ts';
import { followUserChange } from './user-change.ts';
import type { UserTable } from './user-table.ts';

export interface RunningParts {
  readonly users: Pick<UserTable, 'reload'>;
  readonly sessions: { readonly all: Iterable<Session>; ofUser(user: GatewayUser): Session[] };
  /** Firewall, routes, and what sessions may do by the new rules. Throws when the kernel refuses. */
  readonly applyRules: () => void;
  /** Leases that the new pools do not hold. */
  readonly lostLeases: () => readonly Lease[];
}

/** `now` is monotonic, `wallClock` since the epoch, ms. Throws what `applyRules` throws; users have changed then. */
export function carryOver(
  { users, sessions, applyRules, lostLeases }: RunningParts,
  wanted: readonly GatewayUser[],
  { now, wallClock }: { now: number; wallClock: number },
): void {
  for (const { before, after, changes } of users.reload(wanted, wallClock)) {
    for (const session of sessions.ofUser(before)) followUserChange(session, after, changes, now);
  }
  applyRules();
  const lost = new Set(lostLeases().map(({ address }) => address));
  for (const session of sessions.all) {
    if (lost.has(session.address ?? 0))
      session.terminate('administrative', 'its address left spec.addressPools', now);
  }
}
