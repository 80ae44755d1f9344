// What the resolution found out about one object: the reason is the condition's, the rest its message.

import { describe, formatPath, type Path } from './fault.ts';
import type { ObjectReference } from './names.ts';

/** Reasons of a VpnUser's Ready condition. Active is the absence of every other. */
export type UserReason =
  | 'Suspended'
  | 'Expired'
  | 'ServerNotFound'
  | 'SecretNotFound'
  | 'PasswordInvalid'
  | 'UsernameConflict'
  | 'AddressConflict'
  | 'NotAllowed';

export type ServerReason = 'ListenAddressConflict' | 'PoolConflict';

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
