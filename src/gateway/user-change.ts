// What a changed VpnUser means for its session: some changes end it, the rest is picked up.
import type { GatewayUser } from '../api/gateway-config.ts';
import type { LinkDownReason } from '../protocol/ppp/link-output.ts';
import type { Session } from './session.ts';
import type { UserChange } from './user-table.ts';

/** Changes that nobody may outlive, in the order in which they explain an end best. */
const endings: readonly (readonly [UserChange, LinkDownReason, string])[] = [
  ['removed', 'user_removed', 'its VpnUser was deleted'],
  ['suspended', 'suspended', 'its VpnUser was suspended'],
  ['expired', 'expired', 'its VpnUser expired'],
  ['password', 'user_changed', 'its password was changed'],
  ['username', 'user_changed', 'its username was changed'],
  ['address', 'user_changed', 'its fixed address was changed'],
];

/** `after` undefined: the user is gone. */
export function followUserChange(
  session: Session,
  after: GatewayUser | undefined,
  changes: readonly UserChange[],
  now: number,
): void {
  const ending = endings.find(([change]) => changes.includes(change));
  if (ending === undefined) session.user = after;
  else session.terminate(ending[1], ending[2], now);
}
