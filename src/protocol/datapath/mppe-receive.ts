// An encrypted frame (RFC 3078): which key it claims, whether following that claim is worth the work, and whether what comes
// out is a packet. Only then does the direction move on (MPPE-6, MPPE-8, MPPE-9), so no forged packet can push it away.
import { read16 } from '../bytes/big-endian.ts';
import { distance } from '../gre/serial.ts';
import { headerFault, sourceOf } from '../ip/ipv4.ts';
import { countMask, encryptedBit, flushedBit, mppeHeaderLength } from '../ppp/mppe.ts';
import { place } from './counters.ts';
import { isOwnSource, receiveFromPeer } from './ip-receive.ts';
import { slotStride } from './memory-layout.ts';
import { awaitFlush, noteFailure, noteSuccess, refund, spend, takeLargeTrial } from './mppe-trials.ts';
import { protocolIpv4, readPppHeader, readProtocol } from './ppp-header.ts';
import { count, type DataPathState } from './state.ts';

const {
  mppe_not_up,
  mppe_malformed,
  mppe_late,
  mppe_gap,
  mppe_desync,
  mppe_awaiting_reset,
  unknown_protocol,
  gate_closed,
  mppeKeyChanges,
} = place;

/** The C bit says that the packet is MPPC-compressed, which is never agreed. */
const compressedBit = 0x2000;
/** MPPE-4: the two octets of MPPE, a protocol and something under it. */
const shortestFrame = 5;
/** MPPE-9: key changes a packet may ask for without being held suspect. */
const smallGap = 256;
/** MPPE-6: further ahead than half the count is behind, unless GRE says otherwise. */
const lateLimit = 2048;
/** Key changes of one trial at most: about 20 ms. */
const farthestTrial = 16384;
const countSpace = 4096;

/** A protocol number and the largest IPv4 header fit into what is decrypted to look at; the rest stays zero. */
const peekLength = 64;
const scratch = new Uint8Array(slotStride);

/** The information field of a frame with protocol 0x00FD. False when it is nonsense (MPPE-8). */
export function receiveEncrypted(
  state: DataPathState,
  session: number,
  sequence: number,
  offset: number,
  length: number,
  now: number,
): boolean {
  const changes = prepare(state, session, sequence, offset, length, now);
  if (changes < 0) return true;
  const inner = offset + mppeHeaderLength;
  const innerLength = length - mppeHeaderLength;
  state.mppe.decrypt(state.bytes, inner, innerLength);
  const header = judge(state, session, state.bytes, inner, innerLength, changes);
  if (header < 0) {
    fail(state, session, now);
    return false;
  }
  state.mppe.commit(2 * session);
  count(state, session, mppeKeyChanges, changes);
  noteSuccess(state, session, sequence, changes);
  if (header >>> 3 !== protocolIpv4) count(state, session, unknown_protocol);
  else if (state.sessions.gate[session] === 0) count(state, session, gate_closed);
  else receiveFromPeer(state, session, inner + (header & 7), innerLength - (header & 7));
  return true;
}

/** Whether the frame at `offset`, with its PPP header, decrypts to a packet; nothing moves, the frame stays as it is. */
export function canDecrypt(
  state: DataPathState,
  session: number,
  sequence: number,
  offset: number,
  length: number,
  now: number,
): boolean {
  const ppp = readPppHeader(state.bytes, offset, length) & 7;
  const changes = prepare(state, session, sequence, offset + ppp, length - ppp, now);
  if (changes < 0) return false;
  const inner = offset + ppp + mppeHeaderLength;
  const innerLength = length - ppp - mppeHeaderLength;
  const peeked = Math.min(innerLength, peekLength);
  for (let index = 0; index < peeked; index++) scratch[index] = state.bytes[inner + index]!;
  state.mppe.decrypt(scratch, 0, peeked);
  if (judge(state, session, scratch, 0, innerLength, changes) < 0) {
    fail(state, session, now);
    return false;
  }
  refund(state, session, changes);
  return true;
}

/** Whether a frame, with its PPP header, has a count that comes now or soon: no packet that came before can have one. */
export function hasFreshCount(
  state: DataPathState,
  session: number,
  offset: number,
  length: number,
): boolean {
  const ppp = readPppHeader(state.bytes, offset, length) & 7;
  const direction = 2 * session;
  if (length < ppp + shortestFrame || !state.mppe.isUp(direction)) return false;
  const ahead = (read16(state.bytes, offset + ppp) - state.mppe.nextCount(direction)) & countMask;
  return ahead < (state.mppe.isStateless(direction) ? state.reorderWindow : 1);
}

/** Makes the copy of the keys this frame needs ready; returns how many key changes that took, or -1 when it is refused. */
function prepare(
  state: DataPathState,
  session: number,
  sequence: number,
  offset: number,
  length: number,
  now: number,
): number {
  const direction = 2 * session;
  if (!state.mppe.isUp(direction)) return refuse(state, session, mppe_not_up);
  const header = length < shortestFrame ? 0 : read16(state.bytes, offset);
  if ((header & (encryptedBit | compressedBit)) !== encryptedBit)
    return refuse(state, session, mppe_malformed);
  if (!state.mppe.isStateless(direction)) return prepareStateful(state, session, header, now);
  if ((header & flushedBit) === 0) return refuse(state, session, mppe_malformed);
  const changes = followCount(state, session, sequence, header & countMask, now);
  if (changes < 0) {
    noteFailure(state, session, now);
    return -1;
  }
  state.mppe.prepare(direction, header & countMask, changes);
  return changes;
}

/**
 * Key changes from the last packet that decrypted to this one, or -1 when it is late or too far to follow now. The sequence
 * numbers explain a gap that is no larger than theirs; one they do not explain is held suspect, but not refused: a forged
 * header may have lied before.
 */
function followCount(
  state: DataPathState,
  session: number,
  sequence: number,
  coherencyCount: number,
  now: number,
): number {
  const ahead = (coherencyCount - state.mppe.nextCount(2 * session)) & countMask;
  const between = packetsBetween(state, session, sequence, ahead);
  const isExplained = ahead <= between;
  if (!isExplained && ahead >= lateLimit) return refuse(state, session, mppe_late);
  const changes = ahead + 1 + countSpace * wrapsOf(state, session, between - ahead);
  if (changes <= (isExplained ? smallGap + 1 : state.reorderWindow)) {
    return spend(state, session, changes, now) ? changes : refuse(state, session, mppe_gap);
  }
  return takeLargeTrial(state, session, now) ? changes : refuse(state, session, mppe_gap);
}

/** Packets with a sequence number since the last one that decrypted: at most so many had a count. */
function packetsBetween(state: DataPathState, session: number, sequence: number, otherwise: number): number {
  const { hasLast, lastSequences } = state.trials;
  return hasLast[session] === 1 ? distance(sequence, lastSequences[session]!) - 1 : otherwise;
}

/**
 * How often the count may have come round among `unexplained` packets. Every other time none is assumed: what the sequence
 * numbers say may be wrong, and then nothing else would ever decrypt.
 */
function wrapsOf(state: DataPathState, session: number, unexplained: number): number {
  const isSuspect = unexplained > farthestTrial || (state.trials.failures[session]! & 1) === 1;
  return isSuspect || unexplained < 0 ? 0 : Math.floor(unexplained / countSpace);
}

/** RFC 3078 §7.1: in order, or anew from a flushed packet (MPPE-10). */
function prepareStateful(state: DataPathState, session: number, header: number, now: number): number {
  const direction = 2 * session;
  const ahead = ((header & countMask) - state.mppe.nextCount(direction)) & countMask;
  if (ahead >= lateLimit) return refuse(state, session, mppe_late);
  const isFlushed = (header & flushedBit) !== 0;
  if (!isFlushed && (ahead > 0 || state.trials.awaitsFlush[session] === 1)) {
    awaitFlush(state, session, now);
    return refuse(state, session, mppe_awaiting_reset);
  }
  return state.mppe.prepareStateful(direction, header);
}

/**
 * What came out of the decryption: its protocol and header length as `readProtocol` has them, or -1 for nonsense. After a gap
 * the source must be the peer's own too: a forged packet has to get more than a checksum right (MPPE-8).
 */
function judge(
  state: DataPathState,
  session: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  changes: number,
): number {
  const header = readProtocol(bytes, offset, length, 0);
  const packet = offset + (header & 7);
  if (header < 0) return -1;
  if (header >>> 3 !== protocolIpv4) return isIpv6(bytes, header, packet) ? header : -1;
  if (headerFault(bytes, packet, length - (header & 7)) !== undefined) return -1;
  const mustBeOwn = changes > 1 && state.sessions.gate[session] === 1;
  return mustBeOwn && !isOwnSource(state, session, sourceOf(bytes, packet)) ? -1 : header;
}

/** IPv6 is not carried, but a peer that sends it has decrypted well (CP-6: dropped, never rejected). */
function isIpv6(bytes: Uint8Array, header: number, packet: number): boolean {
  return header >>> 3 === 0x57 && bytes[packet]! >>> 4 === 6;
}

function fail(state: DataPathState, session: number, now: number): void {
  count(state, session, mppe_desync);
  if (!state.mppe.isStateless(2 * session)) awaitFlush(state, session, now);
  noteFailure(state, session, now);
}

function refuse(state: DataPathState, session: number, counter: number): -1 {
  count(state, session, counter);
  return -1;
}
