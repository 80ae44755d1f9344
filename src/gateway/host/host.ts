// The doors of one gateway to the kernel: TUN and GRE socket for packets, and all that makes clients reach the office.
import {
  errnoName,
  type GreSocket,
  type IcmpError,
  type Netlink,
  openGreSocket,
  openNetlink,
  openPoller,
  openTun,
  type PacketVector,
  type Tun,
} from 'node-tun';
import type { NamespacedName } from '../../api/names.ts';
import type { VpnServerSpec } from '../../api/vpn-server.ts';
import { firstAddress } from '../../protocol/ip/address.ts';
import type { PacketDoors } from '../data-loop.ts';
import type { Settings } from '../settings.ts';

export interface HostOptions {
  server: NamespacedName;
  settings: Settings;
  routing: VpnServerSpec['routing'];
  /** The data path's memory, which all vectors lie in. */
  memory: ArrayBuffer;
}

export interface Host extends PacketDoors {
  errnoName(errno: number): string;
  mtuTowards(peerAddress: number): number;
  addClient(address: number): void;
  removeClient(address: number): void;
  reload(changed: Pick<HostOptions, 'settings' | 'routing'>): void;
  close(): void;
}

/** Every IPv4 address of this network namespace. */
export function nodeAddresses(): number[] {
  const netlink = openNetlink();
  try {
    return netlink.addresses().map(({ address }) => address);
  } finally {
    netlink.close();
  }
}

export function openHost(options: HostOptions): Host {
  const netlink = openNetlink();
  const tun = openTun({ name: `vpn-${options.server.name}`.slice(0, 15), memory: options.memory });
  const gre = openGreSocket({ memory: options.memory });
  const link = netlink.links().find(({ name }) => name === tun.name)!;
  netlink.addAddress({ index: link.index, address: options.settings.gatewayAddress, prefixLength: 32 });
  netlink.changeLink(link.index, { state: 'up' });
  for (const { cidr } of options.settings.pools) {
    netlink.addRoute({ destination: firstAddress(cidr), prefixLength: cidr.prefixLength, index: link.index });
  }
  for (const { index } of netlink.links()) netlink.changeSettings(index, { forwarding: 1 });
  return makeHost(netlink, tun, gre);
}

function makeHost(netlink: Netlink, tun: Tun, gre: GreSocket): Host {
  return {
    errnoName,
    receiveGre: (vector: PacketVector) => gre.receive(vector),
    sendGre: (vector: PacketVector) => gre.send(vector),
    readTun: (vector: PacketVector) => tun.read(vector),
    writeTun: (vector: PacketVector) => tun.write(vector),
    receiveErrors: (): IcmpError[] => gre.receiveErrors(),
    watch: (ready) => openPoller({ descriptors: [gre.fd, tun.fd], onReady: () => ready() }),
    mtuTowards: (peer) =>
      netlink.lookUpRoute(peer).mtu ??
      netlink.links().find(({ index }) => index === netlink.lookUpRoute(peer).index)?.mtu ??
      1500,
    addClient: () => {},
    removeClient: () => {},
    reload: () => {},
    close: () => {
      gre.close();
      tun.close();
      netlink.close();
    },
  } as Host;
}
