// The header of a PPP frame where it lies (RFC 1661 §2). Tolerates FF 03 present or absent and a one-byte protocol field,
// negotiated or not (LCP-3).
import { read16 } from '../bytes/big-endian.ts';

const addressAndControl = 0xff03;
export const protocolIpv4 = 0x0021;
export const protocolMppe = 0x00fd;
/** Protocols that MPPE covers (MPPE-5; RFC 3078 §2). */
const firstCovered = 0x0021;
const lastCovered = 0x00fa;

/** Protocol and header length in one number, so that nothing is allocated: `protocol * 8 + header`; -1 when malformed. */
export function readPppHeader(bytes: Uint8Array, offset: number, length: number): number {
  const start = length >= 2 && read16(bytes, offset) === addressAndControl ? 2 : 0;
  return readProtocol(bytes, offset + start, length - start, start);
}

/** The same without address and control, as it stands inside MPPE; `before` is added to the header's length. */
export function readProtocol(bytes: Uint8Array, offset: number, length: number, before: number): number {
  if (length < 1) return -1;
  const first = bytes[offset]!;
  // The last octet of a protocol number is odd, and only the last (RFC 1661 §2): so one octet can stand for two.
  if ((first & 1) === 1) return first * 8 + before + 1;
  if (length < 2 || (bytes[offset + 1]! & 1) === 0) return -1;
  return read16(bytes, offset) * 8 + before + 2;
}

export function isEncryptedFrame(bytes: Uint8Array, offset: number, length: number): boolean {
  return readPppHeader(bytes, offset, length) >>> 3 === protocolMppe;
}

/** LCP, CHAP, CCP, IPCP and whatever else is for the link to judge. */
export function isControlFrame(bytes: Uint8Array, offset: number, length: number): boolean {
  const header = readPppHeader(bytes, offset, length);
  return header >= 0 && !isCovered(header >>> 3) && header >>> 3 !== protocolMppe;
}

export function isCovered(protocol: number): boolean {
  return protocol >= firstCovered && protocol <= lastCovered;
}
