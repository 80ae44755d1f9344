// Lists of packets in one linear memory: how the data path, the raw socket and the TUN hand packets to each other
// without copying. A list that the host fills has a slot per index; a list that the data path fills points anywhere.

/** Packet `i` (below `count`) is `lengths[i]` bytes at `offsets[i]` of the data path's memory. */
export interface PacketVector {
  readonly capacity: number;
  count: number;
  readonly offsets: Uint32Array;
  /** Before a read: room in the slot. After it, and on the way out: the packet's length. */
  readonly lengths: Uint32Array;
  /** IPv4 address of the raw socket's peer in host order: where it came from, or where to send it. */
  readonly addresses: Uint32Array;
  /** After a send or write: 0, or the errno of that packet. */
  readonly errnos: Int32Array;
  /** Room for one packet from its offset. */
  readonly slotSize: number;
}

/** What goes to the raw socket, with the session of each packet, so that an errno can be blamed on its session. */
export interface SessionPacketVector extends PacketVector {
  readonly sessions: Uint32Array;
}

/** PPP control frames for the links: frame `i` is `lengths[i]` bytes of information at `offsets[i]`. */
export interface ControlVector {
  readonly capacity: number;
  count: number;
  readonly sessions: Uint32Array;
  readonly protocols: Uint16Array;
  readonly offsets: Uint32Array;
  readonly lengths: Uint32Array;
}

/** Sessions to which something happened; the caller reads them and sets `count` to 0. */
export interface SessionEvents {
  readonly capacity: number;
  count: number;
  readonly sessions: Uint32Array;
}

/** A vector over `capacity` slots of `stride` bytes from `base`; packets begin `headroom` bytes into their slot. */
export function createPacketVector(
  capacity: number,
  base: number,
  stride: number,
  headroom: number,
): SessionPacketVector {
  const slotSize = stride - headroom;
  return {
    capacity,
    count: 0,
    offsets: Uint32Array.from({ length: capacity }, (_, index) => base + index * stride + headroom),
    lengths: new Uint32Array(capacity).fill(slotSize),
    addresses: new Uint32Array(capacity),
    errnos: new Int32Array(capacity),
    sessions: new Uint32Array(capacity),
    slotSize,
  };
}

export function createControlVector(capacity: number): ControlVector {
  return {
    capacity,
    count: 0,
    sessions: new Uint32Array(capacity),
    protocols: new Uint16Array(capacity),
    offsets: new Uint32Array(capacity),
    lengths: new Uint32Array(capacity),
  };
}

export function createSessionEvents(capacity: number): SessionEvents {
  return { capacity, count: 0, sessions: new Uint32Array(capacity) };
}

/** Adds `session`; an event that finds no room is dropped: what caused it will come again. */
export function addSessionEvent(events: SessionEvents, session: number): void {
  if (events.count >= events.capacity) return;
  events.sessions[events.count] = session;
  events.count++;
}
