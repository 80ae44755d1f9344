// Splits the address pools among the nodes, so that no two gateways ever give out one address, without asking each other.
//
//   pool  |a|b|c|d|e|f|g|h|      32 blocks a pool at most, of equal size
//   node1  a b c d                a node keeps what it has; a new one gets free blocks first,
//   node2          e f g h        then blocks that richer nodes hand over: those stop giving out addresses from them
//                                 (releasing), and when the last session in a block is over, the new node has it
//
// Pure: what was decided before comes in, and goes out into the configuration Secret, where a restart finds it.

import { type Cidr, contains, formatCidr, overlap, parseAddress, parseCidr } from '../protocol/ip/address.ts';
import type { AddressSlices, ReleasingRange } from './gateway-files.ts';
import type { VpnServerSpec } from './vpn-server.ts';

export interface Slices {
  readonly slices: AddressSlices;
  readonly releasing: readonly ReleasingRange[];
}

export interface SliceInput {
  readonly spec: Pick<VpnServerSpec, 'addressPools'>;
  readonly previous: Slices;
  /** Nodes that should have a gateway. */
  readonly nodes: readonly string[];
  /** Nodes besides those that may still have sessions. */
  readonly lingering: readonly string[];
  /** What a node's sessions have; undefined: nobody knows, so everything may be in use. */
  readonly usedOn: (node: string) => readonly string[] | undefined;
  /** Whether the node's gateway has loaded what was decided last. */
  readonly isCurrent: (node: string) => boolean;
}

const BlocksPerPool = 32;
const SmallestBlock = 30;

interface Block {
  readonly text: string;
  readonly cidr: Cidr;
  owner: string | undefined;
  /** Who must hand it over first. */
  readonly releasing: Set<string>;
}

export function assignSlices(input: SliceInput): Slices {
  const nodes = [...new Set(input.nodes)].sort();
  const blocks = blocksOf(input.spec);
  inherit(blocks, input);
  release(blocks, input);
  if (nodes.length > 0) share(blocks, nodes, input);
  return written(blocks, outside(blocks, input));
}

/** Excluded ranges hold nothing to share. */
export function blocksOf({ addressPools }: SliceInput['spec']): Block[] {
  return addressPools.flatMap(({ cidr, exclude = [] }) => {
    const pool = parseCidr(cidr);
    if (pool === undefined) return [];
    const prefixLength = Math.max(
      pool.prefixLength,
      Math.min(SmallestBlock, pool.prefixLength + Math.log2(BlocksPerPool)),
    );
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

/** The pools may have been cut otherwise before: who had any of a block has it, or must hand it over. */
function inherit(blocks: Block[], { previous }: SliceInput): void {
  const had = Object.entries(previous.slices).flatMap(([node, texts]) =>
    texts.flatMap((text) => ({ node, cidr: parseCidr(text) })),
  );
  const owed = previous.releasing.flatMap(({ cidr, node }) => ({ node, cidr: parseCidr(cidr) }));
  for (const block of blocks) {
    const touching = (ranges: typeof had) =>
      ranges.filter(({ cidr }) => cidr && overlap(cidr, block.cidr)).map(({ node }) => node);
    const owners = touching(had);
    const claimants = new Set([...owners, ...touching(owed)]);
    // Sessions of more than one node may be in it: nobody gives it out until all but new ones are over.
    if (claimants.size === 1 && owners.length > 0) [block.owner] = claimants;
    else for (const node of claimants) block.releasing.add(node);
  }
}

/** What left the pools, until its node has heard of it: it may come back, and somebody may still have it. */
function outside(blocks: readonly Block[], input: SliceInput): ReleasingRange[] {
  const { previous } = input;
  const isOutside = ({ cidr }: ReleasingRange) => {
    const range = parseCidr(cidr);
    return range !== undefined && !blocks.some((block) => overlap(block.cidr, range));
  };
  const had = Object.entries(previous.slices).flatMap(([node, texts]) =>
    texts.map((cidr) => ({ cidr, node })),
  );
  const owed = previous.releasing.filter(({ cidr, node }) => isOwed(parseCidr(cidr), node, input));
  return [...had.filter(({ node }) => !isGone(node, input)), ...owed].filter(isOutside);
}

function release(blocks: Block[], input: SliceInput): void {
  for (const { cidr, releasing } of blocks) {
    for (const node of releasing) if (!isOwed(cidr, node, input)) releasing.delete(node);
  }
}

/** Whether the node has yet to hear that it must not give out the range, or has sessions in it. */
function isOwed(cidr: Cidr | undefined, node: string, input: SliceInput): boolean {
  if (cidr === undefined || isGone(node, input)) return false;
  return !input.isCurrent(node) || isUsed(cidr, input.usedOn(node));
}

function isGone(node: string, { nodes, lingering }: SliceInput): boolean {
  return !nodes.includes(node) && !lingering.includes(node);
}

function isUsed(cidr: Cidr, used: readonly string[] | undefined): boolean {
  if (used === undefined) return true;
  return used.some((text) => contains(cidr, parseAddress(text) ?? 0));
}

function share(blocks: Block[], nodes: readonly string[], input: SliceInput): void {
  const own = (node: string) => blocks.filter(({ owner }) => owner === node);
  const target = Math.max(1, Math.floor(blocks.length / nodes.length));
  for (const node of nodes) {
    for (let missing = target - own(node).length; missing > 0; missing--) {
      const block = takeable(blocks, input);
      if (block === undefined) break;
      block.owner = node;
    }
  }
  // What is left over goes to the poorest, so that a single node has everything.
  for (const block of blocks.filter(({ owner, releasing }) => owner === undefined && releasing.size === 0)) {
    block.owner = nodes.toSorted((one, other) => own(one).length - own(other).length)[0];
  }
  for (const node of nodes) {
    const promised = blocks.filter(
      ({ owner, releasing }) => owner === undefined && releasing.size > 0,
    ).length;
    handOver(blocks, nodes, { input, target, missing: target - own(node).length - promised });
  }
}

/** A free block, else one of a node that has no gateway any more. */
function takeable(blocks: Block[], input: SliceInput): Block | undefined {
  const free = blocks.filter(({ releasing }) => releasing.size === 0);
  return (
    free.find(({ owner }) => owner === undefined) ??
    free.find(({ owner }) => owner !== undefined && isGone(owner, input))
  );
}

/** Nodes that have more than their share stop giving out addresses from some blocks, unused ones first. */
function handOver(
  blocks: Block[],
  nodes: readonly string[],
  { input, target, missing }: { input: SliceInput; target: number; missing: number },
): void {
  const own = (node: string) => blocks.filter(({ owner }) => owner === node);
  for (let left = missing; left > 0; left--) {
    const [richest = ''] = nodes.toSorted((one, other) => own(other).length - own(one).length);
    const theirs = own(richest);
    if (theirs.length <= target) return;
    const block = theirs.findLast((each) => !isUsed(each.cidr, input.usedOn(richest))) ?? theirs.at(-1);
    if (block === undefined) return;
    block.owner = undefined;
    block.releasing.add(richest);
  }
}

function written(blocks: readonly Block[], others: readonly ReleasingRange[]): Slices {
  const slices: Record<string, string[]> = {};
  for (const [node, blocksOfNode] of Map.groupBy(blocks, ({ owner }) => owner)) {
    if (node !== undefined) slices[node] = blocksOfNode.map(({ text }) => text);
  }
  const releasing = blocks.flatMap(({ text, releasing: nodes }) =>
    [...nodes].map((node) => ({ cidr: text, node })),
  );
  const ordered = Object.entries(slices).sort(([one], [other]) => (one < other ? -1 : 1));
  return { slices: Object.fromEntries(ordered), releasing: [...releasing, ...others] };
}
