// Telling the sender of a packet with DF that the tunnel is narrower (RFC 1191 §4): about one that comes too large, and, when
// the tunnel turned out to be narrower than thought, about one that was sent and got lost.
import { writeFragmentationNeeded } from '../ip/icmp.ts';
import { takeToken } from '../ip/token-bucket.ts';
import { place } from './counters.ts';
import { isFromDeafSender } from './deaf-senders.ts';
import { findLarger, forgetLarge, keptLength } from './last-large.ts';
import { slotStride } from './memory-layout.ts';
import { count, type DataPathState } from './state.ts';

const { fragmentation_needed, icmp_limited, fragmentationNeededSent } = place;

/** ICMP errors a second to the senders of one session's packets, and how many at once. */
const errorRate = 10;
const errorBurst = 10;

/** A full bucket for a new session. */
export function resetErrorTokens(state: DataPathState, session: number): void {
  state.errorTokens[2 * session] = errorBurst;
  state.errorTokens[2 * session + 1] = 0;
}

/** Drops the packet at `offset`; its sender is told the size that fits, within a limit. False when a list is full. */
export function reportTooLarge(
  state: DataPathState,
  session: number,
  offset: number,
  mtu: number,
  now: number,
): boolean {
  const { tunOut } = state.layout;
  if (tunOut.count >= tunOut.capacity) return false;
  const isAllowed = takeToken(state.errorTokens, 2 * session, now, errorRate, errorBurst);
  const isTold = isAllowed && tellSender(state, session, state.bytes, offset, mtu);
  count(state, session, isTold ? fragmentation_needed : icmp_limited);
  return true;
}

/** The tunnel takes `mtu` bytes, less than before: the last large packet is lost, and its sender need not wait to learn why. */
export function reportLost(state: DataPathState, session: number, mtu: number): void {
  const { layout, lastLarge, deafSenders } = state;
  const { headers, times } = lastLarge;
  const offset = findLarger(lastLarge, session, mtu);
  if (offset < 0 || layout.tunOut.count >= layout.tunOut.capacity) return;
  tellSender(state, session, headers, offset, mtu, keptLength);
  // Should it come again as large, its sender does not hear us.
  isFromDeafSender(deafSenders, headers, offset, times[session]!);
  forgetLarge(lastLarge, session);
}

/** False when nothing may be said about that packet. */
function tellSender(
  state: DataPathState,
  session: number,
  packet: Uint8Array,
  offset: number,
  mtu: number,
  quotedAtMost?: number,
): boolean {
  const { bytes, sessions, layout } = state;
  const { tunOut, tunOutSlots } = layout;
  const target = tunOutSlots + tunOut.count * slotStride;
  const source = sessions.errorSources[session]!;
  const length = writeFragmentationNeeded(bytes, target, packet, offset, source, mtu, quotedAtMost);
  if (length === 0) return false;
  tunOut.offsets[tunOut.count] = target;
  tunOut.lengths[tunOut.count] = length;
  tunOut.errnos[tunOut.count] = 0;
  tunOut.count++;
  count(state, session, fragmentationNeededSent);
  return true;
}
