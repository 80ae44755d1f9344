// What people outside hear of sessions: the same sentence as in the log, once, with the user it concerns.
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { GatewayUser } from '../../src/api/gateway-config.ts';
import { type GreVerdict, greVerdicts, judgeGre } from '../../src/gateway/gre-verdict.ts';
import { Journal } from '../../src/gateway/journal.ts';
import type { Session } from '../../src/gateway/session.ts';
import { UserActivityLog } from '../../src/gateway/user-activity.ts';

const alice: GatewayUser = {
  ...{ namespace: 'vpn', name: 'alice', username: 'alice', ntHash: '00'.repeat(16), suspended: false },
  ...{ maxSessions: 1, allowedDestinations: [], allowedSources: [] },
};
const session = (user?: GatewayUser) =>
  ({ user, peerAddress: 0xc0000207, isJudged: false }) as unknown as Session;

describe('the journal', () => {
  let lines: string[];
  let verdicts: GreVerdict[];
  let logins: string[];
  let activity: UserActivityLog;
  let journal: Journal;

  beforeEach(() => {
    lines = [];
    verdicts = [];
    logins = [];
    activity = new UserActivityLog({ wallClock: Date.now, users: [alice], remembered: () => [] });
    const log = { info: (_: object, line: string) => lines.push(line) };
    const recorder = {
      countGreVerdict: (verdict: GreVerdict) => verdicts.push(verdict),
      countLogin: (result: string) => logins.push(result),
    };
    journal = new Journal({ ...log, warn: log.info } as never, recorder as never, activity);
  });

  it('counts one login for a call, however often its LCP begins anew', () => {
    for (const timesOpened of [1, 2, 3])
      journal.opened({ ...session(alice), timesOpened, fingerprint: '' } as never);
    assert.deepEqual(logins, ['success']);
    assert.equal(activity.users()[0]?.sessions, 1);
  });

  it('tells of a black hole with user, address and values', () => {
    journal.blackHole(session(alice), { pathMtu: 1454, tunnelMtu: 1410, interfaceMtu: 1500 });
    const [notice] = activity.notices().latest;
    assert.equal(
      notice?.message,
      'alice from 192.0.2.7: the path takes 1454 bytes, our interface 1500, and no ICMP came back; inner MTU is now 1410',
    );
    assert.deepEqual(
      [notice?.reason, notice?.user, lines],
      ['BlackHoleCured', { namespace: 'vpn', name: 'alice' }, [notice?.message]],
    );
  });

  it('tells of a path that shrank', () => {
    journal.pathShrank(session(alice), { before: 1500, pathMtu: 1400, tunnelMtu: 1356 });
    const [notice] = activity.notices().latest;
    assert.match(
      notice?.message ?? '',
      /^alice from 192\.0\.2\.7: the path took 1500 bytes, and now takes 1400;/,
    );
    assert.deepEqual([notice?.reason, lines], ['PathShrank', [notice?.message]]);
  });

  const silence = { report: { received: false } as never, unknownCallSeen: false, neighbourWorks: false };
  const evidence: Record<Exclude<GreVerdict, 'large_lost'>, object> = {
    nothing_received: {},
    one_way: { report: { received: true } },
    other_address: { report: { received: false, wrongSource: 0xc0000208 } },
    rewritten_call_id: { unknownCallSeen: true },
    nat_conflict: { neighbourWorks: true },
  };

  for (const [verdict, facts] of Object.entries(evidence)) {
    it(`tells of ${verdict} the user who last came from there, as failure and as notice`, () => {
      activity.opened(alice, '192.0.2.7');
      activity.ended(alice, '192.0.2.7');
      const judgement = judgeGre({ peerAddress: 0xc0000207, ...silence, ...facts });
      assert.ok(judgement);
      journal.judged(session(), judgement);
      journal.greBlocked(session(), judgement);
      const { lastFailure } = activity.users()[0] ?? {};
      assert.deepEqual([lastFailure?.reason, lastFailure?.from, verdicts], [verdict, '192.0.2.7', [verdict]]);
      assert.equal(lastFailure?.message, judgement.detail);
      const [notice] = activity.notices().latest;
      assert.deepEqual([notice?.reason, notice?.user?.name], ['GreBlocked', 'alice']);
      assert.deepEqual(lines, [notice?.message]);
    });
  }

  it('tells of large_lost the user himself, once a session', () => {
    const judged = session(alice);
    for (const _ of [1, 2]) journal.indeterminate(judged, { reason: 'only_small_answers', pathMtu: 576 });
    assert.equal(activity.users()[0]?.lastFailure?.reason, 'large_lost');
    const { latest } = activity.notices();
    assert.deepEqual(
      [latest.length, latest[0]?.reason, latest[0]?.user?.name],
      [1, 'LargePacketsLost', 'alice'],
    );
    assert.deepEqual(verdicts, ['large_lost']);
  });

  it('has a word for each verdict there is', () => {
    assert.deepEqual(Object.keys(greVerdicts).sort(), [...Object.keys(evidence), 'large_lost'].sort());
  });

  it('blames nobody for a call that nobody is known to make', () => {
    const judgement = judgeGre({ peerAddress: 0xc0000207, ...silence });
    assert.ok(judgement);
    journal.judged(session(), judgement);
    assert.deepEqual(activity.users(), []);
    assert.equal(activity.notices().latest[0]?.user, undefined);
  });
});
