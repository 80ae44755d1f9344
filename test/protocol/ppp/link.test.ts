// The whole link: phases, what an established one lets strangers do to it, keepalive, probes, and hostile input.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countingRandom, LinkBench } from '../../support/ppp-link.ts';

const established = (options = {}) => new LinkBench(options).establish();
const withoutEchoes = (lines: string[]) => lines.filter((line) => !line.startsWith('< LCP Echo-Request'));

describe('an established link', () => {
  it('came through encryption and IPCP in order', () => {
    const bench = established();
    const types = bench.outputs.map((output) => output.type).filter((type) => type !== 'transmit');
    assert.deepEqual(types, ['authenticate', 'encrypted', 'opened']);
    assert.equal(bench.link.phase, 'Network');
    assert.equal(bench.link.peersMru, 1400);
    assert.equal(bench.link.deadline, Number.POSITIVE_INFINITY);
  });

  const forgeries = [
    'LCP Terminate-Request 9',
    'LCP Terminate-Request 9 "User request"',
    'LCP Terminate-Request 9 0a0b0c0d003ccd7400000000',
    'LCP Configure-Request 9 mru=1400 magic=0a0b0c0d',
    'LCP Configure-Request 9 mru=1400 magic=99999999',
    'LCP Configure-Request 9 auth=c22381',
    'LCP Terminate-Ack 9',
    'LCP Code-Reject 9 01',
  ];
  for (const forgery of forgeries) {
    it(`survives "${forgery}" while the peer answers echoes (LCP-9, LCP-10)`, () => {
      const bench = established();
      const [echo] = bench.receive(forgery);
      const [, id, magic] = /^< LCP Echo-Request (\d+) (\w+)$/.exec(echo ?? '') ?? [];
      assert.ok(id !== undefined && magic !== undefined, echo);
      assert.deepEqual(bench.receive(`LCP Echo-Reply ${id} 0a0b0c0d`), [
        '= discarded forged',
        `= echoReply ${id} length=8 after=0`,
      ]);
      assert.deepEqual(bench.pass(60_000), []);
      assert.equal(bench.link.phase, 'Network');
    });
  }

  it('is not ended by a Terminate-Request with a wrong magic number, echo or not (LCP-10)', () => {
    const bench = established();
    assert.deepEqual(bench.receive('LCP Terminate-Request 9 0a0b0c0e003ccd7400000000'), [
      '= discarded after_opened',
    ]);
    assert.deepEqual(bench.pass(10_000), []);
  });

  it('ends two seconds after the Terminate-Request of a peer that is gone (LCP-10)', () => {
    const bench = established();
    bench.receive('LCP Terminate-Request 9 "bye"');
    assert.deepEqual(withoutEchoes(bench.pass(1999)), []);
    assert.deepEqual(bench.pass(1), [
      '< LCP Terminate-Ack 9',
      '= down peer_terminated: the client ended the link: "bye"',
    ]);
    assert.equal(bench.link.phase, 'Dead');
    assert.equal(bench.link.deadline, Number.POSITIVE_INFINITY);
    assert.deepEqual(bench.receive('LCP Configure-Request 1'), []);
  });

  it('starts again from zero for a peer that restarted, with a new challenge (LCP-9)', () => {
    const bench = established();
    bench.receive('LCP Configure-Request 1 magic=77777777');
    const lines = withoutEchoes(bench.pass(2000));
    const [, id, rest] = /^< LCP Configure-Request (\d+)( .*)$/.exec(lines[1] ?? '') ?? [];
    assert.deepEqual(lines, [
      '= restarted',
      `< LCP Configure-Request ${id}${rest}`,
      '< LCP Configure-Ack 1 magic=77777777',
    ]);
    assert.equal(bench.link.phase, 'Establish');
    assert.match(bench.receive(`LCP Configure-Ack ${id}${rest}`)[0] ?? '', /^< CHAP Challenge /);
    assert.deepEqual(bench.receive('IPCP Configure-Request 1'), ['= discarded before_network_phase']);
    const [, down] = bench.receive('LCP Terminate-Request 7');
    assert.equal(
      down,
      '= down peer_terminated: the client hung up',
      'nobody is authenticated: no echo check',
    );
  });

  it('restarts at most once a minute (LCP-9)', () => {
    const bench = established();
    bench.receive('LCP Configure-Request 1 mru=1400 magic=0a0b0c0e');
    bench.outputs.length = 0;
    const lines = bench.pass(2000);
    const answer = (line: string | undefined) =>
      bench.receive((line ?? '').replace('< ', '').replace('Configure-Request', 'Configure-Ack'));
    const challenge = answer(lines.find((line) => line.includes('Configure-Request')))[0] ?? '';
    bench.receive(`CHAP Response ${/\d+/.exec(challenge)?.[0]} user=alice`);
    assert.equal(bench.link.phase, 'Network');
    assert.deepEqual(bench.receive('LCP Configure-Request 5 magic=0a0b0c0f'), ['= discarded after_opened']);
  });

  it('lets no CCP packet touch its keys; only Reset-Requests are answered (CCP-7, CCP-8)', () => {
    const bench = established();
    bench.link.alive();
    const before = bench.outputs.length;
    for (const text of [
      'CCP Configure-Request 2 mppe=01000040',
      'CCP Configure-Request 1 mppe=01000040',
      'CCP Configure-Request 3 mppe=01000020',
      'CCP Configure-Request 3',
      'CCP Terminate-Request 4',
      'CCP Terminate-Ack 4',
      'CCP Code-Reject 4 01',
    ]) {
      assert.deepEqual(bench.receive(text), ['= discarded after_opened'], text);
    }
    for (const text of ['Ack 1 mppe=01000040', 'Nak 1 mppe=01000020', 'Reject 1 mppe=01000040']) {
      assert.deepEqual(bench.receive(`CCP Configure-${text}`), ['= discarded stale_answer'], text);
    }
    assert.deepEqual(bench.receive('LCP Protocol-Reject 4 80fd01'), ['= discarded ccp_after_decision']);
    assert.deepEqual(bench.receive('CCP Reset-Request 5'), ['< CCP Reset-Ack 5']);
    assert.deepEqual(bench.receive('CCP Reset-Ack 5'), ['= discarded ccp_unexpected_reset_ack']);
    assert.ok(!bench.outputs.slice(before).some(({ type }) => type === 'encrypted' || type === 'down'));
  });

  it('repeats a lost CCP Ack until the first good encrypted packet (CCP-8)', () => {
    const bench = established();
    const request = 'CCP Configure-Request 1 mppe=01000040';
    assert.deepEqual(bench.receive(request), ['< CCP Configure-Ack 1 mppe=01000040']);
    bench.link.alive();
    assert.deepEqual(bench.receive(request), ['= discarded after_opened']);
  });

  it('limits Reset-Acks, and sends none after a Code-Reject of code 15 (CCP-7)', () => {
    const bench = established();
    const answers = Array.from({ length: 200 }, () => bench.receive('CCP Reset-Request 7')[0]);
    assert.equal(answers.filter((line) => line === '< CCP Reset-Ack 7').length, 50);
    bench.pass(1000);
    bench.receive('CCP Code-Reject 1 0f070004');
    assert.deepEqual(bench.receive('CCP Reset-Request 8'), []);
  });

  it('never asks for a reset in stateless mode (CCP-7, B37)', () => {
    const bench = established();
    assert.deepEqual(bench.take(bench.link.requestReset(bench.now)), []);
  });

  it('refuses another address in mid-session, and repeats a lost IPCP Ack (IP-6)', () => {
    const bench = established();
    assert.deepEqual(bench.receive('IPCP Configure-Request 2 address=10.77.0.9'), [
      '= discarded after_opened',
    ]);
    assert.deepEqual(bench.receive('IPCP Configure-Request 2 address=10.77.0.2 dns1=10.77.0.1'), [
      '= discarded after_opened',
    ]);
    assert.deepEqual(bench.receive('IPCP Terminate-Request 3'), ['= discarded after_opened']);
    assert.deepEqual(bench.receive('IPCP Configure-Request 4 address=10.77.0.2'), [
      '< IPCP Configure-Ack 4 address=10.77.0.2',
    ]);
    assert.deepEqual(bench.receive('LCP Protocol-Reject 5 802101'), ['= discarded protocol_rejected']);
  });

  it('is not disturbed by a new Response or a peer’s challenge (CH-2, CH-9)', () => {
    const bench = established();
    assert.deepEqual(bench.receive('CHAP Challenge 9 10000102030405060708090a0b0c0d0e0f'), [
      '= discarded chap_not_a_response',
    ]);
    assert.deepEqual(bench.receive('CHAP Response 250 user=alice'), ['= discarded chap_unsolicited']);
  });

  it('closes when its owner says so: Ack, or two tries within half a second', () => {
    const bench = established();
    assert.deepEqual(bench.take(bench.link.terminate('idle_timeout', 'idle too long', bench.now)), [
      '< LCP Terminate-Request 1 "idle too long"',
    ]);
    assert.equal(bench.link.phase, 'Terminate');
    assert.deepEqual(bench.receive('IPCP Configure-Request 1'), ['= discarded before_network_phase']);
    assert.deepEqual(bench.pass(249), []);
    assert.deepEqual(bench.pass(1), ['< LCP Terminate-Request 1 "idle too long"']);
    assert.deepEqual(bench.pass(249), []);
    assert.deepEqual(bench.pass(1), ['= down idle_timeout: idle too long']);
    assert.deepEqual(bench.take(bench.link.terminate('shutdown', 'again', bench.now)), []);
  });
});

describe('a link that is being closed', () => {
  it('judges no login any more: it would take an address, and an older session, for nothing', () => {
    const bench = new LinkBench();
    const request = bench.open()[0]?.replace('< ', '').replace('Configure-Request', 'Configure-Ack') ?? '';
    bench.receive('LCP Configure-Request 1');
    const [challenge] = bench.receive(request);
    const id = /^< CHAP Challenge (\d+)/.exec(challenge ?? '')?.[1];
    bench.take(bench.link.terminate('shutdown', 'bye', bench.now));
    assert.deepEqual(bench.receive(`CHAP Response ${id} user=alice`), ['= discarded chap_unsolicited']);
  });
});

describe('LCP echo', () => {
  it('is answered with our magic number, cut to the peer’s MRU (LCP-7, B14)', () => {
    const bench = established();
    const [reply] = bench.receive(`LCP Echo-Request 3 0a0b0c0d${'aa'.repeat(1450)}`);
    assert.equal(reply?.length, '< LCP Echo-Reply 3 '.length + 2 * (1400 - 4));
    assert.match(reply ?? '', /^< LCP Echo-Reply 3 (?!0a0b0c0d)\w{8}aaaa/);
  });

  it('with our own magic number means a loop (LCP-6)', () => {
    const bench = established();
    const { outputs } = bench.link.probe(8, bench.now);
    const own = outputs[0]?.type === 'transmit' ? outputs[0].information : new Uint8Array(0);
    assert.deepEqual(bench.receiveFrame({ protocol: 0xc021, information: own }), [
      '= down loopback: our own LCP packets come back: this is no PPP client',
    ]);
  });

  it('carries a probe of the wanted size, and reports the size sent even if the reply is short', () => {
    const bench = established();
    const { identifier, outputs } = bench.link.probe(1400, bench.now);
    const [output] = outputs;
    assert.ok(output?.type === 'transmit' && output.probe && output.information.length === 1400);
    bench.now += 12;
    assert.deepEqual(bench.receive(`LCP Echo-Reply ${identifier} 0a0b0c0d`), [
      `= echoReply ${identifier} length=1400 after=12`,
    ]);
    assert.deepEqual(bench.receive(`LCP Echo-Reply ${identifier} 0a0b0c0d`), [
      '= discarded echo_unsolicited',
    ]);
  });

  it('finds a silent peer dead after three unanswered requests', () => {
    const bench = established({ keepaliveInterval: 30_000 });
    const lines = bench.pass(25_000 + 60_000);
    assert.equal(lines.filter((line) => line.includes('Echo-Request')).length, 3);
    assert.deepEqual(bench.pass(30_000), [
      '< LCP Terminate-Request 1 "no answer to LCP echo"',
      '= down keepalive_timeout: the client no longer answers (3 LCP echoes)',
    ]);
  });

  it('lives on by replies, and by any good traffic', () => {
    const answering = established({ keepaliveInterval: 30_000 });
    const talking = established({ keepaliveInterval: 30_000 });
    for (let minute = 0; minute < 20; minute++) {
      for (const line of answering.pass(30_000)) {
        answering.receive(
          line
            .replace('< ', '')
            .replace('Echo-Request', 'Echo-Reply')
            .replace(/\w{8}$/, '0a0b0c0d'),
        );
      }
      talking.pass(30_000);
      talking.link.alive();
    }
    assert.equal(answering.link.phase, 'Network');
    assert.equal(talking.link.phase, 'Network');
  });

  it('too short for a magic number is counted, not answered', () => {
    assert.deepEqual(established().receive('LCP Echo-Request 3 0a0b'), ['= discarded truncated']);
  });
});

describe('a link under fire', () => {
  it('takes 65,536 protocols of three lengths without a throw or a word in clear (B17, LCP-11, CP-6)', () => {
    const bench = established();
    let replies = 0;
    for (let protocol = 0; protocol <= 0xffff; protocol++) {
      if (protocol === 0xc021 || protocol === 0x80fd || protocol === 0x8021 || protocol === 0xc223) continue;
      for (const length of [0, 3, 40]) {
        for (const output of bench.link.receive(protocol, new Uint8Array(length), bench.now)) {
          assert.ok(output.type === 'discarded' || output.type === 'transmit', output.type);
          if (output.type === 'transmit') replies++;
        }
      }
    }
    assert.equal(replies, 8);
    assert.equal(bench.link.phase, 'Network');
  });

  it('takes short and random packets of the protocols it speaks, in every phase (B16, B17, B28)', () => {
    const random = countingRandom();
    for (const prepare of [() => new LinkBench(), established]) {
      const bench = prepare();
      if (bench.link.phase === 'Dead') bench.open();
      for (let round = 0; round < 4000 && bench.link.phase !== 'Dead'; round++) {
        const protocol = [0xc021, 0x80fd, 0x8021, 0xc223, 0xc227, 0xc023][round % 6]!;
        const information = random(random(1)[0]! % 40);
        if (information.length >= 4 && round % 3 > 0)
          information.set([information[0]! % 16, 1, 0, information.length]);
        bench.now += 100;
        bench.link.receive(protocol, information, bench.now);
        bench.link.expire(bench.now);
      }
    }
  });

  it('answers at most twenty negotiation packets a second (CP-1)', () => {
    const bench = new LinkBench();
    bench.open();
    const replies = Array.from({ length: 100 }, (_, id) => bench.receive(`LCP Code-77 ${id}`)[0]);
    assert.equal(replies.filter((line) => line === '= discarded negotiation_rate').length, 80);
    bench.now += 1000;
    assert.match(bench.receive('LCP Code-77 1')[0] ?? '', /Code-Reject/);
  });

  it('does not let a flood of echoes crowd negotiation out', () => {
    const bench = new LinkBench();
    bench.open();
    for (let count = 0; count < 100; count++) bench.receive('LCP Echo-Request 1 01020304');
    assert.deepEqual(bench.receive('LCP Configure-Request 1'), ['< LCP Configure-Ack 1']);
  });

  it('refuses EAP, PAP, BACP and multilink whenever LCP is up, and is silent before (B16, LCP-11)', () => {
    const early = new LinkBench();
    early.open();
    assert.deepEqual(early.receive('0xc227 0101000501'), ['= discarded not_open']);
    const bench = established();
    for (const protocol of ['c227', 'c023', 'c02b', '003d']) {
      const [line] = bench.receive(`0x${protocol} 0101000501`);
      assert.match(line ?? '', new RegExp(`^< LCP Protocol-Reject \\d+ ${protocol}0101000501$`));
      bench.now += 1000;
    }
  });

  it('never quotes data packets: what came out of MPPE would leak (CP-6)', () => {
    const bench = established();
    for (const protocol of ['0x0021', '0x0057', '0x00fd']) {
      assert.deepEqual(bench.receive(`${protocol} 45000014`), ['= discarded not_control']);
    }
  });

  it('cuts a Protocol-Reject to the peer’s MRU (CP-6)', () => {
    const bench = established();
    const [output] = bench.link.receive(0x8057, new Uint8Array(1480), bench.now);
    assert.ok(output?.type === 'transmit');
    assert.equal(output.information.length, 1400);
  });

  it('takes a peer that sends everything back for a loop (LCP-6)', () => {
    const bench = new LinkBench();
    let queue = bench.link.open(0);
    const reasons: string[] = [];
    for (let round = 0; round < 30; round++) {
      queue = queue.flatMap((output) => {
        if (output.type === 'down') reasons.push(output.reason);
        return output.type === 'transmit'
          ? bench.link.receive(output.protocol, output.information, round)
          : [];
      });
    }
    assert.deepEqual(reasons, ['loopback']);
  });

  it('says that GRE may be blocked when it never hears a word', () => {
    const bench = new LinkBench();
    bench.open();
    const lines = bench.pass(40_000);
    assert.equal(lines.filter((line) => line.startsWith('< LCP Configure-Request')).length, 9);
    assert.match(lines.at(-1) ?? '', /^= down negotiation_failed: no answer to LCP: GRE \(IP protocol 47\)/);
  });

  it('accepts a peer that leaves the MRU out, and bounds a large one (LCP-4, B14)', () => {
    const silent = new LinkBench();
    silent.open();
    silent.receive('LCP Configure-Request 1');
    assert.equal(silent.link.peersMru, 1500);
    const large = new LinkBench();
    large.open();
    assert.deepEqual(large.receive('LCP Configure-Request 1 mru=4091'), ['< LCP Configure-Ack 1 mru=4091']);
    assert.equal(large.link.peersMru, 1500);
    assert.deepEqual(large.receive('LCP Configure-Request 2 mru=64'), ['< LCP Configure-Nak 2 mru=1500']);
  });

  it('keeps an input’s bytes out of its state: the caller reuses the memory', () => {
    const bench = established();
    const request = Uint8Array.of(5, 9, 0, 7, 0x62, 0x79, 0x65);
    bench.receiveFrame({ protocol: 0xc021, information: request });
    request.fill(0xff);
    assert.equal(bench.pass(2000).at(-1), '= down peer_terminated: the client ended the link: "bye"');
  });
});
