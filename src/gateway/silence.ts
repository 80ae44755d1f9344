// The verdict on a call over which GRE does not pass, by what the data path saw: nothing came, it came from elsewhere, or
// ours does not arrive. The control connection works in all three, so only this tells people what to change.
import type { DataPath, GreReport } from '../protocol/datapath/data-path.ts';
import { formatAddress } from '../protocol/ip/address.ts';
import type { Session } from './session.ts';

type Judged = Pick<Session, 'index' | 'peerAddress' | 'user' | 'refusal'>;

/** Why GRE does not pass between a client and us, in words for both ends; undefined when it seems to. */
export function silence(session: Judged, dataPath: Pick<DataPath, 'greReport'>): string | undefined {
  const report = dataPath.greReport(session.index);
  const from = formatAddress(session.peerAddress);
  if (report.received) return isDeaf(session, report) ? deafness(from) : undefined;
  if (report.wrongSource !== undefined) {
    return (
      `its GRE came from ${formatAddress(report.wrongSource)} instead of ${from}: a NAT or a second uplink gives GRE another ` +
      'address than TCP; let both leave by one address'
    );
  }
  return (
    `no GRE packet came from ${from}, although TCP 1723 works: a firewall or NAT on the way blocks GRE (IP protocol 47); ` +
    "allow it, or switch on PPTP passthrough in the client's router"
  );
}

/** Its GRE comes, yet it acknowledged none of ours: ours does not reach it. Whoever came as far as CHAP heard us. */
function isDeaf({ user, refusal }: Judged, { sentSequence, acknowledgedSequence }: GreReport): boolean {
  if (user !== undefined || refusal !== undefined) return false;
  return sentSequence !== undefined && acknowledgedSequence === undefined;
}

function deafness(from: string): string {
  return (
    `GRE comes from ${from}, but no GRE packet of ours reached the client: a NAT without PPTP passthrough, or one that lets a ` +
    "single client through, or a firewall drops it; switch on PPTP passthrough in the client's router"
  );
}
