// Reads a packet from front to back in network order. Running out of bytes is the packet's fault: MalformedPacket
// 'truncated', never a RangeError. Slices share the packet's memory.
import { MalformedPacket } from './malformed.ts';

export class Reader {
  readonly #bytes: Uint8Array;
  readonly #layer: string;
  #offset = 0;

  /** `layer` names the parser in the errors: 'pptp', 'lcp' … */
  constructor(bytes: Uint8Array, layer: string) {
    this.#bytes = bytes;
    this.#layer = layer;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  u16(): number {
    const at = this.#take(2);
    return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!;
  }

  u32(): number {
    return this.u16() * 0x10000 + this.u16();
  }

  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  skip(length: number): void {
    this.#take(length);
  }

  #take(length: number): number {
    if (length > this.remaining) throw new MalformedPacket(this.#layer, 'truncated');
    const at = this.#offset;
    this.#offset += length;
    return at;
  }
}
