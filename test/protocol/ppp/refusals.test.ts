// What a client may refuse of ours, layer by layer, and what becomes of the link: parts of it are dispensable, parts are not.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LinkBench } from '../../support/ppp-link.ts';

const idOf = (lines: readonly string[], what: string): number => {
  const line = lines.findLast((text) => text.includes(what));
  assert.ok(line !== undefined, `${what} in ${lines.join('; ')}`);
  return Number(/(\d+)/.exec(line)?.[1]);
};

/** Up to the first Configure-Request of IPCP. */
function encrypted(): LinkBench {
  const bench = new LinkBench();
  for (const line of bench.open()) bench.receive(line.replace('< ', '').replace('Request', 'Ack'));
  const challenge = idOf(bench.receive('LCP Configure-Request 1 magic=0a0b0c0d'), 'Challenge');
  bench.receive(`CHAP Response ${challenge} user=alice`);
  bench.receive('CCP Configure-Ack 1 mppe=01000040');
  const lines = bench.receive('CCP Configure-Request 1 mppe=01000040');
  assert.equal(lines.at(-1), '< IPCP Configure-Request 1 address=10.77.0.1');
  return bench;
}

describe('LCP', () => {
  it('goes without MRU and magic number where the client rejects them, and takes a smaller MRU (LCP-4, LCP-6)', () => {
    const bench = new LinkBench();
    bench.open();
    const [nakked] = bench.receive('LCP Configure-Nak 1 mru=1400');
    const magic = /magic=(\w+)/.exec(nakked ?? '')?.[1];
    assert.equal(nakked, `< LCP Configure-Request 2 mru=1400 auth=c22381 magic=${magic}`);
    assert.deepEqual(bench.receive(`LCP Configure-Reject 2 mru=1400 magic=${magic}`), [
      '< LCP Configure-Request 3 auth=c22381',
    ]);
    bench.receive('LCP Configure-Ack 3 auth=c22381');
    bench.receive('LCP Configure-Request 1');
    assert.deepEqual(bench.receive('LCP Echo-Request 1 00000000'), ['< LCP Echo-Reply 1 00000000']);
  });

  it('changes its magic number on a Nak (LCP-6)', () => {
    const bench = new LinkBench();
    const [first] = bench.open();
    const [second] = bench.receive('LCP Configure-Nak 1 magic=00000001');
    const magicOf = (line = '') => /magic=(\w+)/.exec(line)?.[1];
    assert.ok(magicOf(second) !== undefined && magicOf(first) !== magicOf(second));
    assert.notEqual(magicOf(second), '00000001', 'a number of our own, not the one a stranger names');
  });

  it('Naks a magic number of zero and an MRU that holds nothing (LCP-4, RFC 1661 §6.4)', () => {
    const bench = new LinkBench();
    bench.open();
    const [line] = bench.receive('LCP Configure-Request 1 mru=127 magic=00000000 pfc');
    assert.match(line ?? '', /^< LCP Configure-Nak 1 mru=1500 magic=(?!00000000)\w{8}$/);
  });

  it('has no keepalive for a client that rejects Echo-Request', () => {
    const bench = new LinkBench({ keepaliveInterval: 30_000 }).establish();
    bench.receive('LCP Code-Reject 1 09010008');
    assert.deepEqual(bench.pass(600_000), []);
    assert.equal(bench.link.phase, 'Network');
  });

  it('believes a client that rejects LCP itself once it is silent', () => {
    const bench = new LinkBench().establish();
    bench.receive('LCP Code-Reject 9 01');
    assert.equal(bench.pass(2000).at(-1), '= down negotiation_failed: the client rejected LCP itself');
  });
});

describe('CHAP', () => {
  it('ends in words when the client knows none', () => {
    const bench = new LinkBench();
    for (const line of bench.open()) bench.receive(line.replace('< ', '').replace('Request', 'Ack'));
    bench.receive('LCP Configure-Request 1');
    assert.deepEqual(bench.receive('LCP Protocol-Reject 2 c2230101'), [
      '< LCP Terminate-Request 1 "authentication required"',
    ]);
    assert.deepEqual(bench.receive('LCP Terminate-Ack 1'), [
      '= down authentication_refused: the client knows no CHAP',
    ]);
  });

  it('ends when no answer comes to ten challenges', () => {
    const bench = new LinkBench();
    for (const line of bench.open()) bench.receive(line.replace('< ', '').replace('Request', 'Ack'));
    bench.receive('LCP Configure-Request 1');
    const lines = bench.pass(36_000);
    assert.equal(lines.filter((line) => line.startsWith('< CHAP Challenge')).length, 9);
    assert.equal(lines.at(-1), '= down authentication_timeout: the client did not answer CHAP');
  });

  it('says nothing more of Success once the link is being closed', () => {
    const bench = new LinkBench();
    for (const line of bench.open()) bench.receive(line.replace('< ', '').replace('Request', 'Ack'));
    const challenge = idOf(bench.receive('LCP Configure-Request 1'), 'Challenge');
    bench.receive(`CHAP Response ${challenge} user=alice`);
    bench.take(bench.link.terminate('shutdown', 'bye', bench.now));
    assert.ok(!bench.pass(5000).some((line) => line.includes('CHAP')));
  });

  const verdicts = [
    [646, 'authentication_failed'],
    [647, 'suspended'],
    [648, 'expired'],
    [691, 'authentication_failed'],
    [930, 'authentication_failed'],
  ] as const;
  for (const [errorCode, reason] of verdicts) {
    it(`turns E=${errorCode} into the reason ${reason} (CH-7)`, () => {
      const bench = new LinkBench({}, 'alice', { accepted: false, errorCode, reason: 'because' });
      for (const line of bench.open()) bench.receive(line.replace('< ', '').replace('Request', 'Ack'));
      const challenge = idOf(bench.receive('LCP Configure-Request 1'), 'Challenge');
      bench.receive(`CHAP Response ${challenge} user=alice`);
      assert.deepEqual(bench.receive('LCP Terminate-Ack 1'), [`= down ${reason}: because`]);
    });
  }
});

describe('IPCP', () => {
  it('goes without saying our address when the client rejects it, or Naks it thrice (IP-3)', () => {
    const rejected = encrypted();
    assert.deepEqual(rejected.receive('IPCP Configure-Reject 1 address=10.77.0.1'), [
      '< IPCP Configure-Request 2',
    ]);
    const nakked = encrypted();
    const lines = [1, 2, 3].flatMap((id) => nakked.receive(`IPCP Configure-Nak ${id} address=192.0.2.1`));
    assert.deepEqual(lines, [
      '< IPCP Configure-Request 2 address=10.77.0.1',
      '< IPCP Configure-Request 3 address=10.77.0.1',
      '< IPCP Configure-Request 4',
    ]);
  });

  it('ends the link when the client knows no IPv4, and says so', () => {
    const bench = encrypted();
    assert.deepEqual(bench.receive('LCP Protocol-Reject 2 80210101'), [
      '< LCP Terminate-Request 1 "no agreement on IPCP"',
    ]);
    assert.deepEqual(bench.receive('LCP Terminate-Ack 1'), [
      '= down negotiation_failed: the client answered no IPCP, or refuses IPv4',
    ]);
  });

  it('ends the link when no answer comes, and when no agreement does', () => {
    const silent = encrypted();
    assert.match(silent.pass(40_000).at(-1) ?? '', /^= down negotiation_failed: the client answered no IPCP/);
    const stubborn = encrypted();
    const lines = Array.from({ length: 9 }, (_, id) =>
      stubborn.receive(`IPCP Configure-Request ${id} 7:00`),
    ).flat();
    assert.equal(lines.at(-1), '< LCP Terminate-Request 1 "no agreement on IPCP"');
  });

  it('lets a client in that insists on a name server of its own', () => {
    const bench = encrypted();
    for (let id = 1; id <= 6; id++)
      bench.receive(`IPCP Configure-Request ${id} address=10.77.0.2 dns1=8.8.8.8`);
    assert.deepEqual(bench.receive('IPCP Configure-Request 7 address=10.77.0.2'), [
      '< IPCP Configure-Ack 7 address=10.77.0.2',
    ]);
  });

  it('insists on the assigned address, then ends the link: with another one nothing would pass (IP-2, CP-1)', () => {
    const bench = encrypted();
    for (let id = 1; id <= 5; id++) {
      assert.deepEqual(bench.receive(`IPCP Configure-Request ${id} address=10.77.0.99`), [
        `< IPCP Configure-Nak ${id} address=10.77.0.2`,
      ]);
    }
    assert.deepEqual(bench.receive('IPCP Configure-Request 6 address=10.77.0.99'), [
      '< IPCP Configure-Reject 6 address=10.77.0.99',
      '< LCP Terminate-Request 1 "no agreement on IPCP"',
    ]);
    const [down] = bench.receive('LCP Terminate-Ack 1');
    assert.match(
      down ?? '',
      /^= down negotiation_failed: the client insists on the address 10\.77\.0\.99, and gets 10\.77\.0\.2:/,
    );
  });
});
