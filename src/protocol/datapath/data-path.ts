// The door between the gateway and the per-packet code of all sessions of one server. Packets come and go in batches in
// one linear memory. Behind it today: typescript-data-path.ts, later a WebAssembly kernel with that one as its oracle.
import type { Destinations } from '../ip/destinations.ts';
import type { MppeParameters } from '../ppp/link-output.ts';
import type { GreDiscardReason, SessionCounters, TunDiscardReason } from './counters.ts';
import type { ControlVector, PacketVector, SessionEvents, SessionPacketVector } from './packet-vector.ts';

/** A call as the control connection made it (RFC 2637 §2.7, §2.8). */
export interface CallParameters {
  /** Ours: what the peer writes into the GRE key. Never 0, unique in this data path. */
  callId: number;
  /** The peer's: what we write into the GRE key. 0 is legal (CC-5). */
  peersCallId: number;
  /** Packets the peer said it can take; our sending never waits for it (GRE-6). */
  peersReceiveWindow: number;
  /** Packets we said we can take, in the Outgoing-Call-Reply; a quarter of them is acknowledged at once. Default 64. */
  receiveWindow?: number;
  /** Outer addresses: the one the client dialled, and the client's. */
  localAddress: number;
  peerAddress: number;
  /** No IP packet passes in clear, in or out (CCP-10). */
  requireEncryption: boolean;
}

/** What a session may do once IPCP is up. */
export interface NetworkParameters {
  /** The peer's inner address: the only source it may use, and what the TUN's packets are found by. */
  address: number;
  /** The server's inner address: answers ICMP echo, and DNS when `gatewayServesDns`; nothing else. */
  gatewayAddress: number;
  gatewayServesDns?: boolean;
  /** Largest inner packet, bytes; bounds the MSS of TCP in both directions. */
  tunnelMtu: number;
  /** Largest outer packet, bytes. */
  pathMtu: number;
  /** `pathMtu` is proven: packets up to it carry DF. Default false: none but probes do. */
  confirmed?: boolean;
  /** Where the peer may send to. */
  destinations: Destinations;
  /** Sources the peer may use instead of only `address`; for the client's side of a tunnel. */
  sources?: Destinations;
  /** Packets of the TUN that belong to no session go here; for the client's side of a tunnel. */
  isDefaultRoute?: boolean;
  /** Source of ICMP errors about packets too large for the tunnel. Default `address`, the way they were going. */
  errorSource?: number;
}

export interface PathMtuParameters {
  tunnelMtu: number;
  pathMtu: number;
  confirmed: boolean;
  /** What the MSS of new TCP connections is made for; default: the tunnel MTU. */
  clampMtu?: number;
}

/** What GRE has shown about the path of a session: for verdicts, probes and the round trip. Times in ms. */
export interface GreReport {
  /** Any GRE from the right address with our call id. */
  received: boolean;
  firstReceivedAt: number;
  lastReceivedAt: number;
  /** Largest outer packet that came, bytes. */
  largestReceived: number;
  /** Packets with our call id from another address, and the last such address (GRE-7). */
  wrongSourcePackets: number;
  wrongSource: number | undefined;
  /** Sequence number of our last packet, and the last one the peer acknowledged; undefined before the first. */
  sentSequence: number | undefined;
  acknowledgedSequence: number | undefined;
  /** The shortest time from one of our packets to its acknowledgment; undefined before the first. */
  leastRoundTrip: number | undefined;
}

/**
 * Order of use: fill `greIn` or `tunIn`, call `receiveGre` or `receiveTun`, then send `greOut`, write `tunOut`, hand
 * `controlIn` to the links and drain the events (each `count` back to 0), and only then fill an `In` again: the `Out`
 * lists point into the slots of the `In` lists. No call throws, whatever the bytes are.
 */
export interface DataPath {
  /** One fixed block; all offsets of all vectors are in it. */
  readonly memory: ArrayBuffer;
  /** The raw socket fills it: whole IPv4 packets, header included. */
  readonly greIn: PacketVector;
  /** The TUN fills it: whole inner packets, with headroom before each. */
  readonly tunIn: PacketVector;
  /** Whole IPv4 packets, outer header included (IP_HDRINCL); identification 0, which the kernel fills in. */
  readonly greOut: SessionPacketVector;
  /** Inner IPv4 packets for the TUN. */
  readonly tunOut: PacketVector;
  /** Control frames for the links. */
  readonly controlIn: ControlVector;
  /** Stateful MPPE lost count: send a CCP Reset-Request (MPPE-10). */
  readonly resetsNeeded: SessionEvents;
  /** Nothing the peer encrypts can be read any more, and no reset can help (MPPE-9). Once per loss. */
  readonly desynchronized: SessionEvents;
  /** Large packets stay unacknowledged: the path may have shrunk, or is out. At most once for each large packet sent. */
  readonly stalled: SessionEvents;

  /** The session's index, or undefined when the table is full or the call id is taken. */
  open(call: CallParameters): number | undefined;
  close(session: number): void;
  /**
   * Takes packets from where it stopped. False: there are more, but an out list is full, or a control frame waits that may
   * change what the next packet means; empty the lists and call again.
   */
  receiveGre(now: number): boolean;
  receiveTun(now: number): boolean;
  /** Puts one PPP control frame into `greOut`, never encrypted (MPPE-5). False when there is no room. */
  transmit(
    session: number,
    protocol: number,
    information: Uint8Array,
    kind: 'control' | 'probe',
    now: number,
  ): boolean;
  /** Both directions at once (CCP-6). A start key already in use is ignored: it would repeat the key stream (CCP-8). */
  startEncryption(session: number, receive: MppeParameters, transmit: MppeParameters): void;
  /** Opens the IP gate. */
  startNetwork(session: number, network: NetworkParameters): void;
  /** Shuts the IP gate and forgets the keys: LCP began anew, or the end is near. */
  stopNetwork(session: number): void;
  setPathMtu(session: number, parameters: PathMtuParameters): void;
  /** New rules for a running session. */
  setDestinations(session: number, destinations: Destinations): void;
  /** The peer sent a CCP Reset-Request; in stateful mode the next packet is keyed anew (MPPE-10). */
  resetTransmit(session: number): void;
  /** The peer sent a CCP Reset-Ack; decryption goes on with the next flushed packet. */
  resetReceived(session: number): void;
  /** Sends acknowledgments that are due, suspects stalls, and lets go of packets that waited too long for an earlier one (GRE-5, GRE-6). */
  expire(now: number): void;
  /** When `expire` wants to be called, ms; Infinity when nothing waits. */
  readonly deadline: number;
  /** To be called after `greOut` was sent, before its count is reset: counts what the kernel found too large (SE-1). */
  noteSendErrors(): void;
  counters(session: number): SessionCounters;
  /** The same two numbers alone, for those who look often: inner packets from and to the peer. */
  receivedPackets(session: number): number;
  sentPackets(session: number): number;
  greReport(session: number): GreReport;
  /** GRE for a call id of nobody came from this address, at `since` (ms) or later; a guess: another stranger may have taken its place. */
  isStranger(address: number, since: number): boolean;
  /** Outer bytes of the largest packet with data since the last call, 0 when there was none. */
  takeLargestSent(session: number): number;
  /** GRE that belongs to no session. */
  readonly discarded: Record<GreDiscardReason, number>;
  /** Packets of the TUN that belong to no session. */
  readonly tunDiscarded: Record<TunDiscardReason, number>;
}
