// What a VPN gateway needs of the kernel's network configuration, over one NETLINK_ROUTE socket (rtnetlink(7)).
// IPv4 addresses are unsigned numbers in host order; interfaces are known by their index.
import { addAddress, deleteAddress, type InterfaceAddress, listAddresses } from './netlink-addresses.ts';
import {
  changeInterfaceSettings,
  type InterfaceSettings,
  readInterfaceSettings,
} from './netlink-interface-settings.ts';
import { changeLink, deleteLink, type Link, type LinkChange, listLinks } from './netlink-links.ts';
import {
  addProxyNeighbour,
  deleteProxyNeighbour,
  listProxyNeighbours,
  type ProxyNeighbour,
} from './netlink-neighbours.ts';
import {
  addRoute,
  deleteRoute,
  listRoutes,
  lookUpRoute,
  type Route,
  type RouteLookup,
} from './netlink-routes.ts';
import { openNetlinkSocket } from './netlink-socket.ts';

/** Every method throws SystemError when the kernel refuses, with the kernel's own explanation where it gives one. */
export interface Netlink {
  links(): Link[];
  changeLink(index: number, change: LinkChange): void;
  deleteLink(index: number): void;
  /** All IPv4 addresses of the network namespace. */
  addresses(): InterfaceAddress[];
  addAddress(address: InterfaceAddress): void;
  deleteAddress(address: InterfaceAddress): void;
  /** The unicast IPv4 routes of the main table. */
  routes(): Route[];
  addRoute(route: Route): void;
  replaceRoute(route: Route): void;
  deleteRoute(route: Route): void;
  /** Which way a packet to this address would go. */
  lookUpRoute(destination: number): RouteLookup;
  settings(index: number): InterfaceSettings;
  changeSettings(index: number, settings: Partial<InterfaceSettings>): void;
  proxyNeighbours(): ProxyNeighbour[];
  addProxyNeighbour(neighbour: ProxyNeighbour): void;
  deleteProxyNeighbour(neighbour: ProxyNeighbour): void;
  close(): void;
}

/** Opens a socket in the calling thread's network namespace. */
export function openNetlink(): Netlink {
  const socket = openNetlinkSocket();
  return {
    links: () => listLinks(socket),
    changeLink: (index, change) => changeLink(socket, index, change),
    deleteLink: (index) => deleteLink(socket, index),
    addresses: () => listAddresses(socket),
    addAddress: (address) => addAddress(socket, address),
    deleteAddress: (address) => deleteAddress(socket, address),
    routes: () => listRoutes(socket),
    addRoute: (route) => addRoute(socket, route, 'add'),
    replaceRoute: (route) => addRoute(socket, route, 'replace'),
    deleteRoute: (route) => deleteRoute(socket, route),
    lookUpRoute: (destination) => lookUpRoute(socket, destination),
    settings: (index) => readInterfaceSettings(socket, index),
    changeSettings: (index, settings) => changeInterfaceSettings(socket, index, settings),
    proxyNeighbours: () => listProxyNeighbours(socket),
    addProxyNeighbour: (neighbour) => addProxyNeighbour(socket, neighbour),
    deleteProxyNeighbour: (neighbour) => deleteProxyNeighbour(socket, neighbour),
    close: () => socket.close(),
  };
}
