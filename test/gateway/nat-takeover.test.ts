import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { NatTakeover } from '../../src/gateway/nat-takeover.ts';
import type { Session } from '../../src/gateway/session.ts';
import type { GreReport } from '../../src/protocol/datapath/data-path.ts';

const home = 0xcb007102;
const callAt = 100_000;

interface Client {
  peerAddress: number;
  openedAt: number;
  state: string;
  hearsUs: boolean;
  repliedAt: number;
  asked: number;
  report: Partial<GreReport>;
}

describe('A second client behind one NAT', () => {
  let clients: Client[];
  let takeover: NatTakeover;
  const [first, second] = [0, 1];

  beforeEach(() => {
    const session = { peerAddress: home, state: 'Established', hearsUs: true, asked: 0 };
    const report = { sentSequence: 20, acknowledgedSequence: 20, lastReceivedAt: callAt - 1 };
    clients = [callAt - 60_000, callAt].map((openedAt) => ({
      ...session,
      openedAt,
      repliedAt: Number.NEGATIVE_INFINITY,
      report: { ...report },
    }));
    takeover = new NatTakeover((index) => clients[index]?.report as GreReport);
  });

  /** Looks once a second from the call on; `then` is what each second does. Returns who was found cut off, and when. */
  function watch(then: (now: number) => void = () => {}): string[] {
    const sessions = new Map(
      clients.map((client, index) => [
        index,
        Object.assign(client, {
          ...{ index, judgeAt: client.openedAt + 8000 },
          probe: () => client.asked++,
        }) as unknown as Session,
      ]),
    );
    const found: string[] = [];
    for (let now = callAt; now <= callAt + 20_000; now += 1000) {
      then(now);
      for (const { index } of takeover.look(sessions, now)) found.push(`${index} after ${now - callAt} ms`);
    }
    return found;
  }
  /** The client sends; what it acknowledges stays. */
  const sends = (now: number) => Object.assign(clients[first]!.report, { lastReceivedAt: now });

  it('that takes the mapping of the first is found out 8 s after its call, once', () => {
    assert.deepEqual(watch(sends), ['0 after 8000 ms']);
    assert.equal(clients[first]?.asked, 6);
    assert.equal(clients[second]?.asked, 0);
  });

  it('does no harm where the first one acknowledges or answers', () => {
    const acknowledges = (now: number) =>
      Object.assign(clients[first]!.report, { lastReceivedAt: now, acknowledgedSequence: 21 });
    assert.deepEqual(watch(acknowledges), []);
    clients[first]!.report.acknowledgedSequence = 20;
    const answers = (now: number) => {
      sends(now);
      if (now === callAt + 5000) clients[first]!.repliedAt = now;
    };
    assert.deepEqual(watch(answers), []);
  });

  it('is no reason when the first one is simply gone: it may be the same client, dialling again', () => {
    assert.deepEqual(watch(), []);
  });

  it('is no reason when nothing of ours reaches it either', () => {
    clients[second]!.hearsUs = false;
    assert.deepEqual(watch(sends), []);
    assert.equal(clients[first]?.asked, 0);
  });

  it('is looked at no more if its LCP came up late: one lost echo must not tell a lie', () => {
    clients[second]!.hearsUs = false;
    const comesLate = (now: number) => {
      sends(now);
      if (now >= callAt + 6000) clients[second]!.hearsUs = true;
    };
    assert.deepEqual(watch(comesLate), []);
  });

  it('asks nobody behind another address, nobody who never acknowledged, nobody who came later', () => {
    const asked = () => {
      watch(sends);
      return clients[first]?.asked;
    };
    clients[first]!.peerAddress = home + 1;
    assert.equal(asked(), 0);
    clients[first]!.peerAddress = home;
    clients[first]!.report.acknowledgedSequence = undefined;
    assert.equal(asked(), 0);
    clients[first]!.report.acknowledgedSequence = 20;
    clients[first]!.openedAt = callAt;
    assert.equal(asked(), 0);
  });
});
