// What /v1/sessions shows of a session: a pure mapping from the engine's snapshot to JSON. The snapshot is also what
// the per-session metrics are made of.
import { formatAddress } from '../protocol/ip/address.ts';
import type { SessionState } from './session.ts';

export type EncryptionMode = 'None' | `MPPE-${40 | 56 | 128}-${'stateless' | 'stateful'}`;

/** Counts since the session began. `received` is from the client, `sent` is to the client, inner bytes. */
export interface SessionTotals {
  receivedBytes: number;
  sentBytes: number;
  receivedPackets: number;
  sentPackets: number;
  /** GRE sequence numbers that never came, came late but were put in order, came twice. */
  greLost: number;
  greReordered: number;
  greDuplicate: number;
  /** Packets that were too large for the path, by reason. */
  pmtuDrops: { toClient: Readonly<Record<string, number>>; fromClient: Readonly<Record<string, number>> };
  /** SYNs whose MSS was lowered; pieces sent of packets that were cut inside the tunnel; ICMP errors to senders. */
  clampedSyns: number;
  fragmentsSent: number;
  fragmentationNeededSent: number;
  /** Packets of this session that were refused, by reason. */
  discarded: Readonly<Record<string, number>>;
}

/** The rest of `sent` is under way. */
export interface ProbeTotals {
  readonly sent: number;
  readonly echoed: number;
  readonly acknowledged: number;
  readonly lost: number;
}

/** With `mtu.mode: Fixed`, and before IP flows. */
export const noProbes: ProbeTotals = { sent: 0, echoed: 0, acknowledged: 0, lost: 0 };

/** One authenticated session at one moment. */
export interface SessionSnapshot {
  namespace: string;
  server: string;
  /** metadata.name of the VpnUser, never what the peer typed. */
  user: string;
  node: string;
  /** The client's inner address. */
  address: number;
  /** The client's outer address. */
  peerAddress: number;
  state: SessionState;
  encryption: EncryptionMode;
  /** Milliseconds since the Unix epoch. */
  startedAt: number;
  /** Largest inner packet, bytes. */
  tunnelMtu: number;
  /** Largest outer packet, bytes. */
  pathMtu: number;
  /** Milliseconds; undefined until the first echo reply. */
  roundTrip: number | undefined;
  totals: SessionTotals;
  /** Path MTU probes by what became of them. */
  probes: ProbeTotals;
}

/** One element of `sessions` in GET /v1/sessions. */
export interface SessionView {
  namespace: string;
  server: string;
  user: string;
  node: string;
  address: string;
  peerAddress: string;
  state: string;
  encryption: string;
  startedAt: string;
  tunnelMTU: number;
  pathMTU: number;
  receivedBytes: number;
  sentBytes: number;
  receivedPackets: number;
  sentPackets: number;
  pmtuDrops: number;
  /** null until it was measured once. */
  roundTripSeconds: number | null;
}

export function viewSession(session: SessionSnapshot): SessionView {
  const { totals } = session;
  return {
    namespace: session.namespace,
    server: session.server,
    user: session.user,
    node: session.node,
    address: formatAddress(session.address),
    peerAddress: formatAddress(session.peerAddress),
    state: session.state,
    encryption: session.encryption,
    startedAt: formatTime(session.startedAt),
    tunnelMTU: session.tunnelMtu,
    pathMTU: session.pathMtu,
    receivedBytes: totals.receivedBytes,
    sentBytes: totals.sentBytes,
    receivedPackets: totals.receivedPackets,
    sentPackets: totals.sentPackets,
    pmtuDrops: sum(totals.pmtuDrops.toClient) + sum(totals.pmtuDrops.fromClient),
    roundTripSeconds: session.roundTrip === undefined ? null : session.roundTrip / 1000,
  };
}

/** RFC 3339 in UTC, whole seconds. */
function formatTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
