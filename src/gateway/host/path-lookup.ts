// What the kernel knows of the way to each peer, asked seldom: a thousand sessions look once a second, and each answer
// costs two netlink dialogues. A change of an interface's MTU shows within a second, one of a route within ten.
import type { Netlink } from 'node-tun';
import { BoundedTable } from '../bounded-table.ts';
import type { PathTowards } from './host.ts';

const EthernetMtu = 1500;
const LinksHold = 900;
const RouteHold = 10_000;
const MostRoutes = 4_096;

/** No route to the peer at the moment: its packets come back to us as ENETUNREACH, one by one. */
const nowhere: PathTowards = { interfaceMtu: EthernetMtu, routeMtu: EthernetMtu };

export class PathLookup {
  readonly #netlink: Pick<Netlink, 'lookUpRoute' | 'links'>;
  readonly #clock: () => number;
  readonly #routes = new BoundedTable<number, { readonly index: number; readonly mtu: number | undefined }>({
    capacity: MostRoutes,
    lifetime: RouteHold,
    whenFull: 'forgetOldest',
  });
  #mtus: ReadonlyMap<number, number> = new Map();
  #mtusUntil = Number.NEGATIVE_INFINITY;

  /** `clock`: monotonic ms. */
  constructor(netlink: Pick<Netlink, 'lookUpRoute' | 'links'>, clock: () => number) {
    this.#netlink = netlink;
    this.#clock = clock;
  }

  /** Never throws. */
  towards(peer: number): PathTowards {
    try {
      const { index, mtu } = this.#route(peer);
      const interfaceMtu = this.#mtuOf(index);
      return { interfaceMtu, routeMtu: mtu ?? interfaceMtu };
    } catch {
      return nowhere;
    }
  }

  #route(peer: number): { readonly index: number; readonly mtu: number | undefined } {
    const now = this.#clock();
    const known = this.#routes.get(peer, now);
    if (known !== undefined) return known;
    const { index, mtu } = this.#netlink.lookUpRoute(peer);
    const route = { index, mtu };
    this.#routes.set(peer, route, now);
    return route;
  }

  #mtuOf(index: number): number {
    const now = this.#clock();
    if (now >= this.#mtusUntil || !this.#mtus.has(index)) {
      this.#mtus = new Map(this.#netlink.links().map((link) => [link.index, link.mtu]));
      this.#mtusUntil = now + LinksHold;
    }
    return this.#mtus.get(index) ?? EthernetMtu;
  }
}
