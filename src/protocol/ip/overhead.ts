// What the tunnel adds to a packet: the one place where MTUs are converted (RFC 2637 §4.1, RFC 1661 §2, RFC 3078 §3).
//
//   outer IPv4 | GRE 8 + sequence 4 + ack 4 | FF 03 + protocol | MPPE 2 + inner protocol 2 | inner IPv4 packet
//       20     |            16              |        4         |    4, MPPE only           |
//
//   with MPPE: outer = inner + 44        without: outer = inner + 40        LCP packet: outer = its length + 40
//
// The peer's MRU bounds the PPP information field: inner + 4 with MPPE, inner without, a whole LCP packet. So the
// largest packet of either kind is MRU + 40 outside, and an LCP Echo-Request can probe every size that data can have.
// All this holds for frames that carry an acknowledgment; one without is 4 bytes shorter.

export const outerHeaderLength = 20;
export const greHeaderLength = 16;
export const pppHeaderLength = 4;
export const mppeHeaderLength = 4;

/** Outer bytes over an LCP packet, or over an inner packet sent in clear. */
export const clearOverhead = outerHeaderLength + greHeaderLength + pppHeaderLength;
/** Outer bytes over an inner packet under MPPE. */
export const mppeOverhead = clearOverhead + mppeHeaderLength;

export interface Encryption {
  readonly mppe: boolean;
}

export function overheadOf({ mppe }: Encryption): number {
  return mppe ? mppeOverhead : clearOverhead;
}

/** The largest inner packet whose outer packet takes at most `pathMtu` bytes. */
export function tunnelMtuFor(pathMtu: number, encryption: Encryption): number {
  return pathMtu - overheadOf(encryption);
}

/** The largest outer packet a peer of this MRU takes, be it data or an LCP Echo-Request. */
export function largestOuterFor(peersMru: number): number {
  return peersMru + clearOverhead;
}

/** Length of the LCP packet that makes an outer packet of `outerSize` bytes. */
export function lcpLengthFor(outerSize: number): number {
  return outerSize - clearOverhead;
}
