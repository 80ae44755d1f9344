// A PPP frame as PPTP carries it: no HDLC flags and no FCS, `FF 03` unless ACFC dropped it, then the protocol (RFC 1661 §2).
// Reading tolerates ACFC and PFC before they were negotiated (LCP-3); writing never uses them. The data path has its own
// in-place reader; this codec serves control frames, tools and tests.
//
//    +---------+---------+----------+-------------
//    | Address | Control | Protocol | Information
//    |  0xFF   |  0x03   | 1 or 2   |
//    +---------+---------+----------+-------------
import { MalformedPacket } from '../bytes/malformed.ts';

/** A frame without its address and control fields. */
export interface Frame {
  protocol: number;
  information: Uint8Array;
}

/** PPP protocol numbers (RFC 1661 §2, IANA "PPP DLL Protocol Numbers") that the link or its reports know by name. */
export const Protocol = {
  IPv4: 0x0021,
  IPv6: 0x0057,
  Multilink: 0x003d,
  CompressedDatagram: 0x00fd,
  IPCP: 0x8021,
  IPV6CP: 0x8057,
  CCP: 0x80fd,
  LCP: 0xc021,
  PAP: 0xc023,
  CBCP: 0xc029,
  BACP: 0xc02b,
  CHAP: 0xc223,
  EAP: 0xc227,
} as const;

const Address = 0xff;
const Control = 0x03;
/** An odd last octet ends the protocol field; an odd first octet therefore means a compressed one (RFC 1661 §2, §6.5). */
const LastOctet = 0x01;

/** Reads a frame; the information is a view into `bytes`. Throws MalformedPacket. */
export function decodeFrame(bytes: Uint8Array): Frame {
  const start = bytes[0] === Address && bytes[1] === Control ? 2 : 0;
  const first = bytes[start];
  if (first === undefined) throw new MalformedPacket('ppp', 'truncated');
  if (first & LastOctet) return { protocol: first, information: bytes.subarray(start + 1) };
  const second = bytes[start + 1];
  if (second === undefined) throw new MalformedPacket('ppp', 'truncated');
  if (!(second & LastOctet)) throw new MalformedPacket('ppp', 'protocol_even');
  return { protocol: (first << 8) | second, information: bytes.subarray(start + 2) };
}

/** Writes a frame with the full four-byte header. */
export function encodeFrame(frame: Frame): Uint8Array {
  const bytes = new Uint8Array(4 + frame.information.length);
  bytes.set([Address, Control, frame.protocol >>> 8, frame.protocol & 0xff]);
  bytes.set(frame.information, 4);
  return bytes;
}

/** The protocol's name, or its number as the IANA list writes it: `0x8035`. */
export function describeProtocol(protocol: number): string {
  const known = Object.entries(Protocol).find(([, number]) => number === protocol);
  return known?.[0] ?? `0x${protocol.toString(16).padStart(4, '0')}`;
}

/** RFC 1661 §2: 8*** to b*** are the network control protocols. */
export function isNetworkControl(protocol: number): boolean {
  return protocol >= 0x8000 && protocol < 0xc000;
}
