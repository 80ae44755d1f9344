// The enhanced GRE header (RFC 2637 §4.1) where it lies in memory: fields without allocation, for the data path.
// packet.ts is the codec of the same header for everything else, and has the diagram.
import { read16, read32, write16, write32 } from '../bytes/big-endian.ts';

/** Masks of the first 32 bits, in network order. */
export const sequenceBit = 0x10000000;
export const acknowledgmentBit = 0x00800000;
/** GRE-1: everything but S and A must be exactly K, version 1 and protocol type 0x880B. */
export const freeBitsMask = 0xef7fffff;
export const fixedWord = 0x2001880b;

export const baseLength = 8;
/** RFC 2637 §4.1: where the fields stand; what follows the call id depends on S and A. */
const atPayloadLength = 4;
const atCallId = 6;

/** Whether the eight bytes at `at` begin an enhanced GRE packet (GRE-1). */
export function isEnhancedGre(bytes: Uint8Array, at: number): boolean {
  return ((read32(bytes, at) & freeBitsMask) | 0) === fixedWord;
}

export function hasSequence(bytes: Uint8Array, at: number): boolean {
  return (read32(bytes, at) & sequenceBit) !== 0;
}

export function hasAcknowledgment(bytes: Uint8Array, at: number): boolean {
  return (read32(bytes, at) & acknowledgmentBit) !== 0;
}

/** 8, 12 or 16. */
export function headerLength(bytes: Uint8Array, at: number): number {
  return baseLength + (hasSequence(bytes, at) ? 4 : 0) + (hasAcknowledgment(bytes, at) ? 4 : 0);
}

/** Without the GRE header (GRE-2). */
export function payloadLength(bytes: Uint8Array, at: number): number {
  return read16(bytes, at + atPayloadLength);
}

export function callId(bytes: Uint8Array, at: number): number {
  return read16(bytes, at + atCallId);
}

export function sequenceNumber(bytes: Uint8Array, at: number): number {
  return read32(bytes, at + baseLength);
}

/** With S clear the acknowledgment stands where the sequence number would be (GRE-1). */
export function acknowledgmentNumber(bytes: Uint8Array, at: number): number {
  return read32(bytes, at + baseLength + (hasSequence(bytes, at) ? 4 : 0));
}

/** Writes the first eight bytes; `flags` is made of `sequenceBit` and `acknowledgmentBit`. */
export function writeBase(
  bytes: Uint8Array,
  at: number,
  flags: number,
  payload: number,
  peersCallId: number,
): void {
  write32(bytes, at, fixedWord | flags);
  write16(bytes, at + atPayloadLength, payload);
  write16(bytes, at + atCallId, peersCallId);
}
