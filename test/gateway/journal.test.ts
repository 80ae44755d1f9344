// What people outside hear of sessions: the same sentence as in the log, once, with the user it concerns.
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { GatewayUser } from '../../src/api/gateway-config.ts';
import { type GreVerdict, greVerdicts, judgeGre, takenOver } from '../../src/gateway/gre-verdict.ts';
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
  let now: number;

  beforeEach(() => {
    now = 0;
    lines = [];
    verdicts = [];
    logins = [];
    activity = new UserActivityLog({ wallClock: Date.now, users: [alice], remembered: () => [] });
    const log = { info: (_: object, line: string) => lines.push(line) };
    const recorder = {
      countGreVerdict: (verdict: GreVerdict) => verdicts.push(verdict),
      countLogin: (result: string) => logins.push(result),
      countSessionEnd: () => {},
    };
    journal = new Journal({ ...log, warn: log.info } as never, recorder as never, activity, () => now);
  });

  it('tells a client that begins LCP anew for ever by the first turns of an hour and by their number', () => {
    const looping = { ...session(alice), fingerprint: '' } as never;
    for (let turn = 0; turn < 100; turn++) {
      now = turn * 60_000;
      journal.restarted(looping);
      journal.authenticated(looping, 'alice');
      journal.opened(looping);
      journal.blackHole(looping, { pathMtu: 1454, tunnelMtu: 1410, interfaceMtu: 1500 });
    }
    assert.equal(lines.length, 2 * 3 * 5 + 1, 'three turns an hour, and the sum of the first hour');
    assert.ok(lines.includes('alice renegotiated 57 more times'));
    journal.ended(looping, 'peer_terminated', 'bye', { receivedBytes: 0, sentBytes: 0 } as never, 6_000);
    assert.equal(lines.at(-2), 'alice renegotiated 37 more times');
  });

  it('tells in any turn that a client is not encrypted any more', () => {
    const encryption = { keyLength: 128, stateless: true };
    const looping: { encryption?: object } = { ...session(alice), encryption, fingerprint: '' } as never;
    for (let turn = 0; turn < 10; turn++) {
      journal.restarted(looping as never);
      if (turn === 9) delete looping.encryption;
      lines = [];
      journal.opened(looping as never);
    }
    assert.deepEqual(lines, ['alice is NOT encrypted: spec.encryption.policy allows it']);
  });

  it('sums up what a flood of calls and guesses would write, also when the flood is over', () => {
    const refused = { result: 'bad_credentials', why: 'no', user: undefined } as const;
    for (let call = 0; call < 1_000; call++) {
      journal.refusedConnection(0xc0000207, 'room_full');
      journal.connected({ ...session(), call: { callId: 1 } } as never);
      journal.refusedLogin(session(), 'nobody', refused);
      journal.failed(session(), 'bad_credentials', 'no');
    }
    assert.equal(lines.length, 5 + 50 + 100);
    now = 1_000;
    lines = [];
    for (const _ of [1, 2]) journal.sumUp();
    assert.deepEqual(lines, [
      '995 more connections were refused',
      '950 more calls came',
      '1900 more lines about calls that did not get in were left out',
    ]);
    assert.equal(logins.length, 1_000, 'each is counted');
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

  it('tells of a mapping that another client took whose session it was', () => {
    const judged = session(alice);
    for (const _ of [1, 2]) journal.impaired(judged, 'GreBlocked', takenOver(0xc0000207));
    const { latest } = activity.notices();
    assert.deepEqual([latest.length, latest[0]?.user?.name, verdicts], [1, 'alice', ['nat_conflict']]);
    assert.equal(activity.users()[0]?.lastFailure?.reason, 'nat_conflict');
    assert.match(lines[0] ?? '', /^alice from 192\.0\.2\.7 is connected, but a second client behind /);
  });

  it('has a word for each verdict there is', () => {
    assert.deepEqual(Object.keys(greVerdicts).sort(), [...Object.keys(evidence), 'large_lost'].sort());
  });

  it('lets strangers without GRE not drive out what concerns a user', () => {
    const judgement = judgeGre({ peerAddress: 0xc0000207, ...silence });
    assert.ok(judgement);
    journal.pathShrank(session(alice), { before: 1500, pathMtu: 1400, tunnelMtu: 1356 });
    for (let call = 0; call < 1_000; call++) journal.judged(session(), judgement);
    const { latest } = activity.notices();
    assert.deepEqual([latest.length, latest[0]?.user?.name, verdicts.length], [11, 'alice', 1_000]);
  });

  it('blames nobody for a call that nobody is known to make', () => {
    const judgement = judgeGre({ peerAddress: 0xc0000207, ...silence });
    assert.ok(judgement);
    journal.judged(session(), judgement);
    assert.deepEqual(activity.users(), []);
    assert.equal(activity.notices().latest[0]?.user, undefined);
  });
});
