// What GRE has shown of the path of a session, as the gateway asks for it: for verdicts, probes and the round trip.
import type { GreReport } from './data-path.ts';
import type { DataPathState } from './state.ts';

/** A new session has shown nothing. */
export function beginReport({ reports }: DataPathState, session: number): void {
  reports.firstReceivedAt[session] = Number.NaN;
  reports.lastReceivedAt[session] = Number.NaN;
  reports.largestReceived[session] = 0;
  reports.largestSent[session] = 0;
  reports.wrongSourcePackets[session] = 0;
  reports.farStates[session] = 0;
}

export function readReport(state: DataPathState, session: number): GreReport {
  const { reports, acknowledgments } = state;
  const wrongSourcePackets = reports.wrongSourcePackets[session]!;
  return {
    received: !Number.isNaN(reports.firstReceivedAt[session]),
    firstReceivedAt: reports.firstReceivedAt[session]!,
    lastReceivedAt: reports.lastReceivedAt[session]!,
    largestReceived: reports.largestReceived[session]!,
    wrongSourcePackets,
    wrongSource: wrongSourcePackets > 0 ? reports.wrongSources[session] : undefined,
    sentSequence: acknowledgments.sent(session),
    acknowledgedSequence: acknowledgments.acknowledged(session),
    leastRoundTrip: acknowledgments.leastRoundTrip(session),
  };
}
