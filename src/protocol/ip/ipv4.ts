// The IPv4 header (RFC 791 §3.1) where it lies in memory: accessors, the check every packet passes before it is
// believed, and the Internet checksum whole (RFC 1071) and incremental (RFC 1624).
// Nothing here allocates or throws; accessors other than `headerFault` want a header that passed it.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |Version|  IHL  |Type of Service|          Total Length         |
//   |         Identification        |0|D|M|     Fragment Offset     |
//   |  Time to Live |    Protocol   |        Header Checksum        |
//   |                         Source Address                        |
//   |                      Destination Address                      |
//   |                    Options                    |    Padding    |

export const minimumHeaderLength = 20;
export const protocolIcmp = 1;
export const protocolTcp = 6;
export const protocolGre = 47;

/** Where each field begins, from the header's first byte. */
export const at = {
  versionAndHeaderLength: 0,
  typeOfService: 1,
  totalLength: 2,
  identification: 4,
  flagsAndFragmentOffset: 6,
  timeToLive: 8,
  protocol: 9,
  headerChecksum: 10,
  source: 12,
  destination: 16,
  options: 20,
} as const;

export const dontFragmentFlag = 0x4000;
export const moreFragmentsFlag = 0x2000;
export const fragmentOffsetMask = 0x1fff;

export type HeaderFault = 'truncated' | 'version' | 'header_length' | 'total_length' | 'checksum';

/**
 * Why these bytes are no IPv4 packet, or undefined. Bytes after the total length are padding and allowed;
 * callers go on with `totalLength`, not with `length`.
 */
export function headerFault(bytes: Uint8Array, offset: number, length: number): HeaderFault | undefined {
  if (length < minimumHeaderLength || offset + length > bytes.length) return 'truncated';
  if (bytes[offset]! >>> 4 !== 4) return 'version';
  const header = headerLength(bytes, offset);
  if (header < minimumHeaderLength || header > length) return 'header_length';
  const total = totalLength(bytes, offset);
  if (total < header || total > length) return 'total_length';
  return checksum(bytes, offset, header) === 0 ? undefined : 'checksum';
}

/** In bytes: 20 to 60. */
export function headerLength(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! & 0x0f) * 4;
}

/** Header and data, in bytes. */
export function totalLength(bytes: Uint8Array, offset: number): number {
  return read16(bytes, offset + at.totalLength);
}

export function protocolOf(bytes: Uint8Array, offset: number): number {
  return bytes[offset + at.protocol]!;
}

export function sourceOf(bytes: Uint8Array, offset: number): number {
  return read32(bytes, offset + at.source);
}

export function destinationOf(bytes: Uint8Array, offset: number): number {
  return read32(bytes, offset + at.destination);
}

export function isDontFragment(bytes: Uint8Array, offset: number): boolean {
  return (read16(bytes, offset + at.flagsAndFragmentOffset) & dontFragmentFlag) !== 0;
}

/** One piece of a datagram, the first piece included. */
export function isFragment(bytes: Uint8Array, offset: number): boolean {
  return (read16(bytes, offset + at.flagsAndFragmentOffset) & (moreFragmentsFlag | fragmentOffsetMask)) !== 0;
}

/** A piece that does not begin with the transport header. */
export function isLaterFragment(bytes: Uint8Array, offset: number): boolean {
  return (read16(bytes, offset + at.flagsAndFragmentOffset) & fragmentOffsetMask) !== 0;
}

/** Where this piece lies in the datagram's data, in bytes. */
export function fragmentOffset(bytes: Uint8Array, offset: number): number {
  return (read16(bytes, offset + at.flagsAndFragmentOffset) & fragmentOffsetMask) * 8;
}

export function hasOptions(bytes: Uint8Array, offset: number): boolean {
  return headerLength(bytes, offset) > minimumHeaderLength;
}

const optionEnd = 0;
const optionNoOperation = 1;
const optionLooseSourceRoute = 131;
const optionStrictSourceRoute = 137;

/** Source routing steers around every rule that looks at the destination, so it must not pass (RFC 7126 §4.3). */
export function optionsFault(
  bytes: Uint8Array,
  offset: number,
): 'source_route' | 'malformed_options' | undefined {
  const end = offset + headerLength(bytes, offset);
  let position = offset + at.options;
  while (position < end) {
    const kind = bytes[position]!;
    if (kind === optionEnd) return undefined;
    if (kind === optionLooseSourceRoute || kind === optionStrictSourceRoute) return 'source_route';
    const size = optionLength(bytes, position, end);
    if (size === 0) return 'malformed_options';
    position += size;
  }
  return undefined;
}

/** Bytes the option at `position` takes, or 0 when its length is no length: the list cannot be walked further. */
export function optionLength(bytes: Uint8Array, position: number, end: number): number {
  const kind = bytes[position]!;
  if (kind === optionEnd || kind === optionNoOperation) return 1;
  if (position + 1 >= end) return 0;
  const size = bytes[position + 1]!;
  return size >= 2 && position + size <= end ? size : 0;
}

/** The Internet checksum of `length` bytes; 0 when they hold a right one. */
export function checksum(bytes: Uint8Array, offset: number, length: number): number {
  const end = offset + length;
  let sum = 0;
  let position = offset;
  // 64 kB of 0xffff sum up to less than 2^32, so one fold at the end is enough.
  for (; position + 1 < end; position += 2) sum += (bytes[position]! << 8) | bytes[position + 1]!;
  if (position < end) sum += bytes[position]! << 8;
  return ~fold(sum) & 0xffff;
}

/** The checksum after one 16-bit word of what it covers changed (RFC 1624 §3, equation 3). */
export function updateChecksum(before: number, oldWord: number, newWord: number): number {
  return ~fold((~before & 0xffff) + (~oldWord & 0xffff) + newWord) & 0xffff;
}

function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

/** Fill in the header's checksum, whatever was there. */
export function writeHeaderChecksum(bytes: Uint8Array, offset: number): void {
  write16(bytes, offset + at.headerChecksum, 0);
  write16(bytes, offset + at.headerChecksum, checksum(bytes, offset, headerLength(bytes, offset)));
}

export function read16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 8) | bytes[offset + 1]!;
}

export function write16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 8;
  bytes[offset + 1] = value;
}

export function read32(bytes: Uint8Array, offset: number): number {
  return ((read16(bytes, offset) << 16) | read16(bytes, offset + 2)) >>> 0;
}

export function write32(bytes: Uint8Array, offset: number, value: number): void {
  write16(bytes, offset, value >>> 16);
  write16(bytes, offset + 2, value & 0xffff);
}

/** Copy without making a view: fast within one memory, as packets are, and right between two. */
export function copyBytes(
  target: Uint8Array,
  to: number,
  bytes: Uint8Array,
  from: number,
  length: number,
): void {
  if (target === bytes) target.copyWithin(to, from, from + length);
  else for (let i = 0; i < length; i++) target[to + i] = bytes[from + i]!;
}
