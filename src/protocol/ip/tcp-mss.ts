// Lowering the Maximum Segment Size that a passing SYN or SYN-ACK announces (RFC 9293 §3.7.1), so that TCP on both
// sides of the tunnel never makes a packet it cannot carry. A SYN without the option means 536 and is left alone:
// there is no room to add one. Walks hostile option lists in bounded time (rp-pppoe's CVE-2001-0026, B36).
import {
  headerLength,
  isLaterFragment,
  minimumHeaderLength,
  optionLength,
  protocolOf,
  protocolTcp,
  read16,
  totalLength,
  updateChecksum,
  write16,
} from './ipv4.ts';

const tcpMinimumHeaderLength = 20;
const atDataOffset = 12;
const atFlags = 13;
const atChecksum = 16;
const flagSyn = 0x02;
const optionEnd = 0;
const optionMaximumSegmentSize = 2;
const maximumSegmentSizeLength = 4;

/** The MSS that fills a packet of `mtu` bytes: IP and TCP headers without options come off (RFC 6691 §2). */
export function mssFor(mtu: number): number {
  return mtu - minimumHeaderLength - tcpMinimumHeaderLength;
}

/**
 * Lower every MSS option above `mss` in place and mend the TCP checksum. The bytes are one IPv4 packet whose header
 * was checked. True when something was lowered.
 */
export function clampMss(bytes: Uint8Array, offset: number, length: number, mss: number): boolean {
  if (!isSyn(bytes, offset, length)) return false;
  const tcp = offset + headerLength(bytes, offset);
  const end = tcp + tcpHeaderLength(bytes, tcp);
  let lowered = false;
  let position = tcp + tcpMinimumHeaderLength;
  while (position < end && bytes[position] !== optionEnd) {
    const size = optionLength(bytes, position, end);
    if (size === 0) break;
    if (bytes[position] === optionMaximumSegmentSize && size === maximumSegmentSizeLength) {
      lowered = lower(bytes, tcp, position + 2, mss) || lowered;
    }
    position += size;
  }
  return lowered;
}

function isSyn(bytes: Uint8Array, offset: number, length: number): boolean {
  if (length < minimumHeaderLength + tcpMinimumHeaderLength || protocolOf(bytes, offset) !== protocolTcp)
    return false;
  if (isLaterFragment(bytes, offset)) return false;
  const header = headerLength(bytes, offset);
  const end = Math.min(length, totalLength(bytes, offset));
  if (header < minimumHeaderLength || header + tcpMinimumHeaderLength > end) return false;
  const tcp = offset + header;
  if ((bytes[tcp + atFlags]! & flagSyn) === 0) return false;
  const size = tcpHeaderLength(bytes, tcp);
  return size >= tcpMinimumHeaderLength && header + size <= end;
}

function tcpHeaderLength(bytes: Uint8Array, tcp: number): number {
  return (bytes[tcp + atDataOffset]! >>> 4) * 4;
}

function lower(bytes: Uint8Array, tcp: number, position: number, mss: number): boolean {
  const announced = read16(bytes, position);
  if (announced <= mss) return false;
  write16(bytes, position, mss);
  const before = read16(bytes, tcp + atChecksum);
  // At an odd place the value straddles two words of the sum; its weight there is that of the swapped value.
  const isOdd = ((position - tcp) & 1) === 1;
  const after = isOdd
    ? updateChecksum(before, swap(announced), swap(mss))
    : updateChecksum(before, announced, mss);
  write16(bytes, tcp + atChecksum, after);
  return true;
}

function swap(word: number): number {
  return ((word & 0xff) << 8) | (word >>> 8);
}
