// Fragmentation of an IPv4 packet as a router does it (RFC 791 §3.2, RFC 1812 §4.2.2.7): ask how many pieces, then
// write each where it shall lie. Pieces are computed from their number alone, so nothing is kept between calls.
import {
  at,
  copyBytes,
  dontFragmentFlag,
  fragmentOffsetMask,
  headerLength,
  isDontFragment,
  minimumHeaderLength,
  moreFragmentsFlag,
  optionLength,
  read16,
  totalLength,
  write16,
  writeHeaderChecksum,
} from './ipv4.ts';

/** RFC 791 §3.1: set in an option's first byte when every piece carries the option. */
const copiedFlag = 0x80;
const optionEnd = 0;
const optionNoOperation = 1;

/**
 * Pieces of at most `mtu` bytes that the packet at `offset` needs: 1 when it fits as it is, 0 when it may not be cut
 * (DF) or cannot be (no room for 8 bytes of data behind the header, or past the end of the largest datagram).
 */
export function fragmentCount(bytes: Uint8Array, offset: number, mtu: number): number {
  const total = totalLength(bytes, offset);
  if (total <= mtu) return 1;
  const header = headerLength(bytes, offset);
  const first = dataRoom(mtu, header);
  const later = dataRoom(mtu, laterHeaderLength(bytes, offset));
  if (isDontFragment(bytes, offset) || first <= 0 || later <= 0) return 0;
  const data = total - header;
  const blockOffset = read16(bytes, offset + at.flagsAndFragmentOffset) & fragmentOffsetMask;
  if (blockOffset * 8 + data > 0xffff) return 0;
  // The last piece may fill what rounding down to 8 left unused in the others.
  const unused = mtu - laterHeaderLength(bytes, offset) - later;
  return 1 + Math.max(1, Math.ceil((data - first - unused) / later));
}

/**
 * Write piece `index` (from 0, below `fragmentCount`) to `target` and return its length, at most `mtu`; 0 when there
 * is no room for it. The packet's header was checked; packet and target must not overlap.
 */
export function writeFragment(
  target: Uint8Array,
  targetOffset: number,
  bytes: Uint8Array,
  offset: number,
  mtu: number,
  index: number,
): number {
  const header = headerLength(bytes, offset);
  const data = totalLength(bytes, offset) - header;
  const ownHeader = index === 0 ? header : laterHeaderLength(bytes, offset);
  const from = index === 0 ? 0 : dataRoom(mtu, header) + (index - 1) * dataRoom(mtu, ownHeader);
  const isLast = data - from <= mtu - ownHeader;
  const size = isLast ? data - from : dataRoom(mtu, ownHeader);
  const length = ownHeader + size;
  if (size < 0 || (index > 0 && size === 0) || targetOffset + length > target.length) return 0;

  if (index === 0) copyBytes(target, targetOffset, bytes, offset, header);
  else writeLaterHeader(target, targetOffset, bytes, offset);
  copyBytes(target, targetOffset + ownHeader, bytes, offset + header + from, size);

  const field = read16(bytes, offset + at.flagsAndFragmentOffset);
  // The last piece of a packet that was itself a piece in the middle still has others behind it.
  const more = isLast ? field & moreFragmentsFlag : moreFragmentsFlag;
  const blockOffset = ((field & fragmentOffsetMask) + from / 8) & fragmentOffsetMask;
  write16(target, targetOffset + at.flagsAndFragmentOffset, (field & dontFragmentFlag) | more | blockOffset);
  write16(target, targetOffset + at.totalLength, length);
  writeHeaderChecksum(target, targetOffset);
  return length;
}

/** Data bytes in a full piece: every piece but the last holds a multiple of 8. */
function dataRoom(mtu: number, header: number): number {
  return (mtu - header) & ~7;
}

/** Header of every piece but the first: options without the copied flag stay behind. */
function laterHeaderLength(bytes: Uint8Array, offset: number): number {
  const end = offset + headerLength(bytes, offset);
  let options = 0;
  for (let position = offset + at.options; position < end; ) {
    const size = nextOption(bytes, position, end);
    if (size === 0) break;
    if ((bytes[position]! & copiedFlag) !== 0) options += size;
    position += size;
  }
  return minimumHeaderLength + ((options + 3) & ~3);
}

function writeLaterHeader(target: Uint8Array, targetOffset: number, bytes: Uint8Array, offset: number): void {
  const end = offset + headerLength(bytes, offset);
  copyBytes(target, targetOffset, bytes, offset, minimumHeaderLength);
  let write = targetOffset + at.options;
  for (let position = offset + at.options; position < end; ) {
    const size = nextOption(bytes, position, end);
    if (size === 0) break;
    if ((bytes[position]! & copiedFlag) !== 0) {
      copyBytes(target, write, bytes, position, size);
      write += size;
    }
    position += size;
  }
  while (((write - targetOffset) & 3) !== 0) target[write++] = optionEnd;
  target[targetOffset] = 0x40 | ((write - targetOffset) >>> 2);
}

/** 0 at the end of the list, or where it can no longer be walked. */
function nextOption(bytes: Uint8Array, position: number, end: number): number {
  const kind = bytes[position]!;
  if (kind === optionEnd) return 0;
  return kind === optionNoOperation ? 1 : optionLength(bytes, position, end);
}
