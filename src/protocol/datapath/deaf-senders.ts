// TCP senders that no ICMP reaches: a filter in front of them swallows our word on the size (RFC 2923 §2.1). A segment that was
// dropped for its size and comes again as large was sent by such a one, and is cut despite DF, inside the tunnel.
//
// One place a connection, found by hash; another connection in the same place costs one more retransmission. TCP only:
// whoever probes for the MTU over UDP (RFC 8899) must not be told that a size passes whole.
import {
  at,
  destinationOf,
  headerLength,
  isLaterFragment,
  protocolOf,
  protocolTcp,
  read16,
  read32,
  sourceOf,
  totalLength,
} from '../ip/ipv4.ts';

/** A power of two. */
const places = 256;
/** Less is no retransmission but the same burst: TCP waits 200 ms at least in practice (RFC 6298 §2.4 asks for 1 s). */
const burstLength = 100;
/** After this long without a packet that is too large, ms, a sender is thought to have learned. */
const memoryLength = 60_000;
const portsLength = 8;

export interface DeafSenders {
  readonly sources: Uint32Array;
  readonly destinations: Uint32Array;
  /** Both ports. */
  readonly ports: Uint32Array;
  /** Sequence number of the first segment dropped in the last burst. */
  readonly sequences: Uint32Array;
  readonly isDeaf: Uint8Array;
  /** Of that drop; once deaf, of the last segment. */
  readonly times: Float64Array;
  /** Identification for pieces of a packet that had none (RFC 6864 §4.1). */
  identification: number;
}

export function createDeafSenders(): DeafSenders {
  return {
    sources: new Uint32Array(places),
    destinations: new Uint32Array(places),
    ports: new Uint32Array(places),
    sequences: new Uint32Array(places),
    isDeaf: new Uint8Array(places),
    times: new Float64Array(places).fill(Number.NEGATIVE_INFINITY),
    identification: 0,
  };
}

/** Whether the sender of this packet, too large and with DF, does not hear what it is told. Remembers the packet. */
export function isFromDeafSender(
  senders: DeafSenders,
  bytes: Uint8Array,
  offset: number,
  now: number,
): boolean {
  const tcp = offset + headerLength(bytes, offset);
  const isTcp = protocolOf(bytes, offset) === protocolTcp && !isLaterFragment(bytes, offset);
  if (!isTcp || tcp + portsLength > offset + totalLength(bytes, offset)) return false;
  const source = sourceOf(bytes, offset);
  const destination = destinationOf(bytes, offset);
  const ports = read32(bytes, tcp);
  const place = hash(source ^ Math.imul(destination, 31) ^ ports);
  const isSame =
    senders.sources[place] === source &&
    senders.destinations[place] === destination &&
    senders.ports[place] === ports &&
    now - senders.times[place]! < memoryLength;
  const sequence = read32(bytes, tcp + 4);
  if (!isSame) {
    senders.sources[place] = source;
    senders.destinations[place] = destination;
    senders.ports[place] = ports;
    senders.isDeaf[place] = 0;
    remember(senders, place, sequence, now);
    return false;
  }
  return judge(senders, place, sequence, now);
}

function judge(senders: DeafSenders, place: number, sequence: number, now: number): boolean {
  if (senders.isDeaf[place] === 1) {
    senders.times[place] = now;
    return true;
  }
  if (now - senders.times[place]! < burstLength) return false;
  const comesAgain = ((sequence - senders.sequences[place]!) | 0) <= 0;
  remember(senders, place, sequence, now);
  if (comesAgain) senders.isDeaf[place] = 1;
  return comesAgain;
}

/** What its pieces must share, if the packet has none: RFC 6864 §4.1 lets a packet with DF go without. */
export function giveIdentification(senders: DeafSenders, bytes: Uint8Array, offset: number): void {
  if (read16(bytes, offset + at.identification) !== 0) return;
  senders.identification = (senders.identification % 0xffff) + 1;
  bytes[offset + at.identification] = senders.identification >>> 8;
  bytes[offset + at.identification + 1] = senders.identification & 0xff;
}

function remember(senders: DeafSenders, place: number, sequence: number, now: number): void {
  senders.sequences[place] = sequence;
  senders.times[place] = now;
}

function hash(value: number): number {
  return (Math.imul(value, 0x9e3779b1) >>> 16) & (places - 1);
}
