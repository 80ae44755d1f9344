// The sessions of a data path: one number per session in each typed array, and the two ways to find one: by our call id
// (GRE) and by the peer's inner address (TUN). Hot code reads the arrays directly.
import type { Destinations } from '../ip/destinations.ts';
import type { CallParameters, NetworkParameters, PathMtuParameters } from './data-path.ts';

const nothingPermitted: Destinations = new Uint32Array(0);
const none = -1;

export class SessionTable {
  readonly capacity: number;
  readonly open: Uint8Array;
  readonly callIds: Uint16Array;
  readonly peersCallIds: Uint16Array;
  readonly localAddresses: Uint32Array;
  readonly peerAddresses: Uint32Array;
  readonly requireEncryption: Uint8Array;
  /** 1 while IP may pass. */
  readonly gate: Uint8Array;
  readonly addresses: Uint32Array;
  readonly gatewayAddresses: Uint32Array;
  readonly gatewayServesDns: Uint8Array;
  readonly errorSources: Uint32Array;
  readonly tunnelMtus: Uint16Array;
  /** What a TCP SYN's MSS is lowered to fit. */
  readonly clampMtus: Uint16Array;
  readonly pathMtus: Uint16Array;
  readonly confirmed: Uint8Array;
  readonly destinations: Destinations[];
  /** Empty: only the session's address. */
  readonly sources: Destinations[];
  /** Session that takes the TUN's packets nobody else has; -1: none. */
  defaultRoute = none;
  /** Session + 1 by our call id. */
  readonly #byCallId = new Uint16Array(0x10000);
  /** Open addressing with linear probing: session + 1 by inner address. */
  readonly #byAddress: Uint16Array;
  readonly #free: number[];

  constructor(capacity: number) {
    this.capacity = capacity;
    this.open = new Uint8Array(capacity);
    this.callIds = new Uint16Array(capacity);
    this.peersCallIds = new Uint16Array(capacity);
    this.localAddresses = new Uint32Array(capacity);
    this.peerAddresses = new Uint32Array(capacity);
    this.requireEncryption = new Uint8Array(capacity);
    this.gate = new Uint8Array(capacity);
    this.addresses = new Uint32Array(capacity);
    this.gatewayAddresses = new Uint32Array(capacity);
    this.gatewayServesDns = new Uint8Array(capacity);
    this.errorSources = new Uint32Array(capacity);
    this.tunnelMtus = new Uint16Array(capacity);
    this.clampMtus = new Uint16Array(capacity);
    this.pathMtus = new Uint16Array(capacity);
    this.confirmed = new Uint8Array(capacity);
    this.destinations = Array.from({ length: capacity }, () => nothingPermitted);
    this.sources = Array.from({ length: capacity }, () => nothingPermitted);
    this.#byAddress = new Uint16Array(2 ** Math.ceil(Math.log2(4 * capacity)));
    this.#free = Array.from({ length: capacity }, (_, index) => capacity - 1 - index);
  }

  /** Undefined when the table is full, or the call id is 0 or taken. */
  add(call: CallParameters): number | undefined {
    if (call.callId === 0 || this.findCall(call.callId) !== none) return undefined;
    const session = this.#free.pop();
    if (session === undefined) return undefined;
    this.open[session] = 1;
    this.callIds[session] = call.callId;
    this.peersCallIds[session] = call.peersCallId;
    this.localAddresses[session] = call.localAddress;
    this.peerAddresses[session] = call.peerAddress;
    this.requireEncryption[session] = call.requireEncryption ? 1 : 0;
    this.#byCallId[call.callId] = session + 1;
    return session;
  }

  remove(session: number): void {
    this.shutGate(session);
    this.open[session] = 0;
    this.#byCallId[this.callIds[session]!] = 0;
    this.#free.push(session);
  }

  isOpen(session: number): boolean {
    return this.open[session] === 1;
  }

  /** -1 when no session has this call id. */
  findCall(callId: number): number {
    return this.#byCallId[callId]! - 1;
  }

  /** The session a packet for `address` goes to; -1 when there is none. */
  findAddress(address: number): number {
    const mask = this.#byAddress.length - 1;
    for (let at = hash(address) & mask; ; at = (at + 1) & mask) {
      const session = this.#byAddress[at]! - 1;
      if (session < 0) return this.defaultRoute;
      if (this.addresses[session] === address) return session;
    }
  }

  openGate(session: number, network: NetworkParameters): void {
    this.shutGate(session);
    // Two sessions with one address would be the gateway's mistake; the newer one gets the packets.
    const before = this.#lookUp(network.address);
    if (before !== none) this.shutGate(before);
    this.addresses[session] = network.address;
    this.gatewayAddresses[session] = network.gatewayAddress;
    this.gatewayServesDns[session] = network.gatewayServesDns === true ? 1 : 0;
    this.errorSources[session] = network.errorSource ?? network.address;
    this.destinations[session] = network.destinations;
    this.sources[session] = network.sources ?? nothingPermitted;
    this.setPathMtu(session, { ...network, confirmed: network.confirmed === true });
    if (network.isDefaultRoute === true) this.defaultRoute = session;
    this.gate[session] = 1;
    this.#rebuildAddresses();
  }

  shutGate(session: number): void {
    if (this.gate[session] === 0) return;
    this.gate[session] = 0;
    this.destinations[session] = nothingPermitted;
    this.sources[session] = nothingPermitted;
    if (this.defaultRoute === session) this.defaultRoute = none;
    this.#rebuildAddresses();
  }

  setPathMtu(session: number, parameters: PathMtuParameters): void {
    this.tunnelMtus[session] = parameters.tunnelMtu;
    this.clampMtus[session] = parameters.clampMtu ?? parameters.tunnelMtu;
    this.pathMtus[session] = parameters.pathMtu;
    this.confirmed[session] = parameters.confirmed ? 1 : 0;
  }

  #lookUp(address: number): number {
    const found = this.findAddress(address);
    return found !== none && this.addresses[found] === address && this.gate[found] === 1 ? found : none;
  }

  /** Removal from open addressing leaves holes; a few thousand entries are rebuilt in microseconds, and only at logins. */
  #rebuildAddresses(): void {
    const mask = this.#byAddress.length - 1;
    this.#byAddress.fill(0);
    for (let session = 0; session < this.capacity; session++) {
      if (this.gate[session] === 0) continue;
      let at = hash(this.addresses[session]!) & mask;
      while (this.#byAddress[at] !== 0) at = (at + 1) & mask;
      this.#byAddress[at] = session + 1;
    }
  }
}

/** Fibonacci hashing: neighbouring addresses land far apart. */
function hash(address: number): number {
  return Math.imul(address, 0x9e3779b1) >>> 15;
}
