// IPv4 routes of the main table over rtnetlink (rtnetlink(7), RTM_NEWROUTE), and what the kernel would do with a
// packet to a destination.
import { dotted } from './dotted.ts';
import { AF_INET } from './netlink-families.ts';
import {
  type Attributes,
  attribute,
  concatenate,
  decodeAttributes,
  ipv4,
  nested,
  readIpv4,
  readUint32,
  uint32,
} from './netlink-message.ts';
import type { NetlinkSocket } from './netlink-socket.ts';

// linux/rtnetlink.h
const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_GETROUTE = 26;
const NLM_F_REPLACE = 0x100;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const RTA_PREFSRC = 7;
const RTA_METRICS = 8;
const RTA_TABLE = 15;
const RTAX_MTU = 2;
const RT_TABLE_MAIN = 254;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const RT_SCOPE_NOWHERE = 255;
const RTN_UNICAST = 1;
const RtmsgSize = 12;

export interface Route {
  /** Host order. */
  readonly destination: number;
  readonly prefixLength: number;
  /** The interface that packets leave by. */
  readonly index: number;
  /** Next hop in host order; absent: the destination is on the link. */
  readonly gateway?: number;
  readonly metric?: number;
  /** Preferred source address in host order. */
  readonly source?: number;
  /** Bytes. */
  readonly mtu?: number;
  /** Who made the route (RTPROT_*); 4, an administrator, by default. */
  readonly protocol?: number;
}

export interface RouteLookup {
  /** The interface that a packet would leave by. */
  readonly index: number;
  readonly gateway?: number;
  readonly source?: number;
  /** Bytes, when the route or the kernel's path MTU cache knows better than the interface. */
  readonly mtu?: number;
}

/** RTPROT_STATIC: an administrator's routes. */
const ProtocolStatic = 4;

// struct rtmsg: family, dst_len, src_len, tos, table, protocol, scope, type, flags.
function rtmsg(prefixLength: number, protocol: number, scope: number, type: number): Uint8Array {
  const table = type === 0 ? 0 : RT_TABLE_MAIN;
  return new Uint8Array([AF_INET, prefixLength, 0, 0, table, protocol, scope, type, 0, 0, 0, 0]);
}

function encodeRoute(route: Route, scope: number): Uint8Array[] {
  const parts = [rtmsg(route.prefixLength, route.protocol ?? ProtocolStatic, scope, RTN_UNICAST)];
  parts.push(attribute(RTA_DST, ipv4(route.destination)), attribute(RTA_OIF, uint32(route.index)));
  if (route.gateway !== undefined) parts.push(attribute(RTA_GATEWAY, ipv4(route.gateway)));
  if (route.metric !== undefined) parts.push(attribute(RTA_PRIORITY, uint32(route.metric)));
  if (route.source !== undefined) parts.push(attribute(RTA_PREFSRC, ipv4(route.source)));
  if (route.mtu !== undefined) parts.push(nested(RTA_METRICS, attribute(RTAX_MTU, uint32(route.mtu))));
  return parts;
}

const describe = (route: Route) => `${dotted(route.destination)}/${route.prefixLength}`;
const scopeOf = (route: Route) => (route.gateway === undefined ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE);

/** `add` fails with EEXIST when the route exists, `replace` takes its place. */
export function addRoute(netlink: NetlinkSocket, route: Route, mode: 'add' | 'replace'): void {
  const flags = NLM_F_CREATE | (mode === 'add' ? NLM_F_EXCL : NLM_F_REPLACE);
  const subject = `cannot ${mode} the route ${describe(route)}`;
  const parts = encodeRoute(route, scopeOf(route));
  netlink.request({ type: RTM_NEWROUTE, flags, operation: 'RTM_NEWROUTE', subject, parts });
}

export function deleteRoute(netlink: NetlinkSocket, route: Route): void {
  const subject = `cannot delete the route ${describe(route)}`;
  const parts = encodeRoute(route, RT_SCOPE_NOWHERE);
  netlink.request({ type: RTM_DELROUTE, operation: 'RTM_DELROUTE', subject, parts });
}

/** The unicast IPv4 routes of the main table. */
export function listRoutes(netlink: NetlinkSocket): Route[] {
  const request = { type: RTM_GETROUTE, operation: 'RTM_GETROUTE', subject: 'cannot list the routes' };
  const routes: Route[] = [];
  for (const { payload } of netlink.dump({ ...request, parts: [rtmsg(0, 0, 0, 0)] })) {
    const attributes = decodeAttributes(payload, RtmsgSize);
    const table = readUint32(attributes.get(RTA_TABLE)) ?? payload[4];
    if (table !== RT_TABLE_MAIN || payload[7] !== RTN_UNICAST) continue;
    const metric = readUint32(attributes.get(RTA_PRIORITY));
    routes.push({
      destination: readIpv4(attributes.get(RTA_DST)) ?? 0,
      prefixLength: payload[1] ?? 0,
      protocol: payload[5] ?? 0,
      ...decodeLookup(attributes),
      ...(metric === undefined ? {} : { metric }),
    });
  }
  return routes;
}

/** Which way the kernel would send a packet. Throws SystemError: ENETUNREACH when no route leads there. */
export function lookUpRoute(netlink: NetlinkSocket, destination: number): RouteLookup {
  const subject = `cannot find a route to ${dotted(destination)}`;
  const parts = [rtmsg(32, 0, 0, 0), attribute(RTA_DST, ipv4(destination))];
  const [answer] = netlink.request({ type: RTM_GETROUTE, operation: 'RTM_GETROUTE', subject, parts });
  return decodeLookup(decodeAttributes(answer?.payload ?? concatenate(), RtmsgSize));
}

function decodeLookup(attributes: Attributes): RouteLookup {
  const gateway = readIpv4(attributes.get(RTA_GATEWAY));
  const source = readIpv4(attributes.get(RTA_PREFSRC));
  const metrics = attributes.get(RTA_METRICS);
  const mtu = metrics === undefined ? undefined : readUint32(decodeAttributes(metrics).get(RTAX_MTU));
  return {
    index: readUint32(attributes.get(RTA_OIF)) ?? 0,
    ...(gateway === undefined ? {} : { gateway }),
    ...(source === undefined ? {} : { source }),
    ...(mtu === undefined ? {} : { mtu }),
  };
}
