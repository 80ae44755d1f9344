// What one gateway makes in the kernel so that clients reach the office: TUN, addresses, routes, forwarding, firewall.
// Everything is undone by close(), in reverse; what a killed process left is adopted or replaced at the next start.
import type { Netlink, Tun } from 'node-tun';
import type { Cidr } from '../../protocol/ip/address.ts';
import { type Destinations, isPermitted } from '../../protocol/ip/destinations.ts';
import { ClientRoutes } from './client-routes.ts';
import { renderFirewall } from './firewall.ts';
import { type ForwardingPlan, globalForwarding, planForwarding, switchBack, switchOn } from './forwarding.ts';
import { applyRuleset, deleteTable } from './nft.ts';
import { bringUp, makeTun, readdress, type TunAddressing } from './tun-device.ts';

export interface NetworkRules {
  readonly gatewayAddress: number;
  readonly gatewayServesDns: boolean;
  readonly pools: readonly Cidr[];
  readonly destinations: Destinations;
  readonly masquerade: boolean;
  readonly clientToClient: boolean;
  /** Clients live in the subnet of one of this host's interfaces. */
  readonly proxyARP: boolean;
}

export interface NetworkOptions {
  readonly tun: string;
  readonly table: string;
  readonly memory: ArrayBuffer;
  readonly rules: NetworkRules;
}

export class Network {
  readonly #netlink: Netlink;
  readonly #options: NetworkOptions;
  readonly #routing: string;
  readonly #plan: ForwardingPlan;
  readonly #clients: ClientRoutes;
  #rules: NetworkRules;
  #tun: Tun;

  /** Throws with one line to show; nothing is left behind then. */
  constructor(netlink: Netlink, options: NetworkOptions) {
    this.#netlink = netlink;
    this.#options = options;
    this.#rules = options.rules;
    this.#routing = globalForwarding();
    this.#clients = new ClientRoutes(netlink, () => this.#tun.index);
    this.#plan = planForwarding(netlink, options);
    this.#tun = this.#makeTun();
    try {
      this.#applyFirewall(this.#rules);
      bringUp(netlink, this.#tun, addressing(this.#rules));
      this.#clients.removeStale(this.#rules.pools);
      switchOn(netlink, this.#plan);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get tun(): Tun {
    return this.#tun;
  }

  addClient(address: number): void {
    if (this.#rules.proxyARP) this.#clients.add(address);
  }

  removeClient(address: number): void {
    if (this.#rules.proxyARP) this.#clients.remove(address);
  }

  /** New rules while sessions run. `clients`: the inner addresses in use. May be called again after it threw. */
  reload(rules: NetworkRules, clients: Iterable<number>): void {
    const before = this.#rules;
    this.#applyFirewall(rules);
    readdress(this.#netlink, this.#tun, addressing(before), addressing(rules));
    this.#rules = rules;
    if (before.proxyARP === rules.proxyARP) return;
    this.#clients.clear();
    for (const address of clients) this.addClient(address);
  }

  /** The interface was deleted behind our back: makes it again, with all that hung on it. */
  remakeTun(): void {
    this.#tun.close();
    this.#tun = this.#makeTun();
    bringUp(this.#netlink, this.#tun, addressing(this.#rules));
    this.#clients.restore();
  }

  /** Removes everything. What fails is left, the rest is done; may be called again. */
  close(): void {
    attempt(() => this.#clients.clear());
    this.#tun.close();
    attempt(() => switchBack(this.#netlink, this.#plan, { ...this.#options, routing: this.#routing }));
    attempt(() => deleteTable(this.#options.table));
  }

  #makeTun(): Tun {
    return makeTun(this.#netlink, { name: this.#options.tun, memory: this.#options.memory });
  }

  #applyFirewall(rules: NetworkRules): void {
    const { destinations, gatewayAddress } = rules;
    const local = this.#netlink.addresses().map(({ address }) => address);
    applyRuleset(
      renderFirewall({
        ...rules,
        ...this.#options,
        formerlyNotForwarding: this.#plan.formerlyOff,
        uplinks: this.#plan.uplinks,
        // The destinations were compiled with this host's addresses protected: a permitted one was named on purpose.
        openLocalAddresses: [...new Set(local)].filter(
          (address) => address !== gatewayAddress && isPermitted(destinations, address),
        ),
      }),
    );
  }
}

// With proxy ARP the pool is part of a subnet that is elsewhere: only single clients are routed to the TUN.
function addressing({ gatewayAddress, pools, proxyARP }: NetworkRules): TunAddressing {
  return { gatewayAddress, routes: proxyARP ? [] : pools };
}

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // Nobody can do anything about it any more: the process is leaving.
  }
}
