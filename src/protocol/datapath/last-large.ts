// The header of the last large packet with DF that went to each peer. When the tunnel turns out to be narrower than that,
// its sender is told so at once (RFC 1191 §4): whoever waits for a timer of TCP, doubled with each loss, waits long.
// Of what is inside the packet nothing is kept but the 8 bytes that ICMP quotes.
import { at, copyBytes, isDontFragment, minimumHeaderLength, read16 } from '../ip/ipv4.ts';

/** Less than any tunnel takes is never too large: 576 outside, bytes. */
const leastLarge = 532;
/** RFC 792: the header and 8 bytes. */
export const keptLength = minimumHeaderLength + 8;
const versionAndHeaderLength = 0x45;

export interface LastLarge {
  readonly headers: Uint8Array;
  /** When it left, ms; -Infinity: there was none. */
  readonly times: Float64Array;
}

export function createLastLarge(sessions: number): LastLarge {
  return {
    headers: new Uint8Array(sessions * keptLength),
    times: new Float64Array(sessions).fill(Number.NEGATIVE_INFINITY),
  };
}

export function forgetLarge({ times }: LastLarge, session: number): void {
  times[session] = Number.NEGATIVE_INFINITY;
}

/** Remembers the inner packet of `length` bytes at `offset`, if it is large and must not be cut. No options. */
export function noteLarge(
  { headers, times }: LastLarge,
  session: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  now: number,
): void {
  if (length < leastLarge || !isDontFragment(bytes, offset)) return;
  if (bytes[offset] !== versionAndHeaderLength) return;
  copyBytes(headers, session * keptLength, bytes, offset, keptLength);
  times[session] = now;
}

/** Where in `headers` the session's packet is, if it was larger than `mtu`; -1 when there is none. */
export function findLarger({ headers, times }: LastLarge, session: number, mtu: number): number {
  const base = session * keptLength;
  if (times[session] === Number.NEGATIVE_INFINITY) return -1;
  return read16(headers, base + at.totalLength) > mtu ? base : -1;
}
