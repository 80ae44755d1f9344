// Conflicts between servers: listening in one place, or handing out the same addresses. The older one wins.

import { overlap, parseCidr } from '../protocol/ip/address.ts';
import { byClaim } from './claims.ts';
import { quote } from './fault.ts';
import type { Finding } from './finding.ts';
import type { NamespacedName } from './names.ts';
import type { VpnServer } from './vpn-server.ts';

/** A range that belongs to somebody else, such as the Pods of the cluster. */
export interface ReservedRange {
  readonly cidr: string;
  readonly owner: string;
}

export interface ServerSurroundings {
  /** Whether two servers have a node in common. */
  readonly shareNode: (one: VpnServer, other: VpnServer) => boolean;
  readonly reservedRanges: readonly ReservedRange[];
}

export function serverFindings(servers: readonly VpnServer[], surroundings: ServerSurroundings): Finding[] {
  const ordered = byClaim(servers);
  return ordered.flatMap((server, index) => {
    const older = ordered.slice(0, index);
    const neighbours = older.filter((other) => surroundings.shareNode(server, other));
    return [...listenFindings(server, neighbours), ...poolFindings(server, takenRanges(older, surroundings))];
  });
}

const nameOf = ({ namespace, name }: NamespacedName) => `${namespace}/${name}`;

/** TCP port 1723 and GRE belong to one server per address; an empty list means every address. */
function listenFindings(server: VpnServer, older: readonly VpnServer[]): Finding[] {
  const own = server.spec.listenAddresses;
  const rival = older.find(({ spec: { listenAddresses: theirs } }) => {
    return own.length === 0 || theirs.length === 0 || own.some((address) => theirs.includes(address));
  });
  if (!rival) return [];
  const value = own.find((address) => rival.spec.listenAddresses.includes(address)) ?? own[0];
  return [
    {
      object: { kind: 'VpnServer', ...keyOf(server) },
      reason: 'ListenAddressConflict',
      severity: 'fault',
      path: ['spec', 'listenAddresses'],
      what: `takes calls where VpnServer ${nameOf(rival.metadata)} already does, on TCP port 1723`,
      value: value === undefined ? '"every address"' : quote(value),
      fix: 'give each of the two addresses of its own in listenAddresses, or nodes of its own in placement',
    },
  ];
}

interface TakenRange {
  readonly cidr: string;
  readonly owner: string;
}

function takenRanges(older: readonly VpnServer[], { reservedRanges }: ServerSurroundings): TakenRange[] {
  const pools = older.flatMap(({ metadata, spec }) =>
    spec.addressPools.map(({ cidr }) => ({ cidr, owner: `VpnServer ${nameOf(metadata)}` })),
  );
  return [...pools, ...reservedRanges];
}

function poolFindings(server: VpnServer, taken: readonly TakenRange[]): Finding[] {
  return server.spec.addressPools.flatMap(({ cidr }, index): Finding[] => {
    const rival = taken.find((range) => overlapping(cidr, range.cidr));
    if (!rival) return [];
    return [
      {
        object: { kind: 'VpnServer', ...keyOf(server) },
        reason: 'PoolConflict',
        severity: 'fault',
        path: ['spec', 'addressPools', index, 'cidr'],
        what: `overlaps ${rival.cidr} of ${rival.owner}`,
        value: quote(cidr),
        fix: 'take a range that nobody else uses',
      },
    ];
  });
}

function overlapping(one: string, other: string): boolean {
  const [a, b] = [parseCidr(one), parseCidr(other)];
  return a !== undefined && b !== undefined && overlap(a, b);
}

function keyOf({ metadata: { namespace, name } }: VpnServer): NamespacedName {
  return { namespace, name };
}
