// Packets by hand, and vectors to put them in.
import type { PacketVector } from '../../src/node-tun.ts';

export const SlotSize = 2048;

export function newVector(capacity: number, firstOffset = 0): PacketVector {
  return {
    capacity,
    count: 0,
    offsets: Uint32Array.from({ length: capacity }, (_, i) => firstOffset + i * SlotSize),
    lengths: new Uint32Array(capacity),
    addresses: new Uint32Array(capacity),
    errnos: new Int32Array(capacity).fill(-1),
    slotSize: SlotSize,
  };
}

export function address(text: string): number {
  return text.split('.').reduce((value, part) => value * 256 + Number(part), 0);
}

function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export interface Ipv4Fields {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly payload: Uint8Array;
  readonly dontFragment?: boolean;
}

/** RFC 791 without options, with a right checksum. */
export function ipv4Packet({ source, destination, protocol, payload, dontFragment }: Ipv4Fields): Uint8Array {
  const bytes = new Uint8Array(20 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x45);
  view.setUint16(2, bytes.length);
  if (dontFragment) view.setUint16(6, 0x4000);
  view.setUint8(8, 64);
  view.setUint8(9, protocol);
  view.setUint32(12, address(source));
  view.setUint32(16, address(destination));
  view.setUint16(10, checksum(bytes.subarray(0, 20)));
  bytes.set(payload, 20);
  return bytes;
}

/** RFC 768 without a checksum. */
export function udp(sourcePort: number, destinationPort: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, sourcePort);
  view.setUint16(2, destinationPort);
  view.setUint16(4, bytes.length);
  bytes.set(data, 8);
  return bytes;
}

/** RFC 793: a SYN whose checksum fits the pseudo header. */
export function tcpSyn(source: string, destination: string, port: number): Uint8Array {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, address(source));
  view.setUint32(4, address(destination));
  view.setUint16(8, 6);
  view.setUint16(10, 20);
  view.setUint16(12, 40000);
  view.setUint16(14, port);
  view.setUint32(16, 1);
  view.setUint8(24, 0x50);
  view.setUint8(25, 0x02);
  view.setUint16(26, 64240);
  view.setUint16(28, checksum(bytes));
  return bytes.subarray(12);
}

/** RFC 792: an Echo. */
export function icmpEcho(identifier: number): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 8);
  view.setUint16(4, identifier);
  view.setUint16(2, checksum(bytes));
  return bytes;
}

/** RFC 2637 §4.1: enhanced GRE with a payload and sequence number 0. */
export function enhancedGre(callId: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x3001);
  view.setUint16(2, 0x880b);
  view.setUint16(4, data.length);
  view.setUint16(6, callId);
  bytes.set(data, 12);
  return bytes;
}

/** Puts packets into the vector, from index 0. */
export function fill(memory: ArrayBuffer, vector: PacketVector, packets: readonly Uint8Array[]): void {
  packets.forEach((packet, i) => {
    new Uint8Array(memory).set(packet, vector.offsets[i]);
    vector.lengths[i] = packet.length;
    vector.addresses[i] = new DataView(packet.buffer, packet.byteOffset).getUint32(16);
  });
  vector.count = packets.length;
}

export function packetAt(memory: ArrayBuffer, vector: PacketVector, index: number): Uint8Array {
  return new Uint8Array(memory, vector.offsets[index], vector.lengths[index]).slice();
}
