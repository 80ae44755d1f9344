// Splits the address pools among the nodes, so that no two gateways ever give out one address, without asking each other.
//
//   pool  |a|b|c|d|e|f|g|h|      32 blocks of equal size, or more for more nodes
//   node1  a b c d                a node keeps what it has; a new one gets free blocks first,
//   node2          e f g h        then blocks that richer nodes hand over: those stop giving out addresses from them
//                                 (releasing), and when the last session in a block is over, the new node has it
//
// Pure: what was decided before comes in, and goes out into the configuration Secret, where a restart finds it.

import { type Cidr, contains, overlap, parseAddress, parseCidr } from '../protocol/ip/address.ts';
import { type Block, blocksFor } from './address-blocks.ts';
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

export function assignSlices(input: SliceInput): Slices {
  const nodes = [...new Set(input.nodes)].sort();
  const blocks = blocksFor(input.spec.addressPools, nodes.length, rangesOf(input.previous));
  inherit(blocks, input);
  release(blocks, input);
  if (nodes.length > 0) share(blocks, nodes, input);
  return written(blocks, outside(blocks, input));
}

function rangesOf({ slices, releasing }: Slices): string[] {
  return [...Object.values(slices).flat(), ...releasing.map(({ cidr }) => cidr)];
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
    for (const node of releasing)
      if (!isGivenOut(cidr, node, input) && !isOwed(cidr, node, input)) releasing.delete(node);
  }
}

/** Whether the node was told to give out addresses of the range: then it must first hear that it no longer does. */
function isGivenOut(cidr: Cidr, node: string, input: SliceInput): boolean {
  if (isGone(node, input)) return false;
  return (input.previous.slices[node] ?? []).some((text) => {
    const range = parseCidr(text);
    return range !== undefined && overlap(range, cidr);
  });
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
  const counts = countsOf(blocks, nodes);
  const target = Math.max(1, Math.floor(blocks.length / nodes.length));
  giveOut(blocks, counts, { input, target });
  for (const [node] of counts) {
    const promised = blocks.filter(
      ({ owner, releasing }) => owner === undefined && releasing.size > 0,
    ).length;
    handOver(blocks, counts, { input, target, missing: target - (counts.get(node) ?? 0) - promised });
  }
}

/** Whoever has less than the target gets free blocks; what is left over goes to the poorest, so that a single node has everything. */
function giveOut(
  blocks: readonly Block[],
  counts: Map<string, number>,
  { input, target }: { input: SliceInput; target: number },
): void {
  const give = (block: Block, node: string) => {
    block.owner = node;
    counts.set(node, (counts.get(node) ?? 0) + 1);
  };
  const takeable = takeableOf(blocks, input);
  for (const [node, count] of [...counts]) {
    for (const block of takeable.splice(0, Math.max(0, target - count))) give(block, node);
  }
  for (const block of blocks) {
    if (block.owner === undefined && block.releasing.size === 0) give(block, poorest(counts));
  }
}

function countsOf(blocks: readonly Block[], nodes: readonly string[]): Map<string, number> {
  const counts = new Map(nodes.map((node) => [node, 0]));
  for (const { owner = '' } of blocks) {
    const count = counts.get(owner);
    if (count !== undefined) counts.set(owner, count + 1);
  }
  return counts;
}

function poorest(counts: ReadonlyMap<string, number>): string {
  return [...counts].reduce((best, each) => (each[1] < best[1] ? each : best))[0];
}

function richest(counts: ReadonlyMap<string, number>): [string, number] {
  return [...counts].reduce((best, each) => (each[1] > best[1] ? each : best));
}

/** Free blocks, then those of nodes that have no gateway any more. */
function takeableOf(blocks: readonly Block[], input: SliceInput): Block[] {
  const free = blocks.filter(({ releasing }) => releasing.size === 0);
  const left = free.filter(({ owner }) => owner !== undefined && isGone(owner, input));
  return [...free.filter(({ owner }) => owner === undefined), ...left];
}

/** Nodes that have more than their share stop giving out addresses from some blocks, unused ones first. */
function handOver(
  blocks: readonly Block[],
  counts: Map<string, number>,
  { input, target, missing }: { input: SliceInput; target: number; missing: number },
): void {
  for (let left = missing; left > 0; left--) {
    const [node, count] = richest(counts);
    if (count <= target) return;
    const theirs = blocks.filter(({ owner }) => owner === node);
    const block = theirs.findLast(({ cidr }) => !isUsed(cidr, input.usedOn(node))) ?? theirs.at(-1);
    if (block === undefined) return;
    block.owner = undefined;
    block.releasing.add(node);
    counts.set(node, count - 1);
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
