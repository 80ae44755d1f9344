// What the resolution found out about one object: the reason is the condition's, the rest its message.

import { describe, formatPath, type Path } from './fault.ts';
import type { ObjectReference } from './names.ts';

/** Reasons of a VpnUser's Ready condition, for the reference. No finding says Active: it is the absence of faults. */
export const userReasons = {
  Active: 'The user can log in.',
  Suspended: 'spec.suspended is set.',
  Expired: 'spec.expiresAt is past, or is no time.',
  ServerNotFound: 'spec.serverRef names a VpnServer that does not exist.',
  SecretNotFound: 'The Secret with the password, or the key in it, does not exist.',
  PasswordInvalid: 'The Secret holds no password that a client could send, or no NT hash.',
  UsernameConflict: 'An older VpnUser of the same server has the same name.',
  AddressConflict: 'The fixed address is taken, outside the pools, excluded, or the own one of the server.',
  NotAllowed: 'The server takes no users from the namespace of this one.',
  NotPermitted:
    'The operator may not read Secrets in the namespace; the message has the command that lets it.',
} as const;

export type UserReason = keyof typeof userReasons;

/** Reasons for which a VpnServer is not Ready that follow from other objects. */
export const serverReasons = {
  ListenAddressConflict: 'An older VpnServer takes calls on the same address of the same node.',
  PoolConflict: 'A pool overlaps one of an older VpnServer, or a range of the cluster.',
} as const;

export type ServerReason = keyof typeof serverReasons;

export interface Finding {
  readonly object: ObjectReference;
  readonly reason: UserReason | ServerReason;
  /** 'fault': somebody must correct something. 'state': as it was ordered, such as Suspended. */
  readonly severity: 'fault' | 'state';
  readonly path: Path;
  readonly what: string;
  /** Quoted. */
  readonly value?: string;
  readonly fix: string;
  /** The object that was looked for in vain. */
  readonly missing?: ObjectReference;
}

/** The condition's message: field, what, value and fix on one line. */
export function findingMessage(finding: Finding): string {
  return `${formatPath(finding.path)}: ${describe(finding)}`;
}
