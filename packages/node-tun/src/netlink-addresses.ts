// IPv4 addresses of interfaces over rtnetlink (rtnetlink(7), RTM_NEWADDR).
import { dotted } from './dotted.ts';
import { AF_INET } from './netlink-families.ts';
import {
  attribute,
  concatenate,
  decodeAttributes,
  ipv4,
  type NetlinkMessage,
  readIpv4,
  readUint32,
  uint32,
} from './netlink-message.ts';
import type { NetlinkSocket } from './netlink-socket.ts';

// linux/rtnetlink.h, linux/if_addr.h
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_GETADDR = 22;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IfaddrmsgSize = 8;

export interface InterfaceAddress {
  /** The interface. */
  readonly index: number;
  /** Host order. */
  readonly address: number;
  readonly prefixLength: number;
}

// struct ifaddrmsg: family, prefix length, flags, scope, index.
function ifaddrmsg({ index, prefixLength }: Pick<InterfaceAddress, 'index' | 'prefixLength'>): Uint8Array {
  return concatenate(new Uint8Array([AF_INET, prefixLength, 0, 0]), uint32(index));
}

function parts(address: InterfaceAddress): Uint8Array[] {
  const value = ipv4(address.address);
  return [ifaddrmsg(address), attribute(IFA_LOCAL, value), attribute(IFA_ADDRESS, value)];
}

/** Every IPv4 address of the network namespace. */
export function listAddresses(netlink: NetlinkSocket): InterfaceAddress[] {
  const request = { type: RTM_GETADDR, operation: 'RTM_GETADDR', subject: 'cannot list the addresses' };
  return netlink.dump({ ...request, parts: [ifaddrmsg({ index: 0, prefixLength: 0 })] }).map(decodeAddress);
}

export function addAddress(netlink: NetlinkSocket, address: InterfaceAddress): void {
  const subject = `cannot add the address ${dotted(address.address)}/${address.prefixLength}`;
  const flags = NLM_F_CREATE | NLM_F_EXCL;
  netlink.request({ type: RTM_NEWADDR, flags, operation: 'RTM_NEWADDR', subject, parts: parts(address) });
}

export function deleteAddress(netlink: NetlinkSocket, address: InterfaceAddress): void {
  const subject = `cannot delete the address ${dotted(address.address)}/${address.prefixLength}`;
  netlink.request({ type: RTM_DELADDR, operation: 'RTM_DELADDR', subject, parts: parts(address) });
}

// IFA_LOCAL is ours; on a point-to-point interface IFA_ADDRESS is the other end.
function decodeAddress({ payload }: NetlinkMessage): InterfaceAddress {
  const attributes = decodeAttributes(payload, IfaddrmsgSize);
  return {
    index: readUint32(payload.subarray(4)) ?? 0,
    address: readIpv4(attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS)) ?? 0,
    prefixLength: payload[1] ?? 0,
  };
}
