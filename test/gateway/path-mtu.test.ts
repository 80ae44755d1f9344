import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SessionPathMtu } from '../../src/gateway/path-mtu.ts';
import type { Session } from '../../src/gateway/session.ts';
import type { DataPath, PathMtuParameters } from '../../src/protocol/datapath/data-path.ts';
import { PathMtuMemory } from '../../src/protocol/ip/path-mtu-memory.ts';
import { clientAddress, serverAddress } from '../protocol/datapath/support.ts';
import { SimulatedDownload } from './simulated-download.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

function settled(mtu: number, memory = new PathMtuMemory(16)): SimulatedDownload {
  const session = new SimulatedDownload({ mtu }, {}, 1, memory);
  session.run(
    3000,
    () => session.session.pathMtu === mtu && memory.serialise(session.now).includes(`${mtu}`),
  );
  return session;
}

describe('A session over a path that grows', () => {
  it('uses it within 10 minutes', () => {
    const session = settled(1400);
    session.run(30_000);
    assert.equal(session.session.pathMtu, 1400);
    session.line.mtu = 1492;
    const time = session.run(10 * minute, () => session.session.pathMtu === 1492);
    assert.ok(time < 10 * minute, `${time} ms`);
  });
});

describe('The memory of a path', () => {
  it('is the first guess of the next session, also after a restart, and 2 probes confirm it', () => {
    const first = settled(1438);
    assert.ok(first.probes > 2);
    const memory = new PathMtuMemory(16);
    assert.equal(memory.restore(first.memory.serialise(first.now), first.now), 1);
    const next = new SimulatedDownload({ mtu: 1438 }, {}, 2, memory);
    assert.equal(next.session.pathMtu, 1438);
    next.run(2000);
    assert.equal(next.session.pathMtu, 1438);
    assert.equal(next.probes, 2);
  });

  it('counts from the end of a session, however long ago the value was found', () => {
    const session = settled(1438);
    session.now += 30 * day;
    session.network.stopDiscovery(session.session);
    assert.equal(session.memory.recall('vpn/alice', 0xc6336407, session.now + 6 * day), 1438);
  });

  it('ages: what was learned 7 days ago is no guess any more', () => {
    const { memory, now } = settled(1438);
    assert.equal(memory.recall('vpn/alice', 0xc6336407, now + 6 * day), 1438);
    assert.equal(memory.recall('vpn/alice', 0xc6336407, now + 8 * day), undefined);
    assert.equal(new PathMtuMemory(16).restore(memory.serialise(now), now + 8 * day), 0);
  });

  it('does not hold a session back whose path has changed since', () => {
    for (const [remembered, mtu] of [
      [1400, 1500],
      [1500, 1400],
    ] as const) {
      const session = new SimulatedDownload({ mtu }, {}, 3, settled(remembered).memory);
      const time = session.run(5000, () => session.session.pathMtu === mtu);
      assert.ok(time < 3000, `${time} ms from ${remembered} to ${mtu}`);
    }
  });
});

describe('A session whose probes were lost', () => {
  it('asks for their acknowledgments for 5 s, and then no more', () => {
    const session = settled(1454);
    session.run(6000);
    let asked = 0;
    const { dataPath } = session;
    const report = dataPath.greReport.bind(dataPath);
    dataPath.greReport = (index) => {
      asked++;
      return report(index);
    };
    session.run(1000);
    assert.equal(asked, 0);
    // The look after 10 s.
    session.run(5000);
    assert.ok(asked > 0);
  });
});

describe('A session with a peer that answers no echo', () => {
  it('finds its path by acknowledgments, with 8 probes and one small echo', () => {
    for (const mtu of [1500, 1454, 1333]) {
      const session = new SimulatedDownload({ mtu }, { answersEchoes: false });
      session.run(2000);
      const { pathMtu } = session.session;
      assert.ok(pathMtu <= mtu && pathMtu >= mtu - 4, `${pathMtu} of ${mtu}`);
      assert.ok(session.probes <= 9, `${session.probes}`);
    }
  });
});

describe('A session with a peer that answers no echo, while a download runs', () => {
  for (const mtu of [1500, 1454, 1300])
    it(`takes no acknowledgment that names another packet for a loss: path ${mtu}`, () => {
      const session = new SimulatedDownload({ mtu, passesFragments: true }, { answersEchoes: false }, 3);
      session.isDownloading = true;
      session.run(20_000);
      assert.deepEqual(
        session.news.filter((news) => news.startsWith('black hole') && news !== `black hole ${mtu}`),
        [],
      );
      assert.ok(session.session.pathMtu <= Math.max(mtu, 1400), `${session.session.pathMtu}`);
      assert.ok(session.received > 8_000_000, `${session.received}`);
    });

  it('finds the size as soon as the line is still', () => {
    const session = new SimulatedDownload({ mtu: 1454, passesFragments: true }, { answersEchoes: false }, 3);
    session.isDownloading = true;
    session.run(5000);
    session.isDownloading = false;
    session.run(15_000);
    assert.equal(session.session.pathMtu, 1454);
  });
});

describe('The answer to another request', () => {
  it('proves no size, although identifiers come round again', () => {
    const session = settled(1454);
    session.run(15_000);
    const { network, now } = session;
    const reply = { type: 'echoReply', informationLength: 8, roundTrip: 1, probe: true } as const;
    for (let identifier = 0; identifier < 256; identifier++)
      network.echoReplied(session.session, { ...reply, identifier }, now);
    assert.equal(session.session.pathMtu, 1454);
  });
});

describe('A probe that found no room to leave', () => {
  it('is not proven by the acknowledgment of the packet before it', () => {
    const told: PathMtuParameters[] = [];
    const dataPath = {
      greReport: () => ({ sentSequence: 7, acknowledgedSequence: 7 }),
      setPathMtu: (_: number, mtu: PathMtuParameters) => told.push(mtu),
    } as unknown as DataPath;
    const session = { index: 0, probe: () => 1 } as unknown as Session;
    const news = { probing: () => {}, confirmed: () => {}, indeterminate: () => {} } as never;
    const options = { peersMru: 1500, interfaceMtu: 1500, encryption: { mppe: true } };
    const pathMtu = new SessionPathMtu(session, options, dataPath, news);
    pathMtu.start(0);
    for (let now = 10; now < 5000; now += 10) {
      pathMtu.acknowledged(now);
      pathMtu.expire(now);
    }
    assert.equal(
      told.some(({ confirmed }) => confirmed),
      false,
    );
  });
});

describe('What a gateway says of a path', () => {
  it('that goes back and forth is said once for each value, and its state stays known', () => {
    const session = settled(1500);
    const { network, line, news } = session;
    for (let turn = 0; turn < 6; turn++) {
      line.mtu = [1454, 1400, 1500][turn % 3] ?? 1500;
      network.stallSuspected(0, session.now);
      session.run(11 * minute, () => session.session.pathMtu === line.mtu);
      session.run(15_000);
      const state = line.mtu === 1500 ? 'Confirmed' : 'BlackHole';
      assert.deepEqual([session.session.pathMtu, network.pathMtuOf(0)?.state], [line.mtu, state]);
    }
    assert.deepEqual(news, ['black hole 1454', 'black hole 1400']);
  });

  it('that takes less because a router said so is said once for each value too', () => {
    const session = settled(1500);
    const { network, line, news } = session;
    session.run(15_000);
    const hint = { source: serverAddress, destination: clientAddress, peersCallId: 7, packetLength: 1500 };
    for (let turn = 0; turn < 4; turn++) {
      line.mtu = turn % 2 === 0 ? 1400 : 1500;
      network.hinted({ ...hint, nextHopMtu: 1400 }, session.now);
      session.run(11 * minute, () => session.session.pathMtu === line.mtu);
      session.run(15_000);
      assert.equal(session.session.pathMtu, line.mtu);
    }
    assert.deepEqual(news, ['shrank to 1400']);
  });

  it('whose client answers nothing is said once', () => {
    const session = new SimulatedDownload({ loss: 1 });
    session.run(20 * minute);
    assert.equal(session.network.pathMtuOf(0)?.state, 'Indeterminate');
    assert.deepEqual(session.news, ['indeterminate']);
  });
});

describe('The probes of a session', () => {
  it('are counted on when LCP began anew or the MTU was fixed meanwhile: no counter goes back', () => {
    const simulated = settled(1454);
    const { network, session } = simulated;
    simulated.run(20_000);
    const before = network.probesOf(session);
    assert.ok(before.sent > 0 && before.lost > 0);
    network.stopDiscovery(session);
    const between = network.probesOf(session);
    assert.deepEqual([between.sent, between.echoed], [before.sent, before.echoed]);
    assert.equal(between.lost, between.sent - between.echoed - between.acknowledged);
    network.opened(session, 1500, simulated.now);
    simulated.run(3000);
    const { sent, echoed, acknowledged, lost } = network.probesOf(session);
    assert.ok(sent > between.sent && echoed + acknowledged > between.echoed && lost >= between.lost);
  });
});
