// A NAT that knows only one GRE mapping may give it to the client that dials last. The one before it goes on sending and hears
// nothing more. So while somebody dials, the neighbours behind the same address are asked once a second whether they do.
import type { GreReport } from '../protocol/datapath/data-path.ts';
import { distance } from '../protocol/gre/serial.ts';
import type { Session } from './session.ts';

/** From a call to the first question to its neighbours, ms: by then its GRE has gone through the NAT. Later than that, too few
 * questions would be left for a line that loses some. */
const FirstAsked = { earliest: 2_000, latest: 5_000 } as const;
/** An LCP Echo-Request without padding, bytes. */
const EchoLength = 8;

interface Neighbour {
  readonly session: Session;
  readonly askedSince: number;
  /** The last sequence number before the first question. */
  readonly sequence: number;
}

export class NatTakeover {
  readonly #reportOf: (index: number) => GreReport;
  readonly #neighbours = new Map<Session, readonly Neighbour[]>();

  constructor(reportOf: (index: number) => GreReport) {
    this.#reportOf = reportOf;
  }

  /** Once a second. Returns sessions that are cut off; each newcomer is looked at up to its own verdict. */
  look(sessions: ReadonlyMap<number, Session>, now: number): Session[] {
    for (const session of sessions.values()) {
      if (isNew(session, now) && !this.#neighbours.has(session))
        this.#neighbours.set(session, this.#before(session, sessions, now));
    }
    const lost: Session[] = [];
    for (const [newcomer, neighbours] of this.#neighbours) {
      if (newcomer.state !== 'Ended' && now < newcomer.judgeAt) {
        for (const { session } of neighbours) session.probe(EchoLength, now);
        continue;
      }
      this.#neighbours.delete(newcomer);
      lost.push(...this.#cutOff(neighbours));
    }
    return lost;
  }

  /** Who dialled before from the same address, and has shown that it hears us. */
  #before(newcomer: Session, sessions: ReadonlyMap<number, Session>, now: number): Neighbour[] {
    const found: Neighbour[] = [];
    for (const session of sessions.values()) {
      if (session.peerAddress !== newcomer.peerAddress || session.openedAt >= newcomer.openedAt) continue;
      const { sentSequence, acknowledgedSequence } = this.#reportOf(session.index);
      if (session.state !== 'Established' || acknowledgedSequence === undefined) continue;
      found.push({ session, askedSince: now, sequence: sentSequence ?? acknowledgedSequence });
    }
    return found;
  }

  #cutOff(neighbours: readonly Neighbour[]): Session[] {
    return neighbours.filter((neighbour) => this.#isCutOff(neighbour)).map(({ session }) => session);
  }

  /** Its packets come, and none says that it heard. A client that is gone itself sends nothing. */
  #isCutOff({ session, askedSince, sequence }: Neighbour): boolean {
    if (session.state !== 'Established' || session.repliedAt >= askedSince) return false;
    const { lastReceivedAt, acknowledgedSequence } = this.#reportOf(session.index);
    const hasHeard = acknowledgedSequence !== undefined && distance(acknowledgedSequence, sequence) > 0;
    return lastReceivedAt >= askedSince && !hasHeard;
  }
}

/** Nothing can be taken by a call that gets no GRE of ours itself. */
function isNew({ openedAt, hearsUs }: Session, now: number): boolean {
  const age = now - openedAt;
  return hearsUs && age >= FirstAsked.earliest && age <= FirstAsked.latest;
}
