// What people are told of a session's path: its state in one word, black holes, and paths that shrink in mid-session.
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { SessionPathMtu } from '../../src/gateway/path-mtu.ts';
import type { EchoReply, Session } from '../../src/gateway/session.ts';
import { lcpLengthFor } from '../../src/protocol/ip/overhead.ts';

const RoundTrip = 20;
/** What LCP's length lacks to the outer packet's. */
const Wrapping = 1000 - lcpLengthFor(1000);

describe('the path of a session', () => {
  let limit: number;
  let now: number;
  let news: string[];
  let path: SessionPathMtu;
  let answers: { at: number; identifier: number }[];

  beforeEach(() => {
    limit = 1500;
    now = 0;
    news = [];
    answers = [];
    let identifier = 0;
    const session = {
      ...{ index: 0, pathMtu: 0, tunnelMtu: 0 },
      probe(length: number, at: number) {
        if (length + Wrapping <= limit) answers.push({ at: at + RoundTrip, identifier: ++identifier });
        else ++identifier;
        return identifier;
      },
    } as unknown as Session;
    const dataPath = { greReport: () => ({ sentSequence: identifier }), setPathMtu: () => {} };
    path = new SessionPathMtu(
      session,
      { peersMru: 1500, interfaceMtu: 1500, encryption: { mppe: true } },
      dataPath as never,
      {
        blackHole: (_, { pathMtu }) => news.push(`black hole ${pathMtu}`),
        indeterminate: (_, { reason }) => news.push(reason),
        confirmed: () => {},
        pathShrank: (_, { before, pathMtu }) => news.push(`${before} to ${pathMtu}`),
      },
    );
    path.start(now);
  });

  /** Lets `time` ms pass: answers come, deadlines expire. */
  function pass(time: number): void {
    for (const end = now + time; now < end; now += 10) {
      const due = answers.filter(({ at }) => at <= now);
      answers = answers.filter(({ at }) => at > now);
      for (const { identifier } of due) path.echoReplied({ probe: true, identifier } as EchoReply, now);
      if (now >= path.deadline) path.expire(now);
    }
  }

  it('is being searched, then confirmed', () => {
    assert.equal(path.state, 'Searching');
    pass(20_000);
    assert.deepEqual([path.state, path.pathMtu, path.interfaceMtu, news], ['Confirmed', 1500, 1500, []]);
  });

  it('is a black hole when nobody says that it is narrow, until it grows', () => {
    limit = 1454;
    pass(20_000);
    assert.deepEqual([path.state, news], ['BlackHole', ['black hole 1454']]);
    limit = 1500;
    pass(20 * 60_000);
    assert.deepEqual([path.state, path.pathMtu, news], ['Confirmed', 1500, ['black hole 1454']]);
  });

  it('shrinks, which is told once: as a black hole, or as what a router said', () => {
    pass(20_000);
    limit = 1400;
    path.hinted(1400, 1500, now);
    pass(30_000);
    assert.deepEqual([path.state, path.pathMtu, news], ['Confirmed', 1400, ['1500 to 1400']]);
    limit = 1280;
    path.stallSuspected(now);
    pass(30_000);
    assert.equal(path.pathMtu, 1280);
    assert.deepEqual(news.slice(1), ['black hole 1280']);
  });

  it('is indeterminate when the peer answers nothing', () => {
    limit = 0;
    answers = [];
    pass(30_000);
    assert.deepEqual([path.state, news[0]], ['Indeterminate', 'no_answer']);
  });
});
