// Fills a packet of known length from front to back in network order. Writing past the end is our own misuse and
// throws a plain Error; values are cut to the width of their field.
export class Writer {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(length: number) {
    this.#bytes = new Uint8Array(length);
  }

  u8(value: number): void {
    this.#bytes[this.#take(1)] = value;
  }

  u16(value: number): void {
    const at = this.#take(2);
    this.#bytes[at] = value >>> 8;
    this.#bytes[at + 1] = value;
  }

  u32(value: number): void {
    this.u16(value >>> 16);
    this.u16(value & 0xffff);
  }

  bytes(value: Uint8Array): void {
    this.#bytes.set(value, this.#take(value.length));
  }

  zeros(length: number): void {
    this.#take(length);
  }

  /** The packet; everything not yet written is zero. */
  finish(): Uint8Array {
    return this.#bytes;
  }

  #take(length: number): number {
    const at = this.#offset;
    if (at + length > this.#bytes.length)
      throw new Error(`writes ${length} octets at ${at} of ${this.#bytes.length}`);
    this.#offset += length;
    return at;
  }
}
