// The package's one entry: everything public by name, nothing else.
export { dropCapabilities, effectiveCapabilities } from './capabilities.ts';
export { assembleGreFilter, type GreFilter } from './classic-bpf.ts';
export { confineTo, type Identity, isConfined, withNetworkAdministration } from './confinement.ts';
export { errno, errnoName } from './errno.ts';
export { type FaultDetail, type FaultHook, setFaultHook } from './fault-hook.ts';
export { GreSocket, type GreSocketOptions, openGreSocket } from './gre-socket.ts';
export type { IcmpError } from './icmp-error.ts';
export { type Netlink, openNetlink } from './netlink.ts';
export type { InterfaceAddress } from './netlink-addresses.ts';
export type { InterfaceSettings } from './netlink-interface-settings.ts';
export type { Link, LinkChange } from './netlink-links.ts';
export type { ProxyNeighbour } from './netlink-neighbours.ts';
export type { Route, RouteLookup } from './netlink-routes.ts';
export type { PacketVector } from './packet-vector.ts';
export { openPoller, type Poller, type PollerOptions } from './poller.ts';
export { isSystemError, SystemError } from './system-error.ts';
export { MaxInterfaceName, openTun, reserveTuns, Tun, type TunOptions } from './tun.ts';
