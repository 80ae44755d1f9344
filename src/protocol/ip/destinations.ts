// Which addresses a session may reach, compiled once into sorted ranges and asked for every packet.
// Rule: the longest prefix that holds the address decides. A protected prefix is closed unless a strictly longer
// allowed prefix names the address; a denied prefix (other clients' pools) is closed whatever is allowed.
import { type Cidr, contains, firstAddress, lastAddress } from './address.ts';

/** Permitted addresses: [first, last, first, last, …], both ends included, ascending, with gaps between. */
export type Destinations = Uint32Array;

/** Never a place to go through a tunnel: this host's own, link-local (cloud metadata), multicast, reserved. */
export const builtInProtected: readonly Cidr[] = [
  { address: 0x00000000, prefixLength: 8 },
  { address: 0x7f000000, prefixLength: 8 },
  { address: 0xa9fe0000, prefixLength: 16 },
  { address: 0xe0000000, prefixLength: 4 },
  { address: 0xf0000000, prefixLength: 4 },
];

export interface DestinationRules {
  readonly allowed: readonly Cidr[];
  /** Besides the built-in ones. */
  readonly protected: readonly Cidr[];
  readonly denied: readonly Cidr[];
}

/** Nothing but what `rules` permit. */
export function compileDestinations(rules: DestinationRules): Destinations {
  const guarded = [...builtInProtected, ...rules.protected];
  const starts = intervalStarts([...rules.allowed, ...guarded, ...rules.denied]);
  const ranges: number[] = [];
  for (const [index, start] of starts.entries()) {
    // Within one interval no prefix begins or ends: its first address speaks for all.
    const next = starts[index + 1] ?? 2 ** 32;
    if (!decide(start, rules, guarded)) continue;
    if (ranges.at(-1) === start - 1) ranges[ranges.length - 1] = next - 1;
    else ranges.push(start, next - 1);
  }
  return Uint32Array.from(ranges);
}

function decide(address: number, rules: DestinationRules, guarded: readonly Cidr[]): boolean {
  if (rules.denied.some((cidr) => contains(cidr, address))) return false;
  return longestMatch(rules.allowed, address) > longestMatch(guarded, address);
}

function longestMatch(cidrs: readonly Cidr[], address: number): number {
  let longest = -1;
  for (const cidr of cidrs) {
    if (cidr.prefixLength > longest && contains(cidr, address)) longest = cidr.prefixLength;
  }
  return longest;
}

function intervalStarts(cidrs: readonly Cidr[]): number[] {
  const starts = new Set<number>([0]);
  for (const cidr of cidrs) {
    starts.add(firstAddress(cidr));
    if (lastAddress(cidr) < 0xffffffff) starts.add(lastAddress(cidr) + 1);
  }
  return [...starts].sort((one, other) => one - other);
}

/** What both permit: a user's own list only ever narrows the server's. */
export function intersect(one: Destinations, other: Destinations): Destinations {
  const ranges: number[] = [];
  let i = 0;
  let j = 0;
  while (i < one.length && j < other.length) {
    const first = Math.max(one[i]!, other[j]!);
    const last = Math.min(one[i + 1]!, other[j + 1]!);
    if (first <= last) ranges.push(first, last);
    if (one[i + 1]! < other[j + 1]!) i += 2;
    else j += 2;
  }
  return Uint32Array.from(ranges);
}

/** Binary search; no allocation. */
export function isPermitted(destinations: Destinations, address: number): boolean {
  let low = 0;
  let high = destinations.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (address > destinations[middle * 2 + 1]!) low = middle + 1;
    else high = middle;
  }
  return low * 2 < destinations.length && destinations[low * 2]! <= address;
}
