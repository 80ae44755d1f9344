// The verdict on calls over which GRE does not pass.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silence } from '../../src/gateway/silence.ts';
import type { GreReport } from '../../src/protocol/datapath/data-path.ts';

const call = { index: 0, peerAddress: 0xc000_0207, user: undefined, refusal: undefined };
const nothing: GreReport = {
  received: false,
  firstReceivedAt: Number.NaN,
  lastReceivedAt: Number.NaN,
  largestReceived: 0,
  wrongSourcePackets: 0,
  wrongSource: undefined,
  sentSequence: 3,
  acknowledgedSequence: undefined,
  roundTrip: undefined,
};
const verdict = (report: Partial<GreReport>, session: Partial<Parameters<typeof silence>[0]> = {}) =>
  silence({ ...call, ...session }, { greReport: () => ({ ...nothing, ...report }) });

describe('the verdict on GRE', () => {
  it('says that none came, and what to allow', () => {
    assert.match(verdict({}) ?? '', /no GRE packet came from 192\.0\.2\.7.*protocol 47.*passthrough/);
  });

  it('names the other address when GRE came from one (GRE-7)', () => {
    assert.match(
      verdict({ wrongSource: 0xc000_0208 }) ?? '',
      /came from 192\.0\.2\.8 instead of 192\.0\.2\.7/,
    );
  });

  it('says that ours does not arrive when the client sends but acknowledges nothing', () => {
    assert.match(
      verdict({ received: true }) ?? '',
      /GRE comes from 192\.0\.2\.7, but no GRE packet of ours reached/,
    );
  });

  it('finds nothing wrong once the client acknowledged a packet of ours', () => {
    assert.equal(verdict({ received: true, acknowledgedSequence: 0 }), undefined);
  });

  it('finds nothing wrong before we sent anything', () => {
    assert.equal(verdict({ received: true, sentSequence: undefined }), undefined);
  });

  it('takes a client that came as far as its password for one that hears us, acknowledgments or not', () => {
    assert.equal(verdict({ received: true }, { refusal: 'bad_credentials' }), undefined);
  });
});
