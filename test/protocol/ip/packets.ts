// Hand-made IPv4 packets for the tests of src/protocol/ip.
import { checksum, write16, write32, writeHeaderChecksum } from '../../../src/protocol/ip/ipv4.ts';

export interface PacketFields {
  readonly protocol?: number;
  readonly source?: number;
  readonly destination?: number;
  readonly identification?: number;
  readonly flagsAndOffset?: number;
  /** Length a multiple of 4. */
  readonly options?: readonly number[];
  readonly data?: Uint8Array;
}

export function ipv4Packet(fields: PacketFields = {}): Uint8Array {
  const options = fields.options ?? [];
  const data = fields.data ?? new Uint8Array(0);
  const header = 20 + options.length;
  const bytes = new Uint8Array(header + data.length);
  bytes[0] = 0x40 | (header / 4);
  write16(bytes, 2, bytes.length);
  write16(bytes, 4, fields.identification ?? 0x1234);
  write16(bytes, 6, fields.flagsAndOffset ?? 0);
  bytes[8] = 63;
  bytes[9] = fields.protocol ?? 17;
  write32(bytes, 12, fields.source ?? 0x0a4d000a);
  write32(bytes, 16, fields.destination ?? 0xc0000207);
  bytes.set(options, 20);
  bytes.set(data, header);
  writeHeaderChecksum(bytes, 0);
  return bytes;
}

/** A TCP header with these option bytes, padded with zeros to a multiple of 4, and a right checksum. */
export function tcpSegment(flags: number, options: readonly number[], payload = 0): Uint8Array {
  const header = 20 + Math.ceil(options.length / 4) * 4;
  const tcp = new Uint8Array(header + payload);
  write16(tcp, 0, 1025);
  write16(tcp, 2, 80);
  tcp[12] = (header / 4) << 4;
  tcp[13] = flags;
  tcp.set(options, 20);
  write16(tcp, 16, 0);
  return tcp;
}

export function tcpPacket(flags: number, options: readonly number[], fields: PacketFields = {}): Uint8Array {
  const packet = ipv4Packet({ ...fields, protocol: 6, data: tcpSegment(flags, options) });
  const tcp = (packet[0]! & 15) * 4;
  write16(packet, tcp + 16, tcpChecksum(packet));
  return packet;
}

/** The TCP checksum as it should be, over pseudo-header and segment (RFC 9293 §3.1), from scratch. */
export function tcpChecksum(packet: Uint8Array): number {
  const header = (packet[0]! & 15) * 4;
  const segment = packet.slice(header);
  write16(segment, 16, 0);
  const covered = new Uint8Array(12 + segment.length);
  covered.set(packet.subarray(12, 20));
  covered[9] = 6;
  write16(covered, 10, segment.length);
  covered.set(segment, 12);
  return checksum(covered, 0, covered.length);
}

export function countedBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
}
