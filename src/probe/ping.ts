// A few pings of usual size through the tunnel, one after the other: does data flow, and how long does it take?
import { type Conversation, clock } from './conversation.ts';

export const Pings = 3;
/** Outer size of a ping like any other: 56 bytes of data. */
const PingSize = 128;
const LongestPing = 2_000;

/** The round trips of those answered, seconds. */
export async function ping(conversation: Conversation, patience: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < Pings; i++) {
    const sentAt = clock();
    const sequence = conversation.tunnel.ping(PingSize);
    const end = sentAt + Math.min(patience, LongestPing);
    for (let open = true; open; ) {
      const news = await conversation.next(end - clock());
      const isAnswer = news?.type === 'pingAnswered' && news.sequence === sequence;
      if (isAnswer) times.push((clock() - sentAt) / 1000);
      open = news !== undefined && !isAnswer;
    }
  }
  return times;
}
