// The mmsghdr, iovec and sockaddr_in arrays (recvmmsg(2), ip(7)) through which one system call moves many packets
// between a socket and the linear memory. Made once; filling them allocates nothing.
import { addressOf, writeWord64 } from './memory.ts';
import type { PacketVector } from './packet-vector.ts';

// Layouts on 64-bit Linux, in bytes.
const MmsghdrSize = 64;
const MsgNamelen = 8;
const MsgIov = 16;
const MsgIovlen = 24;
const MsgLen = 56;
const IovecSize = 16;
export const SockaddrInSize = 16;
export const SinAddr = 4;
export const AF_INET = 2;

export class MessageBatch {
  readonly capacity: number;
  /** Address of the first mmsghdr. */
  readonly address: number;
  readonly #memorySize: number;
  readonly #memoryBase: number;
  readonly #words: Uint32Array;
  readonly #bytes: DataView;
  readonly #iovecs: number;
  readonly #names: number;

  constructor(capacity: number, memory: ArrayBuffer) {
    this.capacity = capacity;
    this.#memorySize = memory.byteLength;
    this.#memoryBase = addressOf(memory);
    const block = new ArrayBuffer(capacity * (MmsghdrSize + IovecSize + SockaddrInSize));
    this.address = addressOf(block);
    this.#words = new Uint32Array(block);
    this.#bytes = new DataView(block);
    this.#iovecs = capacity * MmsghdrSize;
    this.#names = this.#iovecs + capacity * IovecSize;
    for (let i = 0; i < capacity; i++) this.#connect(i);
  }

  /** Where the `index`th mmsghdr begins. */
  at(index: number): number {
    return this.address + index * MmsghdrSize;
  }

  /** Aims the first `count` messages at the vector's slots. */
  prepareReceive(vector: PacketVector, count: number): void {
    for (let i = 0; i < count; i++) {
      this.#words[(i * MmsghdrSize + MsgNamelen) >> 2] = SockaddrInSize;
      this.#aim(i, vector.offsets[i] ?? this.#memorySize, vector.slotSize);
    }
  }

  /** Notes the length and the sender of the first `count` messages in the vector. */
  collectReceived(vector: PacketVector, count: number): void {
    for (let i = 0; i < count; i++) {
      vector.lengths[i] = this.#words[(i * MmsghdrSize + MsgLen) >> 2] ?? 0;
      vector.addresses[i] = this.#bytes.getUint32(this.#names + i * SockaddrInSize + SinAddr);
    }
  }

  /** Aims the first `count` messages at the vector's packets from index `start` on, and at their destinations. */
  prepareSend(vector: PacketVector, start: number, count: number): void {
    for (let i = 0; i < count; i++) {
      this.#aim(i, vector.offsets[start + i] ?? this.#memorySize, vector.lengths[start + i] ?? 0);
      this.#bytes.setUint32(this.#names + i * SockaddrInSize + SinAddr, vector.addresses[start + i] ?? 0);
    }
  }

  #connect(index: number): void {
    const message = index * MmsghdrSize;
    const name = this.#names + index * SockaddrInSize;
    writeWord64(this.#words, message >> 2, this.address + name);
    this.#words[(message + MsgNamelen) >> 2] = SockaddrInSize;
    writeWord64(this.#words, (message + MsgIov) >> 2, this.address + this.#iovecs + index * IovecSize);
    this.#words[(message + MsgIovlen) >> 2] = 1;
    this.#bytes.setUint16(name, AF_INET, true);
  }

  // Nothing outside the memory is ever touched: a packet that reaches over its end becomes an empty one, which the
  // kernel refuses with EINVAL on a send and truncates to nothing on a receive.
  #aim(index: number, offset: number, length: number): void {
    const iovec = (this.#iovecs + index * IovecSize) >> 2;
    const inside = offset + length <= this.#memorySize;
    writeWord64(this.#words, iovec, this.#memoryBase + (inside ? offset : 0));
    this.#words[iovec + 2] = inside ? length : 0;
  }
}
