// Netlink messages (netlink(7), rtnetlink(7)) to bytes and back: a header, a fixed part, and attributes that may nest.
// Knows the framing only; what the attributes mean is said by the files that use them.

const HeaderSize = 16;
const AttributeHeaderSize = 4;
const NLA_F_NESTED = 0x8000;
const AttributeTypeMask = 0x3fff;

export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly payload: Uint8Array;
}

export type Attributes = ReadonlyMap<number, Uint8Array>;

const align = (length: number) => (length + 3) & ~3;

/** Concatenates a message: header, the fixed part, the attributes, each aligned to 4 bytes. */
export function encodeMessage(message: NetlinkMessage, sequence: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(align(HeaderSize + message.payload.length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, HeaderSize + message.payload.length, true);
  view.setUint16(4, message.type, true);
  view.setUint16(6, message.flags, true);
  view.setUint32(8, sequence, true);
  bytes.set(message.payload, HeaderSize);
  return bytes;
}

/** Splits what one recv returned. Stops at the first length that cannot be. */
export function decodeMessages(bytes: Uint8Array): (NetlinkMessage & { sequence: number })[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const messages = [];
  for (let at = 0; at + HeaderSize <= bytes.length; ) {
    const length = view.getUint32(at, true);
    if (length < HeaderSize || at + length > bytes.length) break;
    messages.push({
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      sequence: view.getUint32(at + 8, true),
      payload: bytes.subarray(at + HeaderSize, at + length),
    });
    at += align(length);
  }
  return messages;
}

/** Joins parts into one payload. */
export function concatenate(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export function attribute(type: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(align(AttributeHeaderSize + value.length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AttributeHeaderSize + value.length, true);
  view.setUint16(2, type, true);
  bytes.set(value, AttributeHeaderSize);
  return bytes;
}

export function nested(type: number, ...attributes: readonly Uint8Array[]): Uint8Array {
  return attribute(type | NLA_F_NESTED, concatenate(...attributes));
}

/** The attributes from `offset` on, by type. */
export function decodeAttributes(payload: Uint8Array, offset = 0): Attributes {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const attributes = new Map<number, Uint8Array>();
  for (let at = offset; at + AttributeHeaderSize <= payload.length; ) {
    const length = view.getUint16(at, true);
    if (length < AttributeHeaderSize || at + length > payload.length) break;
    const type = view.getUint16(at + 2, true) & AttributeTypeMask;
    attributes.set(type, payload.subarray(at + AttributeHeaderSize, at + length));
    at += align(length);
  }
  return attributes;
}

/** An integer in the machine's order, which is little-endian here. */
export function uint32(value: number): Uint8Array {
  return new Uint8Array([value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24]);
}

/** An IPv4 address in host order, to the network's order. */
export function ipv4(address: number): Uint8Array {
  return uint32(address).reverse();
}

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(`${value}\0`);
}

export function readUint32(bytes: Uint8Array | undefined): number | undefined {
  if (bytes === undefined || bytes.length < 4) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
}

export function readIpv4(bytes: Uint8Array | undefined): number | undefined {
  if (bytes === undefined || bytes.length < 4) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
}

/** Text up to its closing zero. */
export function readText(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return '';
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
