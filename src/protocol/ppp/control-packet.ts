// The packet that LCP, CCP, IPCP and CHAP share (RFC 1661 §5, RFC 1994 §4): code, identifier, length, data.
//
//     0                   1                   2                   3
//    +---------------+---------------+-------------------------------+
//    |     Code      |  Identifier   |            Length             |
//    +---------------+---------------+-------------------------------+
//    |    Data ...
import { MalformedPacket } from '../bytes/malformed.ts';

export interface ControlPacket {
  code: number;
  identifier: number;
  data: Uint8Array;
}

/** Codes of RFC 1661 §5, RFC 1570 (12, 13) and RFC 1962 §4 (14, 15). */
export const Code = {
  ConfigureRequest: 1,
  ConfigureAck: 2,
  ConfigureNak: 3,
  ConfigureReject: 4,
  TerminateRequest: 5,
  TerminateAck: 6,
  CodeReject: 7,
  ProtocolReject: 8,
  EchoRequest: 9,
  EchoReply: 10,
  DiscardRequest: 11,
  Identification: 12,
  TimeRemaining: 13,
  ResetRequest: 14,
  ResetAck: 15,
} as const;

/** Code, identifier and length. */
export const ControlHeaderLength = 4;
/** No peer of ours has a reason to send more: the MRU of RFC 1661 §6.1, and a bound for what we might have to echo. */
const MaximumLength = 1500;

/** Reads a packet; the data is a view into `bytes`, trailing padding is cut off (RFC 1661 §5). Throws MalformedPacket. */
export function decodeControlPacket(bytes: Uint8Array): ControlPacket {
  const [code, identifier, high, low] = bytes;
  if (code === undefined || identifier === undefined || high === undefined || low === undefined) {
    throw new MalformedPacket('ppp', 'truncated');
  }
  const length = (high << 8) | low;
  if (length < ControlHeaderLength) throw new MalformedPacket('ppp', 'length_below_header');
  if (length > bytes.length) throw new MalformedPacket('ppp', 'length_above_frame');
  if (length > MaximumLength) throw new MalformedPacket('ppp', 'packet_too_long');
  return { code, identifier, data: bytes.subarray(ControlHeaderLength, length) };
}

export function encodeControlPacket(packet: ControlPacket): Uint8Array {
  const length = ControlHeaderLength + packet.data.length;
  const bytes = new Uint8Array(length);
  bytes.set([packet.code, packet.identifier, length >>> 8, length & 0xff]);
  bytes.set(packet.data, ControlHeaderLength);
  return bytes;
}

/** `Configure-Request 3`: the code as the RFCs hyphenate it, and the identifier. */
export function describeControlPacket(packet: ControlPacket): string {
  const known = Object.entries(Code).find(([, code]) => code === packet.code);
  const name = known === undefined ? `Code-${packet.code}` : known[0].replace(/(?<=[a-z])(?=[A-Z])/g, '-');
  return `${name} ${packet.identifier}`;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
