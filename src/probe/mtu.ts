// The largest packet that the tunnel carries: pings of chosen sizes with DF inside and outside, judged by the search that
// the gateway itself uses.
import { largestOuterFor, mppeOverhead } from '../protocol/ip/overhead.ts';
import {
  type Found,
  PathMtuSearch,
  type SearchOptions,
  type Silent,
} from '../protocol/ip/path-mtu-search.ts';
import { type Conversation, clock } from './conversation.ts';
import { StepFailed } from './failure.ts';

export interface MtuOptions {
  readonly peersMru: number;
  readonly interfaceMtu: number;
  /** ms */
  readonly roundTrip: number;
}

/** Outer and inner size, bytes. @throws StepFailed */
export async function measureMtu(
  conversation: Conversation,
  { peersMru, interfaceMtu, roundTrip }: MtuOptions,
): Promise<{ pathMtu: number; tunnelMtu: number }> {
  const limit = Math.min(interfaceMtu, largestOuterFor(peersMru));
  const searching = { limit, guesses: [], passedBefore: undefined, isDoubtful: false, roundTrip };
  const first = await runSearch(conversation, new PathMtuSearch({ ...searching, purpose: 'find' }));
  if (first.type === 'silent') throw new StepFailed('path_too_small');
  const size = first.isDoubtful ? await lookAgain(conversation, searching, first.size) : first.size;
  return { pathMtu: size, tunnelMtu: size - mppeOverhead };
}

/** The search is made for few probes; a person who asks once waits for as many as make loss an unlikely reason. */
async function lookAgain(
  conversation: Conversation,
  searching: Omit<SearchOptions, 'purpose'>,
  size: number,
): Promise<number> {
  const look = { ...searching, guesses: [size], passedBefore: size, isDoubtful: true };
  const second = await runSearch(conversation, new PathMtuSearch({ ...look, purpose: 'look' }));
  return second.type === 'found' ? Math.max(size, second.size) : size;
}

async function runSearch(conversation: Conversation, search: PathMtuSearch): Promise<Found | Silent> {
  const sizes = new Map<number, number>();
  const send = (wanted: readonly number[]) => {
    for (const size of wanted) sizes.set(conversation.tunnel.ping(size), size);
  };
  send(search.open(clock()));
  while (search.result === undefined) {
    const news = await conversation.next(search.deadline - clock());
    if (news?.type === 'pingAnswered') {
      const size = sizes.get(news.sequence);
      if (size !== undefined) send(search.answered(size, 'echo', clock()));
    } else if (news?.type === 'notSent') send(search.refused(news.size, clock()));
    send(search.expire(clock()));
  }
  return search.result;
}
