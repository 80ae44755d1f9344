// Two data paths back to back over a wire that can lose, swap and double packets: the server's side and a client's, for one
// session. Time is simulated, chance is seeded.

import type { CallParameters, NetworkParameters } from '../../../src/protocol/datapath/data-path.ts';
import type { PacketVector } from '../../../src/protocol/datapath/packet-vector.ts';
import type { DataPathOptions } from '../../../src/protocol/datapath/state.ts';
import { TypeScriptDataPath } from '../../../src/protocol/datapath/typescript-data-path.ts';
import { decodeGre, encodeGre, type GrePacket } from '../../../src/protocol/gre/packet.ts';
import { compileDestinations } from '../../../src/protocol/ip/destinations.ts';
import { checksum, writeHeaderChecksum } from '../../../src/protocol/ip/ipv4.ts';
import type { KeyLength } from '../../../src/protocol/ppp/mppe-keys.ts';

export const serverAddress = 0xc0000201; // 192.0.2.1
export const clientAddress = 0xc6336407; // 198.51.100.7
export const gatewayAddress = 0x0a4d0001; // 10.77.0.1
export const assignedAddress = 0x0a4d0002; // 10.77.0.2
export const officeAddress = 0xc0a80105; // 192.168.1.5
export const anywhere = compileDestinations({
  allowed: [{ address: 0, prefixLength: 0 }],
  protected: [],
  denied: [],
});

export const serverCall: CallParameters = {
  callId: 0x1234,
  peersCallId: 0,
  peersReceiveWindow: 64,
  localAddress: serverAddress,
  peerAddress: clientAddress,
  requireEncryption: true,
};
export const serverNetwork: NetworkParameters = {
  address: assignedAddress,
  gatewayAddress,
  tunnelMtu: 1400,
  pathMtu: 1444,
  confirmed: true,
  destinations: anywhere,
};

export interface Encryption {
  keyLength: KeyLength;
  stateless: boolean;
}

/** One end: a data path with one session, and what came out of it. */
export class End {
  readonly path: TypeScriptDataPath;
  readonly session: number;
  /** Whole inner packets for the TUN, in order. */
  readonly delivered: Uint8Array[] = [];
  readonly controls: { protocol: number; information: Uint8Array }[] = [];
  /** Whole outer packets to be sent. */
  sent: Uint8Array[] = [];
  resets = 0;
  desynchronized = 0;

  constructor(call: CallParameters, options: DataPathOptions = {}) {
    this.path = new TypeScriptDataPath({ capacity: 4, ...options });
    const session = this.path.open(call);
    if (session === undefined) throw new Error('no session');
    this.session = session;
  }

  fromWire(packets: readonly Uint8Array[], now: number): void {
    this.#feed(this.path.greIn, packets, () => this.path.receiveGre(now));
  }

  fromTun(packets: readonly Uint8Array[], now: number): void {
    this.#feed(this.path.tunIn, packets, () => this.path.receiveTun(now));
  }

  transmit(
    protocol: number,
    information: Uint8Array,
    now: number,
    kind: 'control' | 'probe' = 'control',
  ): boolean {
    const done = this.path.transmit(this.session, protocol, information, kind, now);
    this.flush();
    return done;
  }

  expire(now: number): void {
    if (this.path.deadline > now) return;
    this.path.expire(now);
    this.flush();
  }

  takeSent(): Uint8Array[] {
    const { sent } = this;
    this.sent = [];
    return sent;
  }

  counters() {
    return this.path.counters(this.session);
  }

  flush(): void {
    const { path } = this;
    this.sent.push(...drain(path, path.greOut));
    this.delivered.push(...drain(path, path.tunOut));
    for (let index = 0; index < path.controlIn.count; index++) {
      const offset = path.controlIn.offsets[index] ?? 0;
      this.controls.push({
        protocol: path.controlIn.protocols[index] ?? 0,
        information: new Uint8Array(path.memory).slice(offset, offset + (path.controlIn.lengths[index] ?? 0)),
      });
    }
    path.controlIn.count = 0;
    this.resets += path.resetsNeeded.count;
    path.resetsNeeded.count = 0;
    this.desynchronized += path.desynchronized.count;
    path.desynchronized.count = 0;
  }

  #feed(vector: PacketVector, packets: readonly Uint8Array[], take: () => boolean): void {
    const bytes = new Uint8Array(this.path.memory);
    for (let from = 0; from < packets.length; from += vector.capacity) {
      const batch = packets.slice(from, from + vector.capacity);
      batch.forEach((packet, index) => {
        // As recvmmsg does: what does not fit is cut off, and the length says what was stored.
        const stored = packet.subarray(0, vector.slotSize);
        bytes.set(stored, vector.offsets[index] ?? 0);
        vector.lengths[index] = stored.length;
      });
      vector.count = batch.length;
      while (!take()) this.flush();
      this.flush();
    }
  }
}

/** A server and a client whose session is up. */
export function createPair(
  encryption: Encryption | undefined,
  server: DataPathOptions = {},
  network: Partial<NetworkParameters> = {},
): { server: End; client: End } {
  const requireEncryption = encryption !== undefined;
  const pair = {
    server: new End({ ...serverCall, requireEncryption }, server),
    client: new End({
      ...serverCall,
      callId: 7,
      peersCallId: serverCall.callId,
      localAddress: clientAddress,
      peerAddress: serverAddress,
      requireEncryption,
    }),
  };
  // The client's GRE key is its call id, which here is not 0: the server must be told.
  pair.server.path.close(pair.server.session);
  pair.server.path.open({ ...serverCall, peersCallId: 7, requireEncryption });
  if (encryption !== undefined) encryptPair(pair, encryption, 1);
  pair.server.path.startNetwork(pair.server.session, { ...serverNetwork, ...network });
  pair.client.path.startNetwork(pair.client.session, {
    ...serverNetwork,
    ...network,
    address: gatewayAddress,
    gatewayAddress: 0,
    sources: anywhere,
    isDefaultRoute: true,
  });
  return pair;
}

export function encryptPair(pair: { server: End; client: End }, encryption: Encryption, seed: number): void {
  const octets = encryption.keyLength === 128 ? 16 : 8;
  const key = (which: number) =>
    Uint8Array.from({ length: octets }, (_, index) => (index * 37 + which * 101 + seed) & 0xff);
  const up = { ...encryption, startKey: key(1) };
  const down = { ...encryption, startKey: key(2) };
  pair.server.path.startEncryption(pair.server.session, up, down);
  pair.client.path.startEncryption(pair.client.session, down, up);
}

export interface InnerPacket {
  source: number;
  destination: number;
  protocol?: number;
  payload?: Uint8Array;
  dontFragment?: boolean;
  typeOfService?: number;
  options?: Uint8Array;
  identification?: number;
}

/** A whole IPv4 packet with a right header. */
export function innerPacket(packet: InnerPacket): Uint8Array {
  const options = packet.options ?? new Uint8Array(0);
  const payload = packet.payload ?? new Uint8Array(8);
  const header = 20 + options.length;
  const bytes = new Uint8Array(header + payload.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x40 | (header / 4);
  bytes[1] = packet.typeOfService ?? 0;
  view.setUint16(2, bytes.length);
  view.setUint16(4, packet.identification ?? 0);
  view.setUint16(6, packet.dontFragment === true ? 0x4000 : 0);
  bytes[8] = 64;
  bytes[9] = packet.protocol ?? 17;
  view.setUint32(12, packet.source);
  view.setUint32(16, packet.destination);
  bytes.set(options, 20);
  bytes.set(payload, header);
  writeHeaderChecksum(bytes, 0);
  return bytes;
}

/** An ICMP Echo-Request or Echo-Reply with a numbered payload. */
export function ping(
  source: number,
  destination: number,
  number: number,
  size = 64,
  type: 8 | 0 = 8,
): Uint8Array {
  const payload = new Uint8Array(Math.max(12, size));
  const view = new DataView(payload.buffer);
  payload[0] = type;
  view.setUint16(4, 1);
  view.setUint16(6, number & 0xffff);
  view.setUint32(8, number);
  view.setUint16(2, checksum(payload, 0, payload.length));
  return innerPacket({ source, destination, protocol: 1, payload });
}

/** The number of a `ping`. */
export function numberOf(packet: Uint8Array): number {
  return new DataView(packet.buffer, packet.byteOffset).getUint32(28);
}

/** mulberry32: small, seeded, good enough to lose packets with. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function drain(path: TypeScriptDataPath, vector: PacketVector): Uint8Array[] {
  const bytes = new Uint8Array(path.memory);
  const packets = Array.from({ length: vector.count }, (_, index) => {
    const offset = vector.offsets[index] ?? 0;
    return bytes.slice(offset, offset + (vector.lengths[index] ?? 0));
  });
  vector.count = 0;
  return packets;
}

/** A whole outer packet with `gre` in it, from the client to the server unless said otherwise. */
export function outerPacket(
  gre: GrePacket | Uint8Array,
  source = clientAddress,
  destination = serverAddress,
): Uint8Array {
  const payload = gre instanceof Uint8Array ? gre : encodeGre(gre);
  return innerPacket({ source, destination, protocol: 47, payload });
}

/** The GRE packet in an outer one. */
export function greOf(packet: Uint8Array): GrePacket {
  return decodeGre(packet.subarray(20));
}

/** A PPP frame with `FF 03` and a two-byte protocol. */
export function pppFrame(protocol: number, information: Uint8Array): Uint8Array {
  return Uint8Array.of(0xff, 0x03, protocol >> 8, protocol & 0xff, ...information);
}

/** An LCP Echo-Request without data. */
export const echoRequest = Uint8Array.of(9, 1, 0, 8, 1, 2, 3, 4);
