// Decides one login: penalties, password, the user's own limits, room on the server, an address. The client learns an
// error code; the log learns why.
import type { GatewayUser } from '../api/gateway-config.ts';
import type { AuthenticationAttempt, Verdict } from '../protocol/ppp/link.ts';
import type { AddressPool } from './address-pool.ts';
import type { Journal } from './journal.ts';
import type { LoginResult } from './metric-labels.ts';
import type { Penalties } from './penalties.ts';
import type { Session } from './session.ts';
import type { Settings } from './settings.ts';
import { type Judgement, type Refusal, type UserTable, userKey } from './user-table.ts';

export interface LoginServices {
  users: UserTable;
  penalties: Penalties;
  addresses: AddressPool;
  journal: Journal;
  settings: () => Settings;
  wallClock: () => number;
  /** Sessions that are authenticated now. */
  sessionCount: () => number;
  /** The user's sessions, oldest first. */
  sessionsOf: (user: GatewayUser) => Session[];
  authenticated: (session: Session, now: number) => void;
}

const refusals: Record<Refusal['reason'], { result: LoginResult; why: string }> = {
  unknown_user: { result: 'bad_credentials', why: 'there is no VpnUser with this username' },
  suspended: { result: 'suspended', why: 'the VpnUser is suspended (spec.suspended)' },
  expired: { result: 'expired', why: 'the VpnUser has expired (spec.expiresAt)' },
  source_not_allowed: {
    result: 'source_not_allowed',
    why: 'this address is not in spec.allowedSources of the VpnUser',
  },
};

const penalised = {
  source_penalised: 'too many wrong passwords came from this network lately; it has to wait',
  user_penalised: 'too many wrong passwords were tried for this name lately; it has to wait',
} as const;

export function judgeLogin(
  services: LoginServices,
  session: Session,
  attempt: AuthenticationAttempt,
  now: number,
): Verdict {
  const { users, penalties } = services;
  const { user, refusal, ...hashes } = users.judge(attempt.name, session.peerAddress, services.wallClock());
  const ntHash = matchingHash(attempt, hashes);
  const penalty = penalties.judge(session.peerAddress, attempt.name, now);
  if (penalty !== undefined)
    return refuse(services, session, attempt, {
      user,
      errorCode: 691,
      result: 'penalized',
      why: penalised[penalty],
    });
  if (ntHash === undefined || user === undefined) {
    penalties.failed(session.peerAddress, attempt.name, now);
    const why = user === undefined ? refusals.unknown_user.why : 'wrong password';
    return refuse(services, session, attempt, { user, errorCode: 691, result: 'bad_credentials', why });
  }
  if (refusal !== undefined)
    return refuse(services, session, attempt, {
      user,
      errorCode: refusal.errorCode,
      ...refusals[refusal.reason],
    });
  return admit(services, session, attempt, { user, ntHash, now });
}

/** Both are compared in any case: how long the answer takes must not tell who exists. */
function matchingHash(
  attempt: AuthenticationAttempt,
  { ntHash, octetsNtHash }: Pick<Judgement, 'ntHash' | 'octetsNtHash'>,
): Uint8Array | undefined {
  const [matches, octetsMatch] = [attempt.matches(ntHash), attempt.matches(octetsNtHash)];
  if (matches) return ntHash;
  return octetsMatch ? octetsNtHash : undefined;
}

interface Reason {
  user: GatewayUser | undefined;
  errorCode: 647 | 648 | 649 | 691 | 930;
  result: LoginResult;
  why: string;
}

function refuse(
  services: LoginServices,
  session: Session,
  attempt: AuthenticationAttempt,
  { user, errorCode, result, why }: Reason,
): Verdict {
  session.refusal = result;
  services.journal.refusedLogin(session, attempt.nameAsSent, { user, result, why });
  return { accepted: false, errorCode, reason: why };
}

/** The password was right. An older session makes way only now (one more login replaces the user's oldest). */
function admit(
  services: LoginServices,
  session: Session,
  attempt: AuthenticationAttempt,
  { user, ntHash, now }: { user: GatewayUser; ntHash: Uint8Array; now: number },
): Verdict {
  const { penalties, addresses, settings, sessionsOf } = services;
  const { gatewayAddress, dns, wins, maximumSessions } = settings();
  penalties.succeeded(session.peerAddress, attempt.name, now);
  if (session.user !== undefined && userKey(session.user) !== userKey(user)) {
    // Its address, destinations and totals are those of the first.
    const why = `the link belongs to ${session.user.name}; another user has to dial again`;
    return refuse(services, session, attempt, { user, errorCode: 649, result: 'other', why });
  }
  const older = sessionsOf(user).filter((other) => other !== session);
  for (const other of older.slice(0, Math.max(0, older.length - user.maxSessions + 1))) {
    other.terminate('replaced', `the same user logged in again from elsewhere`, now);
    other.lost('replaced', 'the same user logged in again', now);
  }
  if (session.user === undefined && services.sessionCount() >= maximumSessions) {
    return refuse(services, session, attempt, {
      user,
      errorCode: 930,
      result: 'too_many_sessions',
      why: `sessions.max is reached: ${maximumSessions}`,
    });
  }
  const address = session.address ?? addresses.lease(userKey(user), now);
  if (address === undefined) {
    return refuse(services, session, attempt, {
      user,
      errorCode: 930,
      result: 'no_address',
      why: 'no address is free in spec.addressPools',
    });
  }
  session.user = user;
  session.address = address;
  services.authenticated(session, now);
  services.journal.authenticated(session, attempt.nameAsSent);
  return { accepted: true, ntHash, network: { address, gatewayAddress, dns, wins } };
}
