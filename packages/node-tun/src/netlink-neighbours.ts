// Proxy neighbour entries over rtnetlink: addresses for which this host answers ARP on an interface although they
// are elsewhere (RFC 1027; rtnetlink(7), NTF_PROXY).
import { dotted } from './dotted.ts';
import { AF_INET } from './netlink-families.ts';
import {
  attribute,
  concatenate,
  decodeAttributes,
  ipv4,
  readIpv4,
  readUint32,
  uint32,
} from './netlink-message.ts';
import type { NetlinkSocket } from './netlink-socket.ts';

// linux/rtnetlink.h, linux/neighbour.h
const RTM_NEWNEIGH = 28;
const RTM_DELNEIGH = 29;
const RTM_GETNEIGH = 30;
const NLM_F_REPLACE = 0x100;
const NLM_F_CREATE = 0x400;
const NDA_DST = 1;
const NDA_PROTOCOL = 12;
const NUD_PERMANENT = 0x80;
const NTF_PROXY = 0x08;
const NdmsgSize = 12;

export interface ProxyNeighbour {
  /** The interface on which ARP is answered. */
  readonly index: number;
  /** Host order. */
  readonly address: number;
  /** Who made the entry: a number of the maker's choice, 0 when unknown. */
  readonly protocol?: number;
}

// struct ndmsg: family, padding, index, state, flags, type.
function ndmsg(index: number): Uint8Array {
  return concatenate(
    new Uint8Array([AF_INET, 0, 0, 0]),
    uint32(index),
    new Uint8Array([NUD_PERMANENT, 0, NTF_PROXY, 0]),
  );
}

/** Adds the entry, or keeps the one that exists. */
export function addProxyNeighbour(
  netlink: NetlinkSocket,
  { index, address, protocol = 0 }: ProxyNeighbour,
): void {
  const subject = `cannot answer ARP for ${dotted(address)}`;
  const parts = [ndmsg(index), attribute(NDA_DST, ipv4(address))];
  if (protocol !== 0) parts.push(attribute(NDA_PROTOCOL, new Uint8Array([protocol])));
  const flags = NLM_F_CREATE | NLM_F_REPLACE;
  netlink.request({ type: RTM_NEWNEIGH, flags, operation: 'RTM_NEWNEIGH', subject, parts });
}

export function deleteProxyNeighbour(netlink: NetlinkSocket, { index, address }: ProxyNeighbour): void {
  const subject = `cannot stop answering ARP for ${dotted(address)}`;
  const parts = [ndmsg(index), attribute(NDA_DST, ipv4(address))];
  netlink.request({ type: RTM_DELNEIGH, operation: 'RTM_DELNEIGH', subject, parts });
}

export function listProxyNeighbours(netlink: NetlinkSocket): ProxyNeighbour[] {
  const request = {
    type: RTM_GETNEIGH,
    operation: 'RTM_GETNEIGH',
    subject: 'cannot list the proxy neighbours',
  };
  return netlink.dump({ ...request, parts: [ndmsg(0)] }).flatMap(({ payload }) => {
    const attributes = decodeAttributes(payload, NdmsgSize);
    const address = readIpv4(attributes.get(NDA_DST));
    if (address === undefined) return [];
    const protocol = attributes.get(NDA_PROTOCOL)?.[0] ?? 0;
    return [{ index: readUint32(payload.subarray(4)) ?? 0, address, protocol }];
  });
}
