// The largest packet that the tunnel carries: pings of chosen sizes with DF inside and outside, judged by the search that
// the gateway itself uses.
import { largestOuterFor, mppeOverhead } from '../protocol/ip/overhead.ts';
import { PathMtuSearch, type SearchResult } from '../protocol/ip/path-mtu-search.ts';
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
  const search = new PathMtuSearch({
    purpose: 'find',
    limit,
    guesses: [],
    passedBefore: undefined,
    isDoubtful: false,
    roundTrip,
  });
  const result = await runSearch(conversation, search);
  if (result.type === 'silent') throw new StepFailed('path_too_small');
  return { pathMtu: result.size, tunnelMtu: result.size - mppeOverhead };
}

async function runSearch(conversation: Conversation, search: PathMtuSearch): Promise<SearchResult> {
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
