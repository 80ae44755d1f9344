// What the operator is told of the paths to clients: counts, the range of tunnel MTUs, and the worst sessions by name.
// Pure. However many sessions there are, the answer stays small.

import { mostPaths, type PathState, type PathSummary, type SessionPath } from '../api/gateway-status.ts';
import { formatAddress } from '../protocol/ip/address.ts';
import type { SessionPathMtu } from './path-mtu.ts';
import type { Session } from './session.ts';

/** The worst comes first: what cannot be measured, then what was a black hole, then the rest by size. */
const gravity: Record<PathState, number> = {
  Indeterminate: 0,
  BlackHole: 1,
  Confirmed: 2,
  Searching: 2,
  Fixed: 2,
};

/** `measured` undefined: with spec.mtu.mode Fixed nothing is. Empty for a session of nobody. */
export function viewPath(
  { user, peerAddress, pathMtu, tunnelMtu }: Pick<Session, 'user' | 'peerAddress' | 'pathMtu' | 'tunnelMtu'>,
  measured: Pick<SessionPathMtu, 'state' | 'interfaceMtu'> | undefined,
): SessionPath[] {
  if (user === undefined) return [];
  return [
    {
      user: { namespace: user.namespace, name: user.name },
      from: formatAddress(peerAddress),
      state: measured?.state ?? 'Fixed',
      interfaceMTU: measured?.interfaceMtu ?? null,
      pathMTU: pathMtu,
      tunnelMTU: tunnelMtu,
    },
  ];
}

export function summarisePaths(paths: readonly SessionPath[]): PathSummary {
  const states: Partial<Record<PathState, number>> = {};
  let [smallest, largest] = [Number.POSITIVE_INFINITY, 0];
  for (const { state, tunnelMTU } of paths) {
    states[state] = (states[state] ?? 0) + 1;
    smallest = Math.min(smallest, tunnelMTU);
    largest = Math.max(largest, tunnelMTU);
  }
  return {
    states,
    tunnelMTU: paths.length === 0 ? null : { smallest, largest },
    // Stable: a mere reshuffle would look like news.
    sessions: [...paths]
      .sort((one, other) => gravity[one.state] - gravity[other.state] || one.pathMTU - other.pathMTU)
      .slice(0, mostPaths),
  };
}
