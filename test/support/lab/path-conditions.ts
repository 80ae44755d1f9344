// What the network between server and clients does to packets: narrow links, filtered ICMP, dropped fragments, lost
// packets, filtered GRE. The filters are the router's; the narrow link has two ends, and neither may tell of it.
import type { Namespace } from './namespaces.ts';

export interface PathConditions {
  /** MTU of the link between router and home, bytes. Default 1500. */
  mtu?: number;
  /** What passes at most in one direction, where that is less than `mtu`; the rest is dropped in silence. */
  longest?: { toClient?: number; toServer?: number };
  /** `filtered` drops every ICMP destination-unreachable: with a small MTU, a black hole. */
  icmp?: 'passed' | 'filtered';
  /** Source address of the router's own ICMP, where it is none of its own: many have addresses that nobody can reach. */
  icmpSource?: string;
  /** What becomes of IP fragments. */
  fragments?: 'passed' | 'dropped';
  /** Share of all packets that get lost, in either direction, per mille. */
  lossPerMille?: number;
  /** In which direction a filter drops GRE. */
  greFilter?: 'none' | 'toClient' | 'toServer' | 'both';
}

const table = 'conditions';

export interface LinkEnd {
  namespace: Namespace;
  device: string;
}

/** Sets the conditions of the link between the router and what lies beyond it. Replaces those set before. */
export async function setConditions(
  router: LinkEnd,
  beyond: LinkEnd,
  conditions: PathConditions,
): Promise<void> {
  for (const { namespace, device } of [router, beyond])
    await namespace.ip(`link set ${device} mtu ${conditions.mtu ?? 1500}`);
  await router.namespace.nftTable(table, chains(router.device, conditions));
  await beyond.namespace.nftTable(table, conditions.icmp === 'filtered' ? silence : '');
}

const unreachableDropped = 'icmp type destination-unreachable drop';
const silence = `chain output { type filter hook output priority 0;\n${unreachableDropped}\n}`;

function chains(device: string, conditions: PathConditions): string {
  const {
    icmp = 'passed',
    fragments = 'passed',
    longest = {},
    lossPerMille = 0,
    greFilter = 'none',
  } = conditions;
  const unreachable = icmp === 'filtered' ? [unreachableDropped] : [];
  const forward = [
    ...unreachable,
    ...(fragments === 'dropped' ? ['ip frag-off & 0x3fff != 0 drop'] : []),
    ...(longest.toClient === undefined ? [] : [`oifname "${device}" ip length > ${longest.toClient} drop`]),
    ...(longest.toServer === undefined ? [] : [`iifname "${device}" ip length > ${longest.toServer} drop`]),
    ...(lossPerMille > 0
      ? [lossPerMille < 1000 ? `numgen random mod 1000 < ${lossPerMille} drop` : 'drop']
      : []),
    ...(greFilter === 'toClient' || greFilter === 'both' ? [`oifname "${device}" ip protocol gre drop`] : []),
    ...(greFilter === 'toServer' || greFilter === 'both' ? [`iifname "${device}" ip protocol gre drop`] : []),
  ];
  const postrouting =
    conditions.icmpSource === undefined
      ? ''
      : `chain postrouting { type filter hook postrouting priority mangle;
icmp type destination-unreachable ip saddr set ${conditions.icmpSource}\n}`;
  if (forward.length === 0) return postrouting;
  return `${postrouting}
chain forward { type filter hook forward priority 0;\n${forward.join('\n')}\n}
chain output { type filter hook output priority 0;\n${unreachable.join('\n')}\n}`;
}
