// ICMP "fragmentation needed and DF set" (RFC 792, RFC 1191 §4): writing one about an inner packet, and reading one
// about our own GRE. Writing obeys the silence rules of RFC 1122 §3.2.2; how many are sent is the caller's to bound.
import {
  at,
  checksum,
  copyBytes,
  destinationOf,
  dontFragmentFlag,
  headerFault,
  headerLength,
  isLaterFragment,
  minimumHeaderLength,
  protocolGre,
  protocolIcmp,
  protocolOf,
  read16,
  sourceOf,
  totalLength,
  write16,
  write32,
  writeHeaderChecksum,
} from './ipv4.ts';

const icmpHeaderLength = 8;
const destinationUnreachable = 3;
const fragmentationNeeded = 4;
const atIcmpChecksum = 2;
const atNextHopMtu = 6;

/** RFC 1812 §4.3.2.3: quote as much as fits into 576 bytes. */
const largestError = 576;
/** A whole header with options and 8 bytes of data must always be quoted (RFC 792). */
const smallestError = minimumHeaderLength + icmpHeaderLength + 60 + 8;
/** RFC 1812 §4.3.2.5: errors go at precedence 6, internetwork control. */
const internetworkControl = 0xc0;
const timeToLive = 64;

/** Room `writeFragmentationNeeded` may need in its target. */
export const largestFragmentationNeeded = largestError;

/**
 * Write a whole IPv4 packet from `source` to the sender of the packet at `offset`, telling it `nextHopMtu`.
 * Returns its length, at most 576 and at most `nextHopMtu`; 0 when no error may be sent about that packet.
 * Of the packet, `quotedAtMost` bytes are there to quote. Its header was checked; target and packet must not overlap.
 */
export function writeFragmentationNeeded(
  target: Uint8Array,
  targetOffset: number,
  bytes: Uint8Array,
  offset: number,
  source: number,
  nextHopMtu: number,
  quotedAtMost: number = largestError,
): number {
  if (!mayReportAbout(bytes, offset)) return 0;
  const room = Math.min(largestError, Math.max(smallestError, nextHopMtu));
  const quoted = Math.min(
    totalLength(bytes, offset),
    room - minimumHeaderLength - icmpHeaderLength,
    quotedAtMost,
  );
  const length = minimumHeaderLength + icmpHeaderLength + quoted;
  if (targetOffset + length > target.length || offset + quoted > bytes.length) return 0;

  const icmp = targetOffset + minimumHeaderLength;
  target.fill(0, targetOffset, icmp + icmpHeaderLength);
  target[targetOffset] = 0x45;
  target[targetOffset + at.typeOfService] = internetworkControl;
  write16(target, targetOffset + at.totalLength, length);
  // DF with identification 0: an atomic datagram needs no unique one (RFC 6864 §4.1).
  write16(target, targetOffset + at.flagsAndFragmentOffset, dontFragmentFlag);
  target[targetOffset + at.timeToLive] = timeToLive;
  target[targetOffset + at.protocol] = protocolIcmp;
  write32(target, targetOffset + at.source, source);
  write32(target, targetOffset + at.destination, sourceOf(bytes, offset));
  writeHeaderChecksum(target, targetOffset);

  target[icmp] = destinationUnreachable;
  target[icmp + 1] = fragmentationNeeded;
  write16(target, icmp + atNextHopMtu, nextHopMtu);
  copyBytes(target, icmp + icmpHeaderLength, bytes, offset, quoted);
  write16(target, icmp + atIcmpChecksum, checksum(target, icmp, icmpHeaderLength + quoted));
  return length;
}

/**
 * RFC 1122 §3.2.2: no error about an ICMP error, a later fragment, a packet to many, or one whose source is not
 * one single host.
 */
export function mayReportAbout(bytes: Uint8Array, offset: number): boolean {
  if (isLaterFragment(bytes, offset)) return false;
  if (!isSingleHost(sourceOf(bytes, offset)) || destinationOf(bytes, offset) >>> 28 >= 0xe) return false;
  if (protocolOf(bytes, offset) !== protocolIcmp) return true;
  const header = headerLength(bytes, offset);
  return totalLength(bytes, offset) > header && isQuery(bytes[offset + header]!);
}

function isSingleHost(address: number): boolean {
  const network = address >>> 24;
  return network !== 0 && network !== 127 && network < 224;
}

/** Anything that is not surely a question may be an error of a kind we do not know. */
function isQuery(type: number): boolean {
  return type === 0 || type === 8 || (type >= 13 && type <= 18);
}

/** What an ICMP error about our GRE says. Nothing in it is proven: whoever can guess a call id can forge it. */
export interface GreHint {
  /** From the quoted outer header: ours, and the peer's. */
  readonly source: number;
  readonly destination: number;
  /** The peer's call id, from the quoted GRE key. */
  readonly peersCallId: number;
  /** Outer size of the packet that did not fit, as quoted. */
  readonly packetLength: number;
  /** 0 from routers older than RFC 1191. */
  readonly nextHopMtu: number;
}

/** Read a whole IPv4 packet with an ICMP fragmentation-needed inside; undefined when it is anything else. */
export function readFragmentationNeeded(
  bytes: Uint8Array,
  offset: number,
  length: number,
): GreHint | undefined {
  if (headerFault(bytes, offset, length) !== undefined || protocolOf(bytes, offset) !== protocolIcmp) {
    return undefined;
  }
  const icmp = offset + headerLength(bytes, offset);
  const icmpLength = offset + totalLength(bytes, offset) - icmp;
  if (icmpLength < icmpHeaderLength) return undefined;
  if (bytes[icmp] !== destinationUnreachable || bytes[icmp + 1] !== fragmentationNeeded) return undefined;
  if (checksum(bytes, icmp, icmpLength) !== 0) return undefined;
  const quoted = icmp + icmpHeaderLength;
  return readQuotedGre(bytes, quoted, icmpLength - icmpHeaderLength, read16(bytes, icmp + atNextHopMtu));
}

const greVersionMask = 0x07;
const enhancedGreVersion = 1;
const greProtocolPpp = 0x880b;
const greKeyPresent = 0x20;

/** The same from the quoted packet alone, as a socket's error queue gives it, with the MTU the kernel read. */
export function readQuotedGre(
  bytes: Uint8Array,
  offset: number,
  length: number,
  nextHopMtu: number,
): GreHint | undefined {
  if (length < minimumHeaderLength || bytes[offset]! >>> 4 !== 4) return undefined;
  const gre = offset + headerLength(bytes, offset);
  // RFC 792 promises 8 bytes of the data: the fixed part of enhanced GRE with its key.
  if (gre < offset + minimumHeaderLength || gre + 8 > offset + length) return undefined;
  if (protocolOf(bytes, offset) !== protocolGre || isLaterFragment(bytes, offset)) return undefined;
  const isEnhanced =
    (bytes[gre]! & greKeyPresent) !== 0 && (bytes[gre + 1]! & greVersionMask) === enhancedGreVersion;
  if (!isEnhanced || read16(bytes, gre + 2) !== greProtocolPpp) return undefined;
  return {
    source: sourceOf(bytes, offset),
    destination: destinationOf(bytes, offset),
    peersCallId: read16(bytes, gre + 6),
    packetLength: totalLength(bytes, offset),
    nextHopMtu,
  };
}
