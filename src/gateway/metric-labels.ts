// The closed sets behind the metrics' labels. A label never carries what a peer sent: its values are names of
// configured objects, addresses of live sessions, or words of these lists.
import { constants } from 'node:os';
import type { LinkDownReason } from '../protocol/ppp/link-output.ts';

/** `reason` of vpn_session_ends_total: why a session that had an address ended. */
export const sessionEndReasons = {
  peer_terminated: 'The client hung up.',
  call_cleared: 'The client cleared the call on the control connection.',
  control_closed: 'The TCP control connection broke or was closed.',
  control_timeout: 'The client no longer answered on the control connection.',
  keepalive_timeout: 'Three LCP Echo-Requests in a row went unanswered.',
  idle_timeout: 'Nothing was sent for sessions.idleTimeout.',
  session_timeout: 'sessions.maxDuration is over.',
  replaced: 'The same user logged in again.',
  suspended: 'The VpnUser was suspended.',
  expired: 'The VpnUser passed its expiresAt.',
  user_removed: 'The VpnUser was deleted.',
  user_changed: 'The VpnUser or its password was changed in a way that the session cannot follow.',
  administrative: 'The administrator ended it.',
  shutdown: 'The gateway stopped.',
  fault: 'The gateway made a mistake of its own: the log has the stack; please report it.',
  authentication_failed: 'The client logged in anew on the same link, with a wrong name or password.',
  authentication_refused: 'The client began anew on the same link and would not use MS-CHAPv2.',
  authentication_timeout: 'The client began anew on the same link and did not answer the challenge in time.',
  encryption_refused: 'The client began anew on the same link and would not encrypt as the policy requires.',
  negotiation_failed: 'LCP, CCP or IPCP began anew and found no agreement.',
  loopback: 'Our own packets came back.',
  mppe_desync: 'The keys of the two sides no longer matched, and nothing could bring them together.',
  no_address: 'Its address is no longer in any pool.',
  no_gre: 'GRE packets stopped coming while the control connection worked.',
  other: 'Anything else.',
} as const satisfies Record<LinkDownReason | 'other', string>;
export type SessionEndReason = keyof typeof sessionEndReasons;

/** `result` of vpn_logins_total: success, or what kept a call from becoming a session. */
export const loginResults = {
  success: 'The user was authenticated and got an address; IP may flow.',
  bad_credentials: 'Unknown user or wrong password; the two are not told apart.',
  suspended: 'The VpnUser is suspended.',
  expired: 'The VpnUser is past its expiresAt.',
  source_not_allowed: "The client's address is outside the user's allowedSources.",
  no_address: 'No address was free in the pools.',
  too_many_sessions: "The server's sessions.max is reached.",
  penalized: 'Too many wrong passwords came from this source or for this user; it has to wait.',
  authentication_refused: 'The client would not use MS-CHAPv2.',
  authentication_timeout: 'The client did not answer the challenge in time.',
  encryption_refused: 'The client would not encrypt as the policy requires.',
  negotiation_failed: 'LCP, CCP or IPCP found no agreement.',
  no_gre: 'The control connection worked, but no GRE packet came, or none of ours arrived.',
  peer_terminated: 'The client hung up before it was logged in.',
  call_cleared: 'The client cleared the call before it was logged in.',
  control_closed: 'The TCP control connection was closed before the login was done.',
  control_timeout: 'The client no longer answered on the control connection.',
  keepalive_timeout: 'The client no longer answered LCP Echo-Requests.',
  loopback: 'Our own packets came back.',
  shutdown: 'The gateway stopped.',
  other: 'Anything else.',
} as const;
export type LoginResult = keyof typeof loginResults;

/** `operation` of vpn_host_errors_total: what the gateway wanted from the kernel. */
export const hostOperations = {
  gre_send: 'Sending GRE packets.',
  gre_receive: 'Receiving GRE packets.',
  gre_errors: "Reading the GRE socket's error queue.",
  tun_read: 'Reading packets from the TUN device.',
  tun_write: 'Writing packets to the TUN device.',
  netlink: 'Setting links, addresses and routes.',
  firewall: 'Setting the packet filter.',
  poll: 'Waiting for packets.',
  accept: 'Accepting control connections.',
  other: 'Anything else.',
} as const;
export type HostOperation = keyof typeof hostOperations;

/** `state` of vpn_addresses. */
export const addressStates = {
  used: 'Given to a session.',
  free: 'Given to nobody; for a minute after a session only its own user may get it.',
} as const;

/** `source` of vpn_collect_errors_total. */
export const collectSources = {
  sessions: 'The list of sessions.',
  addresses: 'The address pools.',
  discards: 'The GRE discard counters.',
  render: 'Writing a metric out.',
} as const;
export type CollectSource = keyof typeof collectSources;

/** The word itself when the set knows it, else 'other': a label stays closed even if its caller is wrong. */
export function closed<Word extends string>(
  set: Readonly<Record<Word, string>>,
  word: string,
): Word | 'other' {
  return Object.hasOwn(set, word) ? (word as Word) : 'other';
}

/** An errno's name as this system knows it, else 'OTHER'. */
export function closedErrno(name: string): string {
  return Object.hasOwn(constants.errno, name) ? name : 'OTHER';
}
