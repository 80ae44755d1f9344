// A list of packets in one linear memory: what every read, write, receive and send of this package works on.

/** Packet `i` (below `count`) lies at `offsets[i]` of the memory given at opening and is `lengths[i]` bytes long. */
export interface PacketVector {
  readonly capacity: number;
  count: number;
  /** Where each packet begins. A read or receive fills the slots at these offsets, from index 0. */
  readonly offsets: Uint32Array;
  readonly lengths: Uint32Array;
  /** IPv4 address of the peer in host order: where it came from, or where to send it. */
  readonly addresses: Uint32Array;
  /** After a write or send: 0, or the errno of that packet. */
  readonly errnos: Int32Array;
  /** Bytes that a received packet may take from its offset on. */
  readonly slotSize: number;
}
