// One packet of the TUN on its way to a peer: found by its destination, fitted into the tunnel (MSS clamp, inner
// fragmentation, or word to its sender), encrypted where it lies, and sent.
import { write16 } from '../bytes/big-endian.ts';
import { fragmentCount, writeFragment } from '../ip/fragment.ts';
import { writeFragmentationNeeded } from '../ip/icmp.ts';
import {
  at,
  destinationOf,
  dontFragmentFlag,
  headerFault,
  isDontFragment,
  read16,
  totalLength,
  writeHeaderChecksum,
} from '../ip/ipv4.ts';
import { clearOverhead, mppeOverhead } from '../ip/overhead.ts';
import { clampMss, mssFor } from '../ip/tcp-mss.ts';
import { takeToken } from '../ip/token-bucket.ts';
import { place } from './counters.ts';
import { giveIdentification, isFromDeafSender } from './deaf-senders.ts';
import { hasGreRoom, nextGreSlot, sendFrame } from './gre-transmit.ts';
import { slotStride } from './memory-layout.ts';
import { protocolIpv4, protocolMppe } from './ppp-header.ts';
import { count, type DataPathState } from './state.ts';

const {
  gate_closed_to_client,
  clampedSyns,
  sentPackets,
  sentBytes,
  fragmentedPackets,
  fragmentsSent,
  fragmentation_needed,
  icmp_limited,
  unfragmentable,
  fragmentationNeededSent,
} = place;

/** The protocol under MPPE, and its two octets. */
const mppeLength = 4;
/** ICMP errors a second to the senders of one session's packets, and how many at once. */
const errorRate = 10;
const errorBurst = 10;

/** The packet of `length` bytes at `offset`, with headroom before it. False, and nothing happened, when a list is full. */
export function receiveTunPacket(state: DataPathState, offset: number, length: number, now: number): boolean {
  const { bytes, sessions, tunDiscarded } = state;
  if (headerFault(bytes, offset, length) !== undefined) {
    tunDiscarded.malformed++;
    return true;
  }
  const session = sessions.findAddress(destinationOf(bytes, offset));
  if (session < 0) {
    tunDiscarded.no_session++;
    return true;
  }
  if (!isOpenForIp(state, session)) {
    count(state, session, gate_closed_to_client);
    return true;
  }
  const total = totalLength(bytes, offset);
  const mtu = sessions.tunnelMtus[session]!;
  if (total > mtu) return receiveTooLarge(state, session, offset, mtu, now);
  if (!hasGreRoom(state, 1)) return false;
  clamp(state, session, offset, total);
  sendPacket(state, session, offset, total, now);
  count(state, session, sentPackets);
  count(state, session, sentBytes, total);
  return true;
}

/** The gate is open, and nothing would leave in clear that must not (CCP-10). */
function isOpenForIp(state: DataPathState, session: number): boolean {
  const { gate, requireEncryption } = state.sessions;
  return gate[session] === 1 && (requireEncryption[session] === 0 || state.mppe.isUp(2 * session + 1));
}

/** Both the SYN to the peer and the SYN-ACK say what the tunnel takes, so TCP never makes a packet that is too large. */
function clamp(state: DataPathState, session: number, offset: number, length: number): void {
  if (clampMss(state.bytes, offset, length, mssFor(state.sessions.clampMtus[session]!)))
    count(state, session, clampedSyns);
}

function receiveTooLarge(
  state: DataPathState,
  session: number,
  offset: number,
  mtu: number,
  now: number,
): boolean {
  if (isDontFragment(state.bytes, offset)) {
    if (!isFromDeafSender(state.deafSenders, state.bytes, offset, now))
      return reportTooLarge(state, session, offset, mtu, now);
    letFragment(state, offset);
  }
  const pieces = fragmentCount(state.bytes, offset, mtu);
  if (pieces === 0 || pieces > state.layout.greOut.capacity) {
    count(state, session, unfragmentable);
    return true;
  }
  if (!hasGreRoom(state, pieces)) return false;
  const total = totalLength(state.bytes, offset);
  for (let piece = 0; piece < pieces; piece++) sendFragment(state, session, offset, mtu, piece, now);
  count(state, session, fragmentedPackets);
  count(state, session, sentPackets);
  count(state, session, sentBytes, total);
  return true;
}

function letFragment({ bytes, deafSenders }: DataPathState, offset: number): void {
  giveIdentification(deafSenders, bytes, offset);
  const field = offset + at.flagsAndFragmentOffset;
  write16(bytes, field, read16(bytes, field) & ~dontFragmentFlag);
  writeHeaderChecksum(bytes, offset);
}

function sendFragment(
  state: DataPathState,
  session: number,
  offset: number,
  mtu: number,
  piece: number,
  now: number,
): void {
  const target = nextGreSlot(state);
  const length = writeFragment(state.bytes, target, state.bytes, offset, mtu, piece);
  if (length === 0) return;
  if (piece === 0) clamp(state, session, target, length);
  sendPacket(state, session, target, length, now);
  count(state, session, fragmentsSent);
}

/** A full bucket for a new session. */
export function resetErrorTokens(state: DataPathState, session: number): void {
  state.errorTokens[2 * session] = errorBurst;
  state.errorTokens[2 * session + 1] = 0;
}

/** DF: its sender is told the size that fits (RFC 1191 §4), within a limit. */
function reportTooLarge(
  state: DataPathState,
  session: number,
  offset: number,
  mtu: number,
  now: number,
): boolean {
  const { tunOut, tunOutSlots } = state.layout;
  if (tunOut.count >= tunOut.capacity) return false;
  const target = tunOutSlots + tunOut.count * slotStride;
  const isAllowed = takeToken(state.errorTokens, 2 * session, now, errorRate, errorBurst);
  const length = isAllowed
    ? writeFragmentationNeeded(
        state.bytes,
        target,
        state.bytes,
        offset,
        state.sessions.errorSources[session]!,
        mtu,
      )
    : 0;
  if (length === 0) {
    count(state, session, icmp_limited);
    return true;
  }
  tunOut.offsets[tunOut.count] = target;
  tunOut.lengths[tunOut.count] = length;
  tunOut.errnos[tunOut.count] = 0;
  tunOut.count++;
  count(state, session, fragmentation_needed);
  count(state, session, fragmentationNeededSent);
  return true;
}

/** Encrypts in place if there are keys. Mark and ECN bits of the inner header are seen outside too (RFC 2983, RFC 6040). */
function sendPacket(
  state: DataPathState,
  session: number,
  offset: number,
  length: number,
  now: number,
): void {
  const { bytes, mppe } = state;
  const typeOfService = bytes[offset + at.typeOfService]!;
  const transmit = 2 * session + 1;
  if (!mppe.isUp(transmit)) {
    const fragmentation = fragmentationOf(state, session, length + clearOverhead);
    sendFrame(state, session, protocolIpv4, offset, length, typeOfService, fragmentation, now);
    return;
  }
  write16(bytes, offset - 2, protocolIpv4);
  write16(bytes, offset - mppeLength, mppe.encrypt(transmit, bytes, offset - 2, length + 2));
  const fragmentation = fragmentationOf(state, session, length + mppeOverhead);
  sendFrame(
    state,
    session,
    protocolMppe,
    offset - mppeLength,
    length + mppeLength,
    typeOfService,
    fragmentation,
    now,
  );
}

/** DF up to a proven size. Above it, or before anything is proven, the path may cut the packet rather than lose it. */
function fragmentationOf(
  state: DataPathState,
  session: number,
  outerLength: number,
): 'forbidden' | 'allowed' {
  const { confirmed, pathMtus } = state.sessions;
  return confirmed[session] === 1 && outerLength <= pathMtus[session]! ? 'forbidden' : 'allowed';
}
