// Which addresses of a server's pools may be given to clients.

import {
  contains,
  firstAddress,
  formatAddress,
  lastAddress,
  parseAddress,
  parseCidr,
} from '../protocol/ip/address.ts';
import type { VpnServerSpec } from './vpn-server.ts';

/** The field, or the first host of the first pool. */
export function gatewayAddressOf(spec: Pick<VpnServerSpec, 'gatewayAddress' | 'addressPools'>): string {
  if (spec.gatewayAddress !== undefined) return spec.gatewayAddress;
  const pool = parseCidr(spec.addressPools[0]?.cidr ?? '');
  if (!pool) throw new Error('a validated VpnServer has a first pool');
  return formatAddress(hosts(pool).first);
}

/** Network and broadcast addresses confuse old clients; ranges of one or two addresses have none to spare. */
function hosts(pool: { address: number; prefixLength: number }): { first: number; last: number } {
  const margin = pool.prefixLength >= 31 ? 0 : 1;
  return { first: firstAddress(pool) + margin, last: lastAddress(pool) - margin };
}

export interface AddressFault {
  readonly what: string;
  readonly fix: string;
}

/** Why no client can have this address, or undefined. */
export function addressFault(spec: VpnServerSpec, text: string): AddressFault | undefined {
  const address = parseAddress(text);
  if (address === undefined)
    return { what: 'is not an IPv4 address', fix: 'write four numbers from 0 to 255' };
  if (text === gatewayAddressOf(spec)) {
    return { what: 'is the address of the server itself', fix: 'take another one from its pools' };
  }
  const pools = spec.addressPools.flatMap(({ cidr, exclude = [] }) => {
    const range = parseCidr(cidr);
    return range && contains(range, address) ? [{ range, exclude }] : [];
  });
  const [pool] = pools;
  if (!pool) {
    const written = spec.addressPools.map(({ cidr }) => cidr).join(', ');
    return { what: 'is in no pool of the server', fix: `take an address from ${written}` };
  }
  const excluded = pool.exclude.find((cidr) => {
    const range = parseCidr(cidr);
    return range && contains(range, address);
  });
  if (excluded) return { what: `is in the excluded range ${excluded}`, fix: 'take an address outside of it' };
  const { first, last } = hosts(pool.range);
  if (address >= first && address <= last) return undefined;
  return {
    what: 'is the network or broadcast address of its pool',
    fix: `take an address from ${formatAddress(first)} to ${formatAddress(last)}`,
  };
}

/** How many clients the pools can serve at once: hosts, without the excluded ones and the server's own. */
export function clientAddressCount(spec: VpnServerSpec): number {
  const gateway = parseAddress(gatewayAddressOf(spec));
  return spec.addressPools.reduce((total, { cidr, exclude = [] }) => {
    const pool = parseCidr(cidr);
    if (!pool) return total;
    const { first, last } = hosts(pool);
    const holes = exclude
      .flatMap((text) => parseCidr(text) ?? [])
      .map((hole) => [firstAddress(hole), lastAddress(hole)] as const);
    if (gateway !== undefined) holes.push([gateway, gateway]);
    return total + uncovered(first, last, holes);
  }, 0);
}

/** How much of first..last lies in none of the holes, which may overlap. */
function uncovered(first: number, last: number, holes: readonly (readonly [number, number])[]): number {
  let count = 0;
  let next = first;
  for (const [from, to] of holes.toSorted(([one], [other]) => one - other)) {
    count += Math.max(0, Math.min(from, last + 1) - next);
    next = Math.max(next, to + 1);
  }
  return count + Math.max(0, last + 1 - next);
}
