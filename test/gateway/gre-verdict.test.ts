// The verdict on calls over which GRE does not pass.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type GreEvidence, judgeGre, largeLost, takenOver } from '../../src/gateway/gre-verdict.ts';
import type { GreReport } from '../../src/protocol/datapath/data-path.ts';

const quiet = { peerAddress: 0xc000_0207, unknownCallSeen: false, neighbourWorks: false };
const nothing: GreReport = {
  received: false,
  firstReceivedAt: Number.NaN,
  lastReceivedAt: Number.NaN,
  largestReceived: 0,
  wrongSourcePackets: 0,
  wrongSource: undefined,
  sentSequence: 3,
  acknowledgedSequence: undefined,
  leastRoundTrip: undefined,
};
const judge = (report: Partial<GreReport>, evidence: Partial<GreEvidence> = {}) =>
  judgeGre({ ...quiet, report: { ...nothing, ...report }, ...evidence });

describe('the verdict on GRE', () => {
  it('nothing_received: says that none came, and what to allow', () => {
    const { verdict, detail } = judge({}) ?? {};
    assert.equal(verdict, 'nothing_received');
    assert.match(detail ?? '', /no GRE packet came from 192\.0\.2\.7.*protocol 47.*passthrough/);
  });

  it('other_address: names the address that GRE came from (GRE-7)', () => {
    const { verdict, detail } = judge({ wrongSource: 0xc000_0208 }) ?? {};
    assert.equal(verdict, 'other_address');
    assert.match(detail ?? '', /came from 192\.0\.2\.8 instead of 192\.0\.2\.7/);
  });

  it('one_way: the client sends but acknowledges nothing of ours', () => {
    assert.equal(judge({ received: true })?.verdict, 'one_way');
  });

  it('rewritten_call_id: GRE came from there for a call of nobody', () => {
    assert.equal(judge({}, { unknownCallSeen: true })?.verdict, 'rewritten_call_id');
  });

  it('nat_conflict: another client behind that address works, whatever else is seen', () => {
    for (const report of [{}, { received: true }]) {
      const { verdict, detail } = judge(report, { neighbourWorks: true, unknownCallSeen: true }) ?? {};
      assert.equal(verdict, 'nat_conflict');
      assert.match(detail ?? '', /passthrough/);
    }
  });

  it('nat_conflict: the same when a session that worked lost the mapping to another client', () => {
    const { verdict, detail } = takenOver(0xc0000207);
    assert.equal(verdict, 'nat_conflict');
    assert.match(detail, /second client behind 192\.0\.2\.7 has dialled.*passthrough/);
  });

  it('finds nothing wrong once the client acknowledged a packet of ours', () => {
    assert.equal(judge({ received: true, acknowledgedSequence: 0 }, { neighbourWorks: true }), undefined);
  });
});

describe('the verdict on a path that loses all large packets', () => {
  it('says what passes, what does not, and what to do', () => {
    const { verdict, detail } = largeLost('192.0.2.7');
    assert.equal(verdict, 'large_lost');
    assert.match(detail, /none of 576 bytes or more does: something between us and 192\.0\.2\.7 drops/);
  });
});
