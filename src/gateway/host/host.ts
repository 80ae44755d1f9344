// The doors of one gateway to the kernel: TUN and GRE socket for packets, and the network around them.
import {
  errnoName,
  type GreSocket,
  type IcmpError,
  type Netlink,
  openGreSocket,
  openNetlink,
  type PacketVector,
  withNetworkAdministration,
} from 'node-tun';
import type { NamespacedName } from '../../api/names.ts';
import type { VpnServerSpec } from '../../api/vpn-server.ts';
import type { PacketDoors } from '../data-loop.ts';
import type { Settings } from '../settings.ts';
import { tableName } from './firewall.ts';
import { Network, type NetworkRules } from './network.ts';
import { PathLookup } from './path-lookup.ts';
import { tunName } from './tun-device.ts';
import { watch } from './watch.ts';

export interface HostOptions {
  server: NamespacedName;
  settings: Settings;
  routing: VpnServerSpec['routing'];
  /** The data path's memory, which all vectors lie in. */
  memory: ArrayBuffer;
}

/** What the kernel knows of the way to a peer, bytes. */
export interface PathTowards {
  readonly interfaceMtu: number;
  /** Set on the route, or remembered from ICMP that anyone may have forged: a hint, never a limit. */
  readonly routeMtu: number;
}

export interface Host extends PacketDoors {
  /** Why the last receiveGre or readTun stopped: 0, or an errno that is not just "nothing waits". */
  receiveErrno(): number;
  readErrno(): number;
  errnoName(errno: number): string;
  pathTowards(peerAddress: number): PathTowards;
  addClient(address: number): void;
  removeClient(address: number): void;
  reload(changed: Pick<HostOptions, 'settings' | 'routing'>): void;
  /** What routers said about our packets since the last call; forged ones included. */
  takeIcmpErrors(): IcmpError[];
  close(): void;
}

/** Bytes the kernel keeps for us while we are busy: 20 ms at 1 Gbit/s, with its own bookkeeping per packet. */
const SocketBuffer = 8 << 20;
/** ICMP errors kept for the gateway; more are forgotten, the oldest first. */
const MostIcmpErrors = 256;

/** Every IPv4 address of this network namespace. */
export function nodeAddresses(): number[] {
  const netlink = openNetlink();
  try {
    return netlink.addresses().map(({ address }) => address);
  } finally {
    netlink.close();
  }
}

/** Makes everything in the kernel. Throws with one line to show; nothing is left behind then. */
export function openHost(options: HostOptions): Host {
  const { server, memory, settings } = options;
  const netlink = openNetlink();
  let gre: GreSocket | undefined;
  try {
    gre = openGreSocket({
      memory,
      addresses: settings.listenAddresses,
      receiveBuffer: SocketBuffer,
      sendBuffer: SocketBuffer,
    });
    const taken = new Set(netlink.links().map(({ name }) => name));
    const names = { tun: tunName(server, taken), table: tableName(server) };
    return makeHost(netlink, gre, new Network(netlink, { ...names, memory, rules: rulesOf(options) }));
  } catch (error) {
    gre?.close();
    netlink.close();
    throw error;
  }
}

function rulesOf({ settings, routing }: Pick<HostOptions, 'settings' | 'routing'>): NetworkRules {
  const pools = settings.pools.map(({ cidr }) => cidr);
  return { ...settings, ...routing, pools };
}

function makeHost(netlink: Netlink, gre: GreSocket, network: Network): Host {
  const clients = new Set<number>();
  const paths = new PathLookup(netlink, () => performance.now());
  const icmpErrors: IcmpError[] = [];
  return {
    errnoName,
    receiveGre: (vector: PacketVector) => gre.receive(vector),
    receiveErrno: () => gre.receiveErrno,
    readErrno: () => network.tun.readErrno,
    sendGre: (vector: PacketVector) => gre.send(vector),
    readTun: (vector: PacketVector) => network.tun.read(vector),
    writeTun: (vector: PacketVector) => network.tun.write(vector),
    watch: (ready) =>
      watch({
        gre,
        ready,
        tunFd: () => network.tun.fd,
        remakeTun: () => withNetworkAdministration(() => network.remakeTun()),
        keep: (errors) => {
          icmpErrors.push(...errors);
          icmpErrors.splice(0, icmpErrors.length - MostIcmpErrors);
        },
      }),
    takeIcmpErrors: () => icmpErrors.splice(0),
    pathTowards: (peer) => paths.towards(peer),
    addClient: (address) => {
      clients.add(address);
      withNetworkAdministration(() => network.addClient(address));
    },
    removeClient: (address) => {
      clients.delete(address);
      withNetworkAdministration(() => network.removeClient(address));
    },
    reload: (changed) => withNetworkAdministration(() => network.reload(rulesOf(changed), clients)),
    close: () => {
      gre.close();
      withNetworkAdministration(() => network.close());
      netlink.close();
    },
  };
}
