// Cuts address pools into blocks, which are what nodes get and hand over. Who has which is decided in address-slices.ts.

import { type Cidr, contains, formatCidr, parseCidr } from '../protocol/ip/address.ts';
import type { VpnServerSpec } from './vpn-server.ts';

type AddressPool = VpnServerSpec['addressPools'][number];

export interface Block {
  readonly text: string;
  readonly cidr: Cidr;
  owner: string | undefined;
  /** Who must hand it over first. */
  readonly releasing: Set<string>;
}

const FewestBlocks = 32;
/** Prefix length: of a smaller block the network's address and the server's own might leave nothing. */
const SmallestBlock = 30;

/** A block for every node, if the pools have so many; with room for as many nodes again when they must be cut anew. */
export function blocksFor(pools: readonly AddressPool[], nodes: number, before: readonly string[]): Block[] {
  let perPool = nodes > FewestBlocks / 2 ? finestCut(pools, before) : FewestBlocks;
  let blocks = blocksOf(pools, perPool);
  const wanted = blocks.length < nodes ? nodes * 2 : 0;
  while (blocks.length < wanted) {
    perPool *= 2;
    const finer = blocksOf(pools, perPool);
    if (finer.length === blocks.length) break;
    blocks = finer;
  }
  return blocks;
}

/** Into how many blocks a pool was cut before: while there are many nodes, none has to hand blocks over for a coarser cut. */
function finestCut(pools: readonly AddressPool[], before: readonly string[]): number {
  const whole = pools.flatMap(({ cidr }) => parseCidr(cidr) ?? []);
  const cuts = before.flatMap((text) => {
    const range = parseCidr(text);
    if (range === undefined) return [];
    const pool = whole.find((each) => holds(each, range));
    return pool === undefined ? [] : [2 ** (range.prefixLength - pool.prefixLength)];
  });
  return cuts.reduce((finest, each) => Math.max(finest, each), FewestBlocks);
}

/** Excluded ranges hold nothing to share. */
function blocksOf(pools: readonly AddressPool[], perPool: number): Block[] {
  return pools.flatMap(({ cidr, exclude = [] }) => {
    const pool = parseCidr(cidr);
    if (pool === undefined) return [];
    const finest = Math.min(SmallestBlock, pool.prefixLength + Math.log2(perPool));
    const prefixLength = Math.max(pool.prefixLength, finest);
    const size = 2 ** (32 - prefixLength);
    const holes = exclude.map(parseCidr).filter((hole) => hole !== undefined);
    return Array.from({ length: 2 ** (prefixLength - pool.prefixLength) }, (_, index) => {
      const block = { address: pool.address + index * size, prefixLength };
      return { text: formatCidr(block), cidr: block, owner: undefined, releasing: new Set<string>() };
    }).filter(({ cidr: block }) => !holes.some((hole) => holds(hole, block)));
  });
}

function holds(outer: Cidr, inner: Cidr): boolean {
  return outer.prefixLength <= inner.prefixLength && contains(outer, inner.address);
}
