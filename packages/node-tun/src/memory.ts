// Where ArrayBuffers live, and how a pointer is written into a structure in one of them.
// Linux on 64-bit little-endian machines only; pointers are plain numbers (user space ends below 2^53).
import { endianness } from 'node:os';
import koffi from 'koffi';

const TwoTo32 = 4294967296;

if (endianness() !== 'LE' || koffi.sizeof('long') !== 8) {
  throw new Error(`node-tun needs a 64-bit little-endian machine, not ${process.arch}`);
}

/** The address of the first byte. Stays valid while the buffer is referenced and not transferred or resized. */
export function addressOf(memory: ArrayBufferLike): number {
  return Number(koffi.address(new Uint8Array(memory)));
}

/** Writes a 64-bit value (pointer or size) as two words, lowest first. */
export function writeWord64(words: Uint32Array, index: number, value: number): void {
  words[index] = value % TwoTo32;
  words[index + 1] = Math.floor(value / TwoTo32);
}
