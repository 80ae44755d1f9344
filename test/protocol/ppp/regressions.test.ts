// Bugs that other PPP daemons shipped, by their numbers in docs/supported.md, where no other file of this folder names them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LinkBench } from '../../support/ppp-link.ts';

const established = () => new LinkBench().establish();

function authenticating(): LinkBench {
  const bench = new LinkBench();
  for (const line of bench.open()) bench.receive(line.replace('< ', '').replace('Request', 'Ack'));
  bench.receive('LCP Configure-Request 1');
  assert.equal(bench.link.phase, 'Authenticate');
  return bench;
}

describe('known bugs of the family', () => {
  it('B13: no network protocol is touched before authentication', () => {
    const bench = authenticating();
    for (const text of [
      'CCP Configure-Request 1 mppe=01000040',
      'IPCP Configure-Request 1',
      '0x8057 0101000401',
    ]) {
      assert.deepEqual(bench.receive(text), ['= discarded before_network_phase'], text);
    }
    assert.deepEqual(bench.receive('0x0021 45000014'), ['= discarded not_control']);
  });

  it('B14: a CCP Terminate-Request after MPPE is up changes nothing', () => {
    const bench = established();
    assert.deepEqual(bench.receive('CCP Terminate-Request 9'), ['= discarded after_opened']);
    assert.equal(bench.link.phase, 'Network');
  });

  it('B14: an IPV6CP Terminate-Request does not end the session', () => {
    const bench = established();
    assert.deepEqual(bench.receive('0x8057 05010004'), ['< LCP Protocol-Reject 1 805705010004']);
    assert.equal(bench.link.phase, 'Network');
  });

  it('B16: EAP that nobody negotiated meets no parser, whatever its lengths say', () => {
    for (const bench of [authenticating(), established()]) {
      for (const data of ['0101ffff01', '0201000401ffff', '', '02', `0201041001${'41'.repeat(1035)}`]) {
        const [line] = bench.receive(`0xc227 ${data}`);
        assert.equal(line?.startsWith('< LCP Protocol-Reject '), true, line);
        assert.ok(line?.endsWith(` c227${data}`));
        bench.now += 1000;
      }
    }
  });

  it('B17: a CBCP packet of any length is refused by name', () => {
    const bench = established();
    for (let length = 0; length <= 12; length++) {
      const data = '01'.repeat(length);
      assert.match(
        bench.receive(`0xc029 ${data}`)[0] ?? '',
        new RegExp(`^< LCP Protocol-Reject \\d+ c029${data}$`),
      );
      bench.now += 1000;
    }
  });

  it('B18: an IPCP request of 32 options gets a reply no longer than itself', () => {
    const bench = authenticating();
    bench.receive(`CHAP Response ${challengeOf(bench)} user=alice`);
    bench.receive('CCP Configure-Ack 1 mppe=01000040');
    bench.receive('CCP Configure-Request 1 mppe=01000040');
    const options = Array.from({ length: 32 }, (_, index) => `${index + 200}:${'ff'.repeat(40)}`).join(' ');
    const [line] = bench.receive(`IPCP Configure-Request 1 ${options}`);
    assert.equal(line, `< IPCP Configure-Reject 1 ${options}`);
    const dns = Array.from({ length: 20 }, () => 'dns1=0.0.0.0').join(' ');
    const [duplicates] = bench.receive(`IPCP Configure-Request 2 ${dns}`);
    assert.equal(duplicates, `< IPCP Configure-Reject 2 ${dns.replace('dns1=0.0.0.0 ', '')}`);
  });

  it('B22: rejecting what was never sent does not loop', () => {
    const bench = authenticating();
    bench.receive(`CHAP Response ${challengeOf(bench)} user=alice`);
    const before = bench.outputs.length;
    for (let id = 1; id <= 30; id++) bench.receive(`CCP Configure-Reject ${id} deflate=7800`);
    const packets = bench.outputs.slice(before).filter(({ type }) => type === 'transmit').length;
    assert.ok(packets <= 12, `${packets} packets`);
    assert.equal(bench.link.phase, 'Terminate');
  });

  it('B28: options shorter than their type needs are rejected unread', () => {
    const short = [
      'endpoint',
      '1:',
      '1:05',
      'magic=01',
      'magic',
      'accm=00',
      '3:c2',
      '3:',
      'callback',
      'mrru',
      'quality',
    ];
    for (const option of short) {
      const bench = new LinkBench();
      bench.open();
      const [line] = bench.receive(`LCP Configure-Request 1 ${option}`);
      assert.match(line ?? '', /^< LCP Configure-Reject 1 \S+$/, option);
    }
  });

  it('B18, B28: IPCP options of a wrong length are rejected unread', () => {
    const bench = authenticating();
    bench.receive(`CHAP Response ${challengeOf(bench)} user=alice`);
    bench.receive('CCP Configure-Ack 1 mppe=01000040');
    bench.receive('CCP Configure-Request 1 mppe=01000040');
    for (const [index, option] of ['address', 'address=0a4d00', 'dns1=0a4d000100', '3:00'].entries()) {
      assert.match(
        bench.receive(`IPCP Configure-Request ${index} ${option}`)[0] ?? '',
        /^< IPCP Configure-Reject /,
      );
    }
  });

  it('B37: a peer that asks for MPPC along with MPPE never gets that bit acked', () => {
    const bench = authenticating();
    bench.receive(`CHAP Response ${challengeOf(bench)} user=alice`);
    assert.deepEqual(bench.receive('CCP Configure-Request 1 mppe=01000041'), [
      '< CCP Configure-Nak 1 mppe=01000040',
    ]);
  });
});

function challengeOf(bench: LinkBench): number {
  const challenge = bench.outputs.findLast(
    (output) => output.type === 'transmit' && output.protocol === 0xc223,
  );
  assert.ok(challenge?.type === 'transmit');
  return challenge.information[1]!;
}
