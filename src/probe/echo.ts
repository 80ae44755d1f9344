// ICMP echo inside the tunnel (RFC 792), written and read where it lies: how the probe asks the gateway's inner address.
import {
  at,
  checksum,
  destinationOf,
  dontFragmentFlag,
  headerFault,
  headerLength,
  isLaterFragment,
  minimumHeaderLength,
  protocolIcmp,
  protocolOf,
  read16,
  sourceOf,
  totalLength,
  write16,
  write32,
  writeHeaderChecksum,
} from '../protocol/ip/ipv4.ts';

const echoRequest = 8;
const echoReply = 0;
const icmpHeaderLength = 8;
const atChecksum = 2;
const atIdentifier = 4;
const atSequence = 6;
const timeToLive = 64;

/** The smallest packet this can write: two headers and nothing in them. */
export const smallestEcho = minimumHeaderLength + icmpHeaderLength;

export interface EchoPlace {
  /** The asker's inner address and the one asked, as numbers in host order. */
  readonly source: number;
  readonly destination: number;
  readonly identifier: number;
}

/** Writes an echo request of `length` bytes in all, with DF, at `offset`. */
export function writeEchoRequest(
  bytes: Uint8Array,
  offset: number,
  length: number,
  place: EchoPlace,
  sequence: number,
): void {
  const icmp = offset + minimumHeaderLength;
  bytes.fill(0, offset, icmp + icmpHeaderLength);
  bytes[offset] = 0x45;
  write16(bytes, offset + at.totalLength, length);
  write16(bytes, offset + at.flagsAndFragmentOffset, dontFragmentFlag);
  bytes[offset + at.timeToLive] = timeToLive;
  bytes[offset + at.protocol] = protocolIcmp;
  write32(bytes, offset + at.source, place.source);
  write32(bytes, offset + at.destination, place.destination);
  writeHeaderChecksum(bytes, offset);
  bytes[icmp] = echoRequest;
  write16(bytes, icmp + atIdentifier, place.identifier);
  write16(bytes, icmp + atSequence, sequence);
  // Not all the same: a line that compresses would carry more than its MTU.
  for (let i = icmpHeaderLength; i < length - minimumHeaderLength; i++) bytes[icmp + i] = (i * 167) & 0xff;
  write16(bytes, icmp + atChecksum, checksum(bytes, icmp, length - minimumHeaderLength));
}

/**
 * The sequence number of the reply at `offset` to one of `place`'s requests, or undefined for anything else. The first
 * piece of a reply that came in pieces counts: it was the request whose size was in question.
 */
export function readEchoReply(
  bytes: Uint8Array,
  offset: number,
  length: number,
  place: EchoPlace,
): number | undefined {
  if (headerFault(bytes, offset, length) !== undefined || isLaterFragment(bytes, offset)) return undefined;
  const icmp = offset + headerLength(bytes, offset);
  const isOurs =
    protocolOf(bytes, offset) === protocolIcmp &&
    totalLength(bytes, offset) >= icmp - offset + icmpHeaderLength &&
    sourceOf(bytes, offset) === place.destination &&
    destinationOf(bytes, offset) === place.source &&
    bytes[icmp] === echoReply &&
    read16(bytes, icmp + atIdentifier) === place.identifier;
  return isOurs ? read16(bytes, icmp + atSequence) : undefined;
}
