// MPPE negotiation by policy: every combination of bits, in both directions, and the resets of stateful mode.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CcpOptions, decodeChoice, type EncryptionPolicy } from '../../../src/protocol/ppp/ccp.ts';
import type { KeyLength } from '../../../src/protocol/ppp/mppe-keys.ts';
import { numberOption, type Option, optionNumber } from '../../../src/protocol/ppp/option.ts';
import { LinkBench, required } from '../../support/ppp-link.ts';

const mppe = (bits: number): Option => numberOption(18, bits, 4);
const every: EncryptionPolicy = { policy: 'Required', keyLengths: [40, 56, 128], stateless: 'Preferred' };

function options(policy: EncryptionPolicy = required): CcpOptions {
  const record = new CcpOptions(policy);
  record.begin();
  return record;
}

function judge(record: CcpOptions, bits: number): string {
  const judgement = record.judge([mppe(bits)]);
  if (judgement.verdict === 'ack') return 'ack';
  return `${judgement.verdict} ${optionNumber(judgement.options[0]!, 4)?.toString(16)}`;
}

describe('CCP options', () => {
  it('acks exactly stateless 128 of all 512 combinations by default, and Naks the rest with it (CCP-2, CCP-3)', () => {
    for (const stateless of [0, 0x01000000]) {
      for (let low = 0; low < 256; low++) {
        const bits = stateless + low;
        assert.equal(judge(options(), bits), bits === 0x01000040 ? 'ack' : 'nak 1000040', bits.toString(16));
      }
    }
  });

  it('Naks with exactly one strength, the strongest of those the peer offers (CCP-3)', () => {
    for (let low = 0; low < 256; low++) {
      const wanted = low & 0x40 ? 0x40 : low & 0x80 ? 0x80 : low & 0x20 ? 0x20 : 0x40;
      const answer = judge(options(every), 0x01000000 + low);
      const isExact = low === wanted;
      assert.equal(answer, isExact ? 'ack' : `nak ${(0x01000000 + wanted).toString(16)}`, low.toString(16));
    }
  });

  it('never acks the C, D or a reserved bit (CCP-3, B37)', () => {
    for (const bits of [0x01000041, 0x01000050, 0x01000042, 0x03000040, 0x81000040, 0x01100040]) {
      assert.notEqual(judge(options(every), bits), 'ack', bits.toString(16));
    }
  });

  it('asks once for stateless where it is preferred, then grants stateful', () => {
    const record = options(every);
    assert.equal(judge(record, 0x40), 'nak 1000040');
    assert.equal(judge(record, 0x40), 'ack');
  });

  it('asks for stateless once, also of a peer that has to be told one key length first', () => {
    const record = options(every);
    assert.equal(judge(record, 0xc0), 'nak 1000040');
    assert.equal(judge(record, 0xc0), 'nak 40');
    assert.equal(judge(record, 0x40), 'ack');
  });

  it('offers every key length that policy allows at first, stateless (RFC 3078 §2.1, CCP-5)', () => {
    const keyLengths: [KeyLength[], number][] = [
      [[128], 0x01000040],
      [[40, 56], 0x010000a0],
      [[40], 0x01000020],
      [[40, 56, 128], 0x010000e0],
    ];
    for (const [lengths, bits] of keyLengths) {
      assert.deepEqual(options({ ...required, keyLengths: lengths }).ask(), [mppe(bits)]);
    }
  });

  it('follows a Nak that policy allows twice, then keeps to its first wish (CCP-4)', () => {
    const record = options(every);
    const asked = [0x01000020, 0x01000080, 0x01000020, 0x01000020].map((bits) => {
      assert.equal(record.onNak([mppe(bits)]), undefined);
      return optionNumber(record.ask()[0]!, 4);
    });
    assert.deepEqual(asked, [0x01000020, 0x01000080, 0x01000040, 0x01000040]);
  });

  it('gives up after six Naks that offer nothing (CCP-4, B22)', () => {
    const record = options();
    const refusals = Array.from({ length: 6 }, () => record.onNak([mppe(0)]));
    assert.deepEqual(refusals, [...Array(5).fill(undefined), 'every offer was refused']);
  });

  it('follows a Nak to stateful only where policy allows', () => {
    const strict = options();
    strict.onNak([mppe(0x40)]);
    assert.deepEqual(strict.ask(), [mppe(0x01000040)]);
    const lenient = options(every);
    lenient.onNak([mppe(0x40)]);
    assert.deepEqual(lenient.ask(), [mppe(0x40)]);
  });

  it('Naks an empty request with MPPE where it is required, and acks it where it is optional (CCP-3)', () => {
    assert.deepEqual(options().judge([]), { verdict: 'nak', options: [mppe(0x01000040)] });
    assert.deepEqual(options({ ...required, policy: 'Optional' }).judge([]), { verdict: 'ack' });
  });

  it('reads bits', () => {
    assert.equal(decodeChoice(0x01), undefined);
    assert.deepEqual(decodeChoice(0xe0), { keyLength: 128, isStateless: false });
  });
});

describe('a stateful link', () => {
  const lenient = { policy: 'Required', keyLengths: [128], stateless: 'Preferred' } as const;

  it('flushes on a Reset-Request and asks for one itself (CCP-7, MPPE-10)', () => {
    const bench = new LinkBench({ encryption: lenient });
    for (const line of bench.open()) bench.receive(line.replace('< ', '').replace('Request', 'Ack'));
    const challenge = bench.receive('LCP Configure-Request 1')[1];
    const id = /Challenge (\d+)/.exec(challenge ?? '')?.[1];
    const lines = bench.receive(`CHAP Response ${id} user=alice`);
    assert.equal(lines.at(-1), '< CCP Configure-Request 1 mppe=01000040');
    assert.deepEqual(bench.receive('CCP Configure-Nak 1 mppe=00000040'), [
      '< CCP Configure-Request 2 mppe=00000040',
    ]);
    bench.receive('CCP Configure-Ack 2 mppe=00000040');
    assert.deepEqual(bench.receive('CCP Configure-Request 1 mppe=00000040'), [
      '< CCP Configure-Nak 1 mppe=01000040',
    ]);
    const [, encrypted] = bench.receive('CCP Configure-Request 2 mppe=00000040');
    assert.equal(encrypted, '= encrypted receive=128-stateful transmit=128-stateful');
    assert.deepEqual(bench.receive('CCP Reset-Request 9'), ['= resetTransmit', '< CCP Reset-Ack 9']);
    assert.deepEqual(bench.take(bench.link.requestReset(bench.now)), ['< CCP Reset-Request 1']);
    assert.deepEqual(bench.take(bench.link.requestReset(bench.now)), [], 'not again within 200 ms');
    assert.deepEqual(bench.receive('CCP Reset-Ack 1'), ['= resetReceived']);
  });
});

describe('an optional policy', () => {
  const optional = { policy: 'Optional', keyLengths: [128], stateless: 'Required' } as const;

  function authenticated(encryption: EncryptionPolicy): LinkBench {
    const bench = new LinkBench({ encryption });
    for (const line of bench.open()) bench.receive(line.replace('< ', '').replace('Request', 'Ack'));
    const challenge = bench.receive('LCP Configure-Request 1')[1];
    bench.receive(`CHAP Response ${/\d+/.exec(challenge ?? '')?.[0]} user=alice`);
    return bench;
  }

  it('goes on in clear after ten seconds of silence, and says no more of CCP', () => {
    const bench = authenticated(optional);
    const lines = bench.pass(10_000);
    assert.equal(lines.at(-1), '< IPCP Configure-Request 1 address=10.77.0.1');
    assert.ok(!bench.pass(20_000).some((line) => line.startsWith('< CCP')));
    assert.deepEqual(bench.receive('CCP Configure-Request 1 mppe=01000040'), [
      '= discarded ccp_after_decision',
    ]);
  });

  it('goes on in clear when MPPE is rejected by both', () => {
    const bench = authenticated(optional);
    bench.receive('CCP Configure-Reject 1 mppe=01000040');
    bench.receive('CCP Configure-Ack 2');
    assert.deepEqual(bench.receive('CCP Configure-Request 1'), [
      '< CCP Configure-Ack 1',
      '< IPCP Configure-Request 1 address=10.77.0.1',
    ]);
  });

  it('ends where only one direction would be encrypted', () => {
    const bench = authenticated(optional);
    bench.receive('CCP Configure-Reject 1 mppe=01000040');
    bench.receive('CCP Configure-Ack 2');
    const lines = bench.receive('CCP Configure-Request 1 mppe=01000040');
    assert.match(lines.at(-1) ?? '', /Terminate-Request/);
  });

  it('refuses CCP by name where encryption is disabled, and begins with IPCP', () => {
    const bench = authenticated({ ...optional, policy: 'Disabled' });
    const [reject] = bench.receive('CCP Configure-Request 1 mppe=01000040');
    assert.equal(reject, '< LCP Protocol-Reject 1 80fd0101000a120601000040');
    assert.deepEqual(bench.receive('IPCP Configure-Request 1 address=10.77.0.2'), [
      '< IPCP Configure-Ack 1 address=10.77.0.2',
    ]);
    assert.deepEqual(bench.receive('IPCP Configure-Ack 1 address=10.77.0.1'), [
      '= opened mru=1500 address=10.77.0.2',
    ]);
  });
});
