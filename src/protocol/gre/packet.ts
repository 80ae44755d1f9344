// Enhanced GRE as a value (RFC 2637 §4.1): for tools, logs and tests. The data path reads and writes the same header in place
// with header.ts; that one is the faster twin of this one.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |C|R|K|S|s|Recur|A| Flags | Ver |         Protocol Type         |
//   |    Key (HW) Payload Length    |       Key (LW) Call ID        |
//   |                  Sequence Number (Optional)                   |
//   |               Acknowledgment Number (Optional)                |
import { read16, read32, write16, write32 } from '../bytes/big-endian.ts';
import { MalformedPacket } from '../bytes/malformed.ts';

export interface GrePacket {
  /** The receiver's call id (CC-5). */
  callId: number;
  /** Absent from an acknowledgment alone. */
  sequenceNumber?: number;
  acknowledgmentNumber?: number;
  /** A PPP frame; empty without a sequence number. */
  payload: Uint8Array;
}

const keyFlag = 0x20;
const sequenceFlag = 0x10;
const acknowledgmentFlag = 0x80;
const version = 1;
const protocolType = 0x880b;
const baseLength = 8;

/** Reads a packet without its IP header; bytes after the payload are padding (GRE-2). Throws MalformedPacket. */
export function decodeGre(bytes: Uint8Array): GrePacket {
  if (bytes.length < baseLength) throw new MalformedPacket('gre', 'truncated');
  const [first = 0, second = 0] = bytes;
  const isEnhanced =
    (first & ~sequenceFlag) === keyFlag &&
    (second & ~acknowledgmentFlag) === version &&
    read16(bytes, 2) === protocolType;
  if (!isEnhanced) throw new MalformedPacket('gre', 'other_gre');
  const hasSequence = (first & sequenceFlag) !== 0;
  const hasAcknowledgment = (second & acknowledgmentFlag) !== 0;
  const header = baseLength + (hasSequence ? 4 : 0) + (hasAcknowledgment ? 4 : 0);
  const end = header + read16(bytes, 4);
  if (end > bytes.length) throw new MalformedPacket('gre', 'truncated');
  if (!hasSequence && end > header) throw new MalformedPacket('gre', 'payload_without_sequence');
  return {
    callId: read16(bytes, 6),
    ...(hasSequence && { sequenceNumber: read32(bytes, baseLength) }),
    ...(hasAcknowledgment && { acknowledgmentNumber: read32(bytes, header - 4) }),
    payload: bytes.subarray(header, end),
  };
}

export function encodeGre(packet: GrePacket): Uint8Array {
  const { sequenceNumber, acknowledgmentNumber, payload } = packet;
  const numbers = [sequenceNumber, acknowledgmentNumber].filter((number) => number !== undefined);
  const header = baseLength + 4 * numbers.length;
  const bytes = new Uint8Array(header + payload.length);
  bytes[0] = keyFlag | (sequenceNumber === undefined ? 0 : sequenceFlag);
  bytes[1] = version | (acknowledgmentNumber === undefined ? 0 : acknowledgmentFlag);
  write16(bytes, 2, protocolType);
  write16(bytes, 4, payload.length);
  write16(bytes, 6, packet.callId);
  numbers.forEach((number, index) => {
    write32(bytes, baseLength + 4 * index, number);
  });
  bytes.set(payload, header);
  return bytes;
}

/** `GREv1, call 4660, seq 7, ack 3, length 84`, as tcpdump has it. */
export function describeGre(packet: GrePacket): string {
  return [
    `GREv1, call ${packet.callId}`,
    ...(packet.sequenceNumber === undefined ? [] : [`seq ${packet.sequenceNumber}`]),
    ...(packet.acknowledgmentNumber === undefined ? [] : [`ack ${packet.acknowledgmentNumber}`]),
    `length ${packet.payload.length}`,
  ].join(', ');
}
