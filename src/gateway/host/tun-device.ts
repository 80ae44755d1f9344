// The gateway's TUN with everything that hangs on the interface: address, settings, routes of the pools. The kernel
// removes all of it with the interface, which goes when its descriptor is closed, by whatever death.
import { createHash } from 'node:crypto';
import { isSystemError, MaxInterfaceName, type Netlink, openTun, type Tun } from 'node-tun';
import { type Cidr, firstAddress } from '../../protocol/ip/address.ts';

export interface TunDeviceOptions {
  readonly name: string;
  readonly memory: ArrayBuffer;
}

export interface TunAddressing {
  readonly gatewayAddress: number;
  /** Prefixes to route to the TUN. */
  readonly routes: readonly Cidr[];
}

/** Every client's own limit is checked before a packet gets here; the interface itself only must not be smaller. */
const Mtu = 1500;
/** Packets the kernel may keep for us while we are busy. */
const TransmitQueue = 1000;

/**
 * `vpn-` and the server's name; one that is too long, or that a namesake from another namespace has, is cut and told apart
 * by a hash.
 */
export function tunName(
  server: { namespace: string; name: string },
  taken: ReadonlySet<string> = new Set(),
): string {
  const plain = `vpn-${server.name}`;
  if (plain.length <= MaxInterfaceName && !taken.has(plain)) return plain;
  const hash = createHash('sha256').update(`${server.namespace}/${server.name}`).digest('hex').slice(0, 4);
  return `${plain.slice(0, MaxInterfaceName - hash.length - 1)}-${hash}`;
}

/** Makes the interface, still down. Throws SystemError. */
export function makeTun(netlink: Netlink, options: TunDeviceOptions): Tun {
  const tun = openTun({ ...options, lifetime: 'descriptor' });
  try {
    netlink.changeSettings(tun.index, {
      forwarding: 1,
      rpFilter: 1,
      sendRedirects: 0,
      acceptRedirects: 0,
      routeLocalnet: 0,
    });
    return tun;
  } catch (error) {
    tun.close();
    throw error;
  }
}

/** Sets it up and lets traffic in: the firewall must be there before. Throws SystemError. */
export function bringUp(netlink: Netlink, tun: Tun, addressing: TunAddressing): void {
  netlink.addAddress({ index: tun.index, address: addressing.gatewayAddress, prefixLength: 32 });
  netlink.changeLink(tun.index, { state: 'up', mtu: Mtu, transmitQueue: TransmitQueue });
  for (const cidr of addressing.routes) netlink.addRoute(routeTo(tun, cidr));
}

/** Changes address and routes of a TUN that is up to what `next` says, however far it came before. Throws SystemError. */
export function readdress(netlink: Netlink, tun: Tun, before: TunAddressing, next: TunAddressing): void {
  const { index } = tun;
  if (before.gatewayAddress !== next.gatewayAddress) {
    const hasIt = netlink
      .addresses()
      .some((each) => each.index === index && each.address === next.gatewayAddress);
    if (!hasIt) netlink.addAddress({ index, address: next.gatewayAddress, prefixLength: 32 });
    tolerateAbsence(() => netlink.deleteAddress({ index, address: before.gatewayAddress, prefixLength: 32 }));
  }
  const present = netlink
    .routes()
    .filter((route) => route.index === index)
    .map(({ destination, prefixLength }) => ({ address: destination, prefixLength }));
  for (const cidr of without(next.routes, [...before.routes, ...present]))
    netlink.addRoute(routeTo(tun, cidr));
  for (const cidr of without(before.routes, next.routes)) {
    tolerateAbsence(() => netlink.deleteRoute(routeTo(tun, cidr)));
  }
}

function routeTo(tun: Tun, cidr: Cidr) {
  return { destination: firstAddress(cidr), prefixLength: cidr.prefixLength, index: tun.index };
}

function without(some: readonly Cidr[], others: readonly Cidr[]): Cidr[] {
  const isSame = (one: Cidr, other: Cidr) =>
    one.prefixLength === other.prefixLength && firstAddress(one) === firstAddress(other);
  return some.filter((each) => !others.some((other) => isSame(each, other)));
}

function tolerateAbsence(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!isSystemError(error, 'ESRCH', 'EADDRNOTAVAIL')) throw error;
  }
}
