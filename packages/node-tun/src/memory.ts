// Where ArrayBuffers live, and how a pointer is written into a structure in one of them.
// Linux on 64-bit little-endian machines only; pointers are plain numbers (user space ends below 2^53).
import { endianness } from 'node:os';
import koffi from 'koffi';

const TwoTo32 = 4294967296;

if (endianness() !== 'LE' || koffi.sizeof('long') !== 8) {
  throw new Error(`node-tun needs a 64-bit little-endian machine, not ${process.arch}`);
}

// A temporary buffer may be collected as soon as only its address is left: the latest ones are held until long after
// the system call that they are for.
const recent = new Array<ArrayBufferLike | undefined>(64).fill(undefined);
let next = 0;

/** The address of the first byte. A buffer that must outlive the next system call is the caller's to keep. */
export function addressOf(memory: ArrayBufferLike): number {
  recent[next] = memory;
  next = (next + 1) % recent.length;
  return Number(koffi.address(new Uint8Array(memory)));
}

/** Writes a 64-bit value (pointer or size) as two words, lowest first. */
export function writeWord64(words: Uint32Array, index: number, value: number): void {
  words[index] = value % TwoTo32;
  words[index + 1] = Math.floor(value / TwoTo32);
}
