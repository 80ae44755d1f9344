// One packet of the TUN on its way to a peer: found by its destination, fitted into the tunnel (MSS clamp, inner
// fragmentation, or word to its sender), encrypted where it lies, and sent.
import { write16 } from '../bytes/big-endian.ts';
import { fragmentCount, writeFragment } from '../ip/fragment.ts';
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
import { place } from './counters.ts';
import { giveIdentification, isFromDeafSender } from './deaf-senders.ts';
import { hasGreRoom, nextGreSlot, sendFrame } from './gre-transmit.ts';
import { noteLarge } from './last-large.ts';
import { protocolIpv4, protocolMppe } from './ppp-header.ts';
import { count, type DataPathState } from './state.ts';
import { reportTooLarge } from './too-large.ts';

const {
  gate_closed_to_client,
  clampedSyns,
  sentPackets,
  sentBytes,
  fragmentedPackets,
  fragmentsSent,
  unfragmentable,
} = place;

/** The protocol under MPPE, and its two octets. */
const mppeLength = 4;

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
  noteLarge(state.lastLarge, session, bytes, offset, length, now);
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
