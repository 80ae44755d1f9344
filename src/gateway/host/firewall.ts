// The nftables table of one gateway, as text. Three hooks judge what clients send: before DNAT (a Service's address
// would be rewritten), on the way into this host, and on the way through it. Pure; nft.ts applies it.
import { type Cidr, formatAddress, formatCidr } from '../../protocol/ip/address.ts';
import type { Destinations } from '../../protocol/ip/destinations.ts';

export interface FirewallOptions {
  readonly table: string;
  readonly tun: string;
  readonly gatewayAddress: number;
  readonly gatewayServesDns: boolean;
  readonly pools: readonly Cidr[];
  /** Where clients may go; everything else is dropped. */
  readonly destinations: Destinations;
  /** Addresses of this host, besides the gateway's, that clients may reach all the same. */
  readonly openLocalAddresses: readonly number[];
  readonly masquerade: boolean;
  readonly clientToClient: boolean;
  /** Interfaces that did not forward before us. The set in the table outlives a kill -9. */
  readonly formerlyNotForwarding: readonly string[];
  /** Interfaces, besides the TUN, that lead out of this host. */
  readonly uplinks: readonly string[];
}

/** What a name set in the table remembers: see FirewallOptions.formerlyNotForwarding. */
export const ForwardingSet = 'formerly_not_forwarding';
export const TablePrefix = 'vpn-operator-';

/** linux/netfilter/nf_tables.h: NFT_NAME_MAXLEN, without the closing zero. */
const LongestName = 255;

/** A namespace has no dot, so the first one parts it from the name: no two servers share a table. */
export function tableName(server: { namespace: string; name: string }): string {
  return `${TablePrefix}${server.namespace}.${server.name}`
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .slice(0, LongestName);
}

/** A script for `nft -f`: replaces the table, whatever is left of an earlier one. */
export function renderFirewall(options: FirewallOptions): string {
  return [
    `add table inet ${options.table}`,
    `delete table inet ${options.table}`,
    `table inet ${options.table} {`,
    ...sets(options).map(indent),
    ...chains(options).map(indent),
    '}',
    '',
  ].join('\n');
}

const indent = (block: string) => block.replace(/^(?=.)/gm, '  ');

function sets(options: FirewallOptions): string[] {
  const { destinations, openLocalAddresses, pools, formerlyNotForwarding, uplinks } = options;
  const ranges: string[] = [];
  for (let i = 0; i < destinations.length; i += 2) ranges.push(range(destinations[i]!, destinations[i + 1]!));
  return [
    set('permitted', 'ipv4_addr', ranges),
    set('open_local', 'ipv4_addr', openLocalAddresses.map(formatAddress)),
    set('pools', 'ipv4_addr', pools.map(formatCidr)),
    set(ForwardingSet, 'ifname', formerlyNotForwarding.map(quote)),
    set('uplinks', 'ifname', uplinks.map(quote)),
  ];
}

const range = (first: number, last: number) =>
  first === last ? formatAddress(first) : `${formatAddress(first)}-${formatAddress(last)}`;
const quote = (name: string) => `"${name}"`;

function set(name: string, type: 'ipv4_addr' | 'ifname', elements: readonly string[]): string {
  const lines = [`set ${name} {`, `  type ${type}`];
  if (type === 'ipv4_addr') lines.push('  flags interval');
  if (elements.length > 0) lines.push(`  elements = { ${elements.join(', ')} }`);
  return [...lines, '}'].join('\n');
}

function chain(name: string, hook: string | undefined, rules: readonly string[]): string {
  const head = hook === undefined ? [] : [`  type ${hook}`];
  return [`chain ${name} {`, ...head, ...rules.map((rule) => `  ${rule}`), '}'].join('\n');
}

function chains(options: FirewallOptions): string[] {
  const { tun, gatewayAddress, gatewayServesDns, masquerade, clientToClient } = options;
  const gateway = formatAddress(gatewayAddress);
  const betweenClients = clientToClient ? [] : [`iifname "${tun}" oifname "${tun}" drop`];
  const filters = [
    chain('local', undefined, [
      `ip daddr ${gateway} icmp type { echo-request, echo-reply } accept`,
      // Our own word to this host that its packet does not fit; from a client it does not come as far as here.
      `ip daddr ${gateway} icmp type destination-unreachable icmp code frag-needed accept`,
      ...(gatewayServesDns ? [`ip daddr ${gateway} meta l4proto { tcp, udp } th dport 53 accept`] : []),
      'ip daddr @open_local accept',
      'drop',
    ]),
    // -300 is before connection tracking (-200) and DNAT (-100).
    chain('prerouting', 'filter hook prerouting priority -300; policy accept;', [
      `iifname != "${tun}" return`,
      'meta nfproto ipv6 drop',
      'ip saddr != @pools drop',
      'fib daddr type local goto local',
      'fib daddr type != unicast drop',
      'ip daddr != @permitted drop',
    ]),
    chain('input', 'filter hook input priority -10; policy accept;', [`iifname "${tun}" goto local`]),
    chain('forward', 'filter hook forward priority -10; policy accept;', [
      ...betweenClients,
      `iifname "${tun}" ip daddr != @permitted drop`,
      // What we opened for clients does not make this host a router for its neighbours.
      `iifname @${ForwardingSet} oifname @uplinks drop`,
    ]),
  ];
  if (!masquerade) return filters;
  const rule = `ip saddr @pools oifname != "${tun}" masquerade`;
  return [...filters, chain('postrouting', 'nat hook postrouting priority 100; policy accept;', [rule])];
}
