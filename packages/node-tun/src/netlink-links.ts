// Network interfaces over rtnetlink: list, up and down, MTU, delete (rtnetlink(7), RTM_NEWLINK).
import { AF_UNSPEC } from './netlink-families.ts';
import {
  attribute,
  concatenate,
  decodeAttributes,
  type NetlinkMessage,
  readText,
  readUint32,
  uint32,
} from './netlink-message.ts';
import type { NetlinkSocket } from './netlink-socket.ts';

// linux/rtnetlink.h, linux/if_link.h, linux/if.h
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const RTM_SETLINK = 19;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_TXQLEN = 13;
export const IfinfomsgSize = 16;
const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;
const IFF_POINTOPOINT = 0x10;

export interface Link {
  readonly index: number;
  readonly name: string;
  /** Bytes. */
  readonly mtu: number;
  readonly state: 'up' | 'down';
  readonly kind: 'loopback' | 'pointToPoint' | 'broadcast';
}

export interface LinkChange {
  readonly state?: 'up' | 'down';
  /** Bytes. */
  readonly mtu?: number;
  /** Packets that wait for a slow reader before the kernel drops. */
  readonly transmitQueue?: number;
}

/** struct ifinfomsg: family, type, index, flags, and which of the flags change. */
export function ifinfomsg(family: number, index: number, flags = 0, change = 0): Uint8Array {
  return concatenate(new Uint8Array([family, 0, 0, 0]), uint32(index), uint32(flags), uint32(change));
}

export function listLinks(netlink: NetlinkSocket): Link[] {
  const request = { type: RTM_GETLINK, operation: 'RTM_GETLINK', subject: 'cannot list the interfaces' };
  return netlink.dump({ ...request, parts: [ifinfomsg(AF_UNSPEC, 0)] }).map(decodeLink);
}

export function changeLink(netlink: NetlinkSocket, index: number, change: LinkChange): void {
  const parts = [ifinfomsg(AF_UNSPEC, index)];
  if (change.state !== undefined) {
    parts[0] = ifinfomsg(AF_UNSPEC, index, change.state === 'up' ? IFF_UP : 0, IFF_UP);
  }
  if (change.mtu !== undefined) parts.push(attribute(IFLA_MTU, uint32(change.mtu)));
  if (change.transmitQueue !== undefined) parts.push(attribute(IFLA_TXQLEN, uint32(change.transmitQueue)));
  const subject = `cannot change interface ${index} (${JSON.stringify(change)})`;
  netlink.request({ type: RTM_SETLINK, operation: 'RTM_SETLINK', subject, parts });
}

export function deleteLink(netlink: NetlinkSocket, index: number): void {
  const subject = `cannot delete interface ${index}`;
  const parts = [ifinfomsg(AF_UNSPEC, index)];
  netlink.request({ type: RTM_DELLINK, operation: 'RTM_DELLINK', subject, parts });
}

function decodeLink({ payload }: NetlinkMessage): Link {
  const attributes = decodeAttributes(payload, IfinfomsgSize);
  const flags = readUint32(payload.subarray(8)) ?? 0;
  return {
    index: readUint32(payload.subarray(4)) ?? 0,
    name: readText(attributes.get(IFLA_IFNAME)),
    mtu: readUint32(attributes.get(IFLA_MTU)) ?? 0,
    state: (flags & IFF_UP) !== 0 ? 'up' : 'down',
    kind: linkKind(flags),
  };
}

function linkKind(flags: number): Link['kind'] {
  if ((flags & IFF_LOOPBACK) !== 0) return 'loopback';
  return (flags & IFF_POINTOPOINT) !== 0 ? 'pointToPoint' : 'broadcast';
}
