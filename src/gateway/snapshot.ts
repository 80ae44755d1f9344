// Takes the picture of a session that /v1/sessions and the metrics show.
import type { SessionCounters } from '../protocol/datapath/counters.ts';
import { encryptionMode } from './encryption.ts';
import type { Session } from './session.ts';
import { noProbes, type ProbeTotals, type SessionSnapshot, type SessionTotals } from './session-view.ts';

/** Undefined while no user is known: labels name configured objects only. */
export function takeSnapshot(
  session: Session,
  where: { namespace: string; server: string; node: string },
  counters: SessionCounters,
  probes: ProbeTotals = noProbes,
): SessionSnapshot | undefined {
  if (session.user === undefined || session.address === undefined) return undefined;
  return {
    ...where,
    user: session.user.name,
    address: session.address,
    peerAddress: session.peerAddress,
    state: session.state,
    encryption: encryptionMode(session.encryption),
    startedAt: session.startedAt,
    tunnelMtu: session.tunnelMtu,
    pathMtu: session.pathMtu,
    roundTrip: session.roundTrip,
    totals: totalsOf(counters),
    probes,
  };
}

export function totalsOf(counters: SessionCounters): SessionTotals {
  const { receivedBytes, sentBytes, receivedPackets, sentPackets, greLost, greReordered, greDuplicate } =
    counters;
  const { pmtuDrops, clampedSyns, fragmentsSent, fragmentationNeededSent, discarded } = counters;
  return {
    receivedBytes,
    sentBytes,
    receivedPackets,
    sentPackets,
    greLost,
    greReordered,
    greDuplicate,
    pmtuDrops,
    clampedSyns,
    fragmentsSent,
    fragmentationNeededSent,
    discarded,
  };
}
