// Why a gateway could not start, in the words that the operator and its users know.
import type { GatewayProblem, GatewayProblemReason } from '../api/gateway-status.ts';

/** What the messages of our own parts look like; the first match counts. */
const signs: readonly (readonly [RegExp, GatewayProblemReason])[] = [
  [/\bTUN\b|\/dev\/net\/tun/, 'TunMissing'],
  [/\bGRE\b/, 'GreRefused'],
  [/:1723 is taken/, 'PortTaken'],
  [/:1723: no interface has this address/, 'ListenAddressMissing'],
  [/netlink|\bRTM_|\bnft\b/, 'NetworkRefused'],
];

export function startProblem(error: unknown): GatewayProblem {
  const message = error instanceof Error ? error.message : String(error);
  const [, reason] = signs.find(([sign]) => sign.test(message)) ?? [undefined, 'StartFailed' as const];
  return { reason, message };
}
