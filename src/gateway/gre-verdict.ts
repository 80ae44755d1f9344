// Why a call that was set up over TCP carries nothing: what GRE showed of the path, in words for the person who has to
// repair it. Pure. The hotel whose router blocks GRE, and the NAT that knows one client only, get their names here.
import type { GreReport } from '../protocol/datapath/data-path.ts';
import { formatAddress } from '../protocol/ip/address.ts';
import { floorSize } from '../protocol/ip/usual-sizes.ts';

/** `verdict` of vpn_gre_verdicts_total. */
export const greVerdicts = {
  nothing_received: 'No GRE packet ever came, although TCP works.',
  one_way: "The client's GRE comes, but it acknowledges nothing of ours.",
  other_address: 'GRE comes from another address than TCP.',
  rewritten_call_id: 'GRE comes from the right address with a call id that no call has.',
  nat_conflict: 'The NAT gives all GRE to another client behind the same address.',
  large_lost: 'Small packets pass, large ones never do.',
} as const;
export type GreVerdict = keyof typeof greVerdicts;

export interface GreEvidence {
  readonly peerAddress: number;
  readonly report: GreReport;
  /** GRE with a call id of nobody came from this address since the call was set up. */
  readonly unknownCallSeen: boolean;
  /** Another session from this address works. */
  readonly neighbourWorks: boolean;
}

export interface GreJudgement {
  readonly verdict: GreVerdict;
  /** What is seen, why, and what to do, as one sentence about "it", the client. */
  readonly detail: string;
}

/** Undefined when GRE passes in both directions: whatever is wrong, it is not the path. */
export function judgeGre({
  peerAddress,
  report,
  unknownCallSeen,
  neighbourWorks,
}: GreEvidence): GreJudgement | undefined {
  const from = formatAddress(peerAddress);
  if (report.received && report.acknowledgedSequence !== undefined) return undefined;
  if (report.wrongSource !== undefined) {
    return {
      verdict: 'other_address',
      detail:
        `its GRE came from ${formatAddress(report.wrongSource)} instead of ${from}: a NAT or a second uplink gives GRE ` +
        'another address than TCP; let both leave by one address',
    };
  }
  if (neighbourWorks) {
    return {
      verdict: 'nat_conflict',
      detail:
        `another client behind ${from} already has a session, and the NAT there gives all GRE to that one; switch on PPTP ` +
        'passthrough (a PPTP helper) in that router, or let one client dial at a time',
    };
  }
  if (unknownCallSeen && !report.received) {
    return {
      verdict: 'rewritten_call_id',
      detail:
        `GRE came from ${from} with a call id that was never agreed: a NAT or firewall on the way rewrites call ids wrongly; ` +
        'switch its PPTP helper off, or replace it',
    };
  }
  return report.received ? oneWay(from) : nothingReceived(from);
}

/** A session that worked hears nothing more since somebody else dialled from the same address. */
export function takenOver(peerAddress: number): GreJudgement {
  const from = formatAddress(peerAddress);
  return {
    verdict: 'nat_conflict',
    detail:
      `a second client behind ${from} has dialled, and since then the NAT there gives all GRE to that one; switch on PPTP ` +
      'passthrough (a PPTP helper) in that router, or let one client dial at a time',
  };
}

/** LCP is fine, and of the path MTU probes only the smallest came back. */
export function largeLost(from: string): GreJudgement {
  return {
    verdict: 'large_lost',
    detail:
      `small packets pass, and none of ${floorSize} bytes or more does: something between us and ${from} drops every larger GRE ` +
      'packet (IP protocol 47), perhaps a tunnel or firewall with too small an MTU; packets are kept small and may be ' +
      'fragmented, but let the network on the way carry at least 1280 bytes',
  };
}

function oneWay(from: string): GreJudgement {
  return {
    verdict: 'one_way',
    detail:
      `its GRE comes, but no GRE packet of ours reaches it: a NAT without PPTP passthrough, or a firewall, between us and ${from} ` +
      "blocks GRE (IP protocol 47) towards the client; switch on PPTP passthrough in the client's router, or allow GRE there",
  };
}

function nothingReceived(from: string): GreJudgement {
  return {
    verdict: 'nothing_received',
    detail:
      `no GRE packet came from ${from}, although TCP 1723 works: a firewall or NAT on the way blocks GRE (IP protocol 47); ` +
      "allow it, or switch on PPTP passthrough in the client's router",
  };
}
