// How the office finds clients that live in its own subnet: a route for each client to the TUN, and this host answers
// ARP for it on the interface of that subnet (RFC 1027; what pppd calls proxyarp).
import { isSystemError, type Netlink } from 'node-tun';
import { type Cidr, contains } from '../../protocol/ip/address.ts';

/** Marks our proxy entries, so that those of a killed process are recognised (NDA_PROTOCOL; unassigned). */
const OurProtocol = 0x56;
const HostPrefix = 32;

export class ClientRoutes {
  readonly #netlink: Netlink;
  readonly #tun: () => number;
  readonly #clients = new Set<number>();

  /** `tun`: the index of the TUN, which may be made anew. */
  constructor(netlink: Netlink, tun: () => number) {
    this.#netlink = netlink;
    this.#tun = tun;
  }

  /** Throws SystemError. */
  add(address: number): void {
    this.#clients.add(address);
    this.#netlink.replaceRoute(this.#route(address));
    for (const index of this.#lanOf(address)) {
      this.#netlink.addProxyNeighbour({ index, address, protocol: OurProtocol });
    }
  }

  remove(address: number): void {
    this.#clients.delete(address);
    tolerate(() => this.#netlink.deleteRoute(this.#route(address)));
    this.#forget((each) => each === address);
  }

  /** The TUN is a new one: what led to the old one is gone. */
  restore(): void {
    for (const address of this.#clients) this.add(address);
  }

  clear(): void {
    for (const address of [...this.#clients]) this.remove(address);
  }

  /** Removes entries that a killed process left behind. */
  removeStale(pools: readonly Cidr[]): void {
    this.#forget((address) => pools.some((pool) => contains(pool, address)));
  }

  #route(address: number) {
    return { destination: address, prefixLength: HostPrefix, index: this.#tun() };
  }

  #lanOf(client: number): number[] {
    return this.#netlink
      .addresses()
      .filter(({ index, prefixLength }) => prefixLength < HostPrefix && index !== this.#tun())
      .filter((lan) => contains(lan, client))
      .map(({ index }) => index);
  }

  #forget(isMeant: (address: number) => boolean): void {
    for (const neighbour of this.#netlink.proxyNeighbours()) {
      if (neighbour.protocol !== OurProtocol || !isMeant(neighbour.address)) continue;
      tolerate(() => this.#netlink.deleteProxyNeighbour(neighbour));
    }
  }
}

// Whoever removed it before us did our work.
function tolerate(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!isSystemError(error, 'ESRCH', 'ENOENT', 'ENODEV')) throw error;
  }
}
