// The classic BPF program (Documentation/networking/filter.rst) that keeps a raw GRE socket to enhanced GRE
// (RFC 2637 §4.1): version 1, protocol type 0x880B. It runs in the kernel before a packet is queued, so strangers'
// GRE costs no system call. A raw socket's filter sees the IPv4 header first.
import { addressOf, writeWord64 } from './memory.ts';

interface Instruction {
  readonly code: number;
  readonly k: number;
  /** Where a jump goes when its condition holds, and when not; next by default. */
  readonly whenTrue?: Label;
  readonly whenFalse?: Label;
}
type Label = 'next' | 'addressAccepted' | 'drop';

// linux/filter.h
const LoadWord = 0x20;
const LoadHalf = 0x28;
const LoadHalfIndexed = 0x48;
const LoadIpHeaderLength = 0xb1;
const And = 0x54;
const JumpEqual = 0x15;
const JumpGreater = 0x25;
const JumpGreaterOrEqual = 0x35;
const JumpSet = 0x45;
const Return = 0x06;

// RFC 791 §3.1: offsets in the IPv4 header, and the mask of "more fragments" and the fragment offset.
const FragmentField = 6;
const DestinationField = 16;
const FragmentMask = 0x3fff;
// RFC 2637 §4.1: offsets from the GRE header.
const GreFlags = 0;
const GreProtocolType = 2;
const GreCallId = 6;
const GreVersionMask = 0x0007;
const EnhancedGreVersion = 1;
const EnhancedGreProtocolType = 0x880b;

const WholePacket = 0x40000;
const InstructionSize = 8;
/** A conditional jump reaches 255 instructions: what remains after the fixed part of the program. */
const MaxAddresses = 200;

export interface GreFilter {
  /** Local IPv4 addresses (host order) to accept; all when absent or empty. */
  readonly addresses?: readonly number[];
  /** Call IDs to accept, both included; all when absent. */
  readonly callIds?: { readonly first: number; readonly last: number };
}

/** The program as an array of struct sock_filter. */
export function assembleGreFilter(filter: GreFilter): Uint8Array<ArrayBuffer> {
  const addresses = filter.addresses ?? [];
  if (addresses.length > MaxAddresses) {
    throw new RangeError(`at most ${MaxAddresses} local addresses fit a filter, not ${addresses.length}`);
  }
  return encode([
    { code: LoadHalf, k: FragmentField },
    { code: JumpSet, k: FragmentMask, whenTrue: 'drop' },
    ...matchAddress(addresses),
    { code: LoadIpHeaderLength, k: 0 },
    { code: LoadHalfIndexed, k: GreFlags },
    { code: And, k: GreVersionMask },
    { code: JumpEqual, k: EnhancedGreVersion, whenFalse: 'drop' },
    { code: LoadHalfIndexed, k: GreProtocolType },
    { code: JumpEqual, k: EnhancedGreProtocolType, whenFalse: 'drop' },
    ...matchCallId(filter.callIds),
    { code: Return, k: WholePacket },
    { code: Return, k: 0 },
  ]);
}

function matchAddress(addresses: readonly number[]): Instruction[] {
  if (addresses.length === 0) return [];
  const last = addresses.length - 1;
  return [
    { code: LoadWord, k: DestinationField },
    ...addresses.map(
      (address, i): Instruction => ({
        code: JumpEqual,
        k: address,
        whenTrue: 'addressAccepted',
        whenFalse: i === last ? 'drop' : 'next',
      }),
    ),
  ];
}

function matchCallId(range: GreFilter['callIds']): Instruction[] {
  if (range === undefined) return [];
  return [
    { code: LoadHalfIndexed, k: GreCallId },
    { code: JumpGreaterOrEqual, k: range.first, whenFalse: 'drop' },
    { code: JumpGreater, k: range.last, whenTrue: 'drop' },
  ];
}

function encode(program: readonly Instruction[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(program.length * InstructionSize);
  const view = new DataView(bytes.buffer);
  const targets: Record<Label, number> = {
    next: -1,
    addressAccepted: program.findIndex(({ code }) => code === LoadIpHeaderLength),
    drop: program.length - 1,
  };
  const distance = (label: Label = 'next', from: number) =>
    label === 'next' ? 0 : targets[label] - from - 1;
  program.forEach(({ code, k, whenTrue, whenFalse }, i) => {
    view.setUint16(i * InstructionSize, code, true);
    view.setUint8(i * InstructionSize + 2, distance(whenTrue, i));
    view.setUint8(i * InstructionSize + 3, distance(whenFalse, i));
    view.setUint32(i * InstructionSize + 4, k, true);
  });
  return bytes;
}

/** struct sock_fprog: what SO_ATTACH_FILTER takes. It points into `program`, which must outlive the call. */
export function socketFilterProgram(program: Uint8Array<ArrayBuffer>): ArrayBuffer {
  const fprog = new ArrayBuffer(16);
  const words = new Uint32Array(fprog);
  words[0] = program.length / InstructionSize;
  writeWord64(words, 2, addressOf(program.buffer));
  return fprog;
}
