// The IPv4 settings of one interface, those of /proc/sys/net/ipv4/conf/<name>, over rtnetlink: IFLA_AF_SPEC with
// AF_INET and IFLA_INET_CONF. This works where /proc/sys is read-only, with CAP_NET_ADMIN alone.
import { AF_INET, AF_UNSPEC } from './netlink-families.ts';
import { IfinfomsgSize, ifinfomsg } from './netlink-links.ts';
import { attribute, decodeAttributes, nested, readUint32, uint32 } from './netlink-message.ts';
import type { NetlinkSocket } from './netlink-socket.ts';

const RTM_GETLINK = 18;
const RTM_SETLINK = 19;
const IFLA_AF_SPEC = 26;
const IFLA_INET_CONF = 1;

/** linux/ip.h: IPV4_DEVCONF_*. */
const settingNumbers = {
  forwarding: 1,
  proxyArp: 3,
  acceptRedirects: 4,
  sendRedirects: 6,
  rpFilter: 8,
  routeLocalnet: 26,
} as const;

/** Values as in the files of /proc; `rpFilter`: 0 off, 1 strict, 2 loose (RFC 3704). */
export type InterfaceSettings = Record<keyof typeof settingNumbers, number>;

const names = Object.keys(settingNumbers) as (keyof typeof settingNumbers)[];

/** Throws SystemError: ENODEV when the interface is gone. */
export function readInterfaceSettings(netlink: NetlinkSocket, index: number): InterfaceSettings {
  const subject = `cannot read the IPv4 settings of interface ${index}`;
  const parts = [ifinfomsg(AF_UNSPEC, index)];
  const [link] = netlink.request({ type: RTM_GETLINK, operation: 'RTM_GETLINK', subject, parts });
  const perFamily = link && decodeAttributes(link.payload, IfinfomsgSize).get(IFLA_AF_SPEC);
  const inet = perFamily && decodeAttributes(perFamily).get(AF_INET);
  // An array of integers: the setting numbered n is its element n - 1.
  const values = inet && decodeAttributes(inet).get(IFLA_INET_CONF);
  const read = (name: (typeof names)[number]) =>
    readUint32(values?.subarray(4 * (settingNumbers[name] - 1))) ?? 0;
  return Object.fromEntries(names.map((name) => [name, read(name)])) as InterfaceSettings;
}

/** Changes the given settings and leaves the others. Throws SystemError. */
export function changeInterfaceSettings(
  netlink: NetlinkSocket,
  index: number,
  settings: Partial<InterfaceSettings>,
): void {
  const values = names.flatMap((name) => {
    const value = settings[name];
    return value === undefined ? [] : [attribute(settingNumbers[name], uint32(value))];
  });
  const subject = `cannot change the IPv4 settings of interface ${index} (${JSON.stringify(settings)})`;
  const parts = [
    ifinfomsg(AF_UNSPEC, index),
    nested(IFLA_AF_SPEC, nested(AF_INET, nested(IFLA_INET_CONF, ...values))),
  ];
  netlink.request({ type: RTM_SETLINK, operation: 'RTM_SETLINK', subject, parts });
}
