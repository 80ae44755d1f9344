// What we send: the GRE header (RFC 2637 §4) and the outer IPv4 header in front of a PPP frame, written into the room before
// it, and the packet's entry in `greOut`. Every packet acknowledges what came (GRE-6).
import { read16, read32, write16, write32 } from '../bytes/big-endian.ts';
import { acknowledgmentBit, baseLength, sequenceBit, writeBase } from '../gre/header.ts';
import { leastWait } from '../gre/stall-watch.ts';
import { at, dontFragmentFlag, minimumHeaderLength, protocolGre, writeHeaderChecksum } from '../ip/ipv4.ts';
import { place } from './counters.ts';
import { headroom, slotStride } from './memory-layout.ts';
import { count, type DataPathState, wakeAt } from './state.ts';

const { greSent, acksSent } = place;

const timeToLive = 64;
const versionAndHeaderLength = 0x45;
/** Network protocols are below, those of the link itself above (RFC 1661 §2). */
const firstLinkProtocol = 0x8000;
/** FF 03 and the protocol number, never compressed (RFC 1661 §2). */
const pppHeaderLength = 4;
const addressAndControl = 0xff03;

/** Whether `greOut` takes `packets` more. */
export function hasGreRoom(state: DataPathState, packets: number): boolean {
  return state.layout.greOut.count + packets <= state.layout.greOut.capacity;
}

/** Where a packet made here can begin its payload: the slot that belongs to the next entry of `greOut`. */
export function nextGreSlot(state: DataPathState): number {
  return state.layout.greOutSlots + state.layout.greOut.count * slotStride + headroom;
}

/** Whether the outer packet may be fragmented on the way: `allowed` clears DF. */
export type Fragmentation = 'forbidden' | 'allowed';

/**
 * Sends `length` bytes at `offset` as the information of a PPP frame. There must be headroom before `offset` and room in
 * `greOut`. `typeOfService` goes into the outer header.
 */
export function sendFrame(
  state: DataPathState,
  session: number,
  protocol: number,
  offset: number,
  length: number,
  typeOfService: number,
  fragmentation: Fragmentation,
  now: number,
): void {
  const { bytes, windows, acknowledgments, sessions } = state;
  const frame = offset - pppHeaderLength;
  write16(bytes, frame, addressAndControl);
  write16(bytes, frame + 2, protocol);
  const acknowledges = windows.hasLearned(session);
  const gre = frame - baseLength - (acknowledges ? 8 : 4);
  const flags = acknowledges ? sequenceBit | acknowledgmentBit : sequenceBit;
  writeBase(bytes, gre, flags, pppHeaderLength + length, sessions.peersCallIds[session]!);
  const sequence = acknowledgments.takeSequence(session, now);
  write32(bytes, gre + baseLength, sequence);
  if (acknowledges) {
    write32(bytes, gre + baseLength + 4, windows.last(session));
    acknowledgments.settle(session);
  }
  const end = offset + length;
  const kind = protocol < firstLinkProtocol ? 'data' : 'control';
  const outerLength = end - gre + minimumHeaderLength;
  // Our own probes are as large as packets get: they must not be the reason for more of them.
  if (kind === 'data' && outerLength > state.reports.largestSent[session]!)
    state.reports.largestSent[session] = outerLength;
  const waits = state.stallWatch.sent(session, sequence, outerLength, kind, now);
  if (waits) wakeAt(state, now + leastWait);
  addToGre(state, session, gre, end, typeOfService, fragmentation);
}

/** An acknowledgment without data, and so without a sequence number. False when `greOut` is full. */
export function sendLoneAcknowledgment(state: DataPathState, session: number): boolean {
  if (!hasGreRoom(state, 1)) return false;
  const gre = nextGreSlot(state);
  writeBase(state.bytes, gre, acknowledgmentBit, 0, state.sessions.peersCallIds[session]!);
  write32(state.bytes, gre + baseLength, state.windows.last(session));
  state.acknowledgments.settle(session);
  addToGre(state, session, gre, gre + baseLength + 4, 0, 'allowed');
  count(state, session, acksSent);
  return true;
}

/** Whether a packet of `greOut` that begins at `outer` is data. */
export function carriesInnerPacket({ bytes }: DataPathState, outer: number): boolean {
  const gre = outer + minimumHeaderLength;
  const flags = read32(bytes, gre);
  if ((flags & sequenceBit) === 0) return false;
  const frame = gre + baseLength + ((flags & acknowledgmentBit) === 0 ? 4 : 8);
  return read16(bytes, frame + 2) < firstLinkProtocol;
}

/** Room for GRE, PPP and MPPE headers is left in a slot for this much information. */
export function longestInformation(): number {
  return slotStride - headroom;
}

function addToGre(
  state: DataPathState,
  session: number,
  gre: number,
  end: number,
  typeOfService: number,
  fragmentation: Fragmentation,
): void {
  const { greOut } = state.layout;
  const outer = gre - minimumHeaderLength;
  writeOuterHeader(state, session, outer, end - outer, typeOfService, fragmentation);
  const index = greOut.count;
  greOut.offsets[index] = outer;
  greOut.lengths[index] = end - outer;
  greOut.addresses[index] = state.sessions.peerAddresses[session]!;
  greOut.errnos[index] = 0;
  greOut.sessions[index] = session;
  greOut.count++;
  count(state, session, greSent);
}

/** Identification 0: the kernel fills one in, and an unfragmentable packet needs none (RFC 6864 §4.1). */
function writeOuterHeader(
  state: DataPathState,
  session: number,
  outer: number,
  length: number,
  typeOfService: number,
  fragmentation: Fragmentation,
): void {
  const { bytes, sessions } = state;
  bytes[outer] = versionAndHeaderLength;
  bytes[outer + at.typeOfService] = typeOfService;
  write16(bytes, outer + at.totalLength, length);
  write16(bytes, outer + at.identification, 0);
  write16(bytes, outer + at.flagsAndFragmentOffset, fragmentation === 'forbidden' ? dontFragmentFlag : 0);
  bytes[outer + at.timeToLive] = timeToLive;
  bytes[outer + at.protocol] = protocolGre;
  write32(bytes, outer + at.source, sessions.localAddresses[session]!);
  write32(bytes, outer + at.destination, sessions.peerAddresses[session]!);
  writeHeaderChecksum(bytes, outer);
}
