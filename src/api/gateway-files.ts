// The files through which the operator tells a gateway what to serve: config.json, and the users in shards, because a
// Secret holds no more than 1 MiB. config.json names the digest of every shard, so that a mixture of old and new files is
// noticed and waited out. They hold NT hashes, which are as good as passwords: never log them.

import { createHash } from 'node:crypto';
import type { GatewayConfig, GatewayUser } from './gateway-config.ts';

export const configFile = 'config.json';
export const tokenFile = 'token';
export const usersFile = (shard: number) => `users-${shard}.json`;

/** Ranges of each node: they never overlap, so that no two gateways give out one address. */
export type AddressSlices = Readonly<Record<string, readonly string[]>>;

/** A range that a node must hand over, as soon as nobody has an address from it. */
export interface ReleasingRange {
  readonly cidr: string;
  readonly node: string;
}

export interface SlicedConfig {
  readonly config: GatewayConfig;
  readonly slices: AddressSlices;
  readonly releasing: readonly ReleasingRange[];
}

export interface GatewayFiles {
  readonly config: string;
  readonly users: readonly string[];
  /** Of config.json, and so of everything: what a gateway reports when it has loaded them. */
  readonly hash: string;
}

/** The text of config.json, parsed. */
export interface ConfigDocument extends Omit<GatewayConfig, 'users' | 'slice'> {
  readonly formatVersion: 1;
  readonly slices: AddressSlices;
  readonly releasing: readonly ReleasingRange[];
  /** SHA-256 of each users file. */
  readonly users: readonly string[];
}

/** Bytes of one users file; base64 and metadata must fit into etcd's 1.5 MiB with it. */
const LargestShard = 700_000;

export function encodeGatewayFiles({ config, slices, releasing }: SlicedConfig): GatewayFiles {
  const { users, server, spec, protectedDestinations } = config;
  const shards = shardsOf(users).map((shard) => JSON.stringify(shard));
  const document: ConfigDocument = {
    formatVersion: 1,
    server,
    spec,
    protectedDestinations,
    slices,
    releasing,
    users: shards.map(digestOf),
  };
  const text = JSON.stringify(document);
  return { config: text, users: shards, hash: digestOf(text) };
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A user stays in its shard while others come and go, so that one change rewrites one Secret. */
function shardsOf(users: readonly GatewayUser[]): GatewayUser[][] {
  for (let count = 1; ; count *= 2) {
    const shards: GatewayUser[][] = Array.from({ length: count }, () => []);
    for (const user of users) shards[shardOf(user, count)]?.push(user);
    if (count >= users.length || shards.every((shard) => sizeOf(shard) <= LargestShard)) return shards;
  }
}

function shardOf({ namespace, name }: GatewayUser, count: number): number {
  if (count === 1) return 0;
  return createHash('sha1').update(`${namespace}/${name}`).digest().readUInt32BE(0) % count;
}

/** Of the JSON text, in bytes at most: characters outside of ASCII count for three. */
function sizeOf(users: readonly GatewayUser[]): number {
  return users.reduce((size, user) => size + textSize(JSON.stringify(user)) + 1, 2);
}

function textSize(text: string): number {
  let size = text.length;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) size += 2;
  return size;
}
