// Ways to bring a link up without encryption where it is required (B19): each script is a client that tries one, for a
// minute, while it acks everything else and asks for an address. None may see IP, or a word of IPCP (CCP-9, CCP-10).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LinkBench } from '../../support/ppp-link.ts';

/** What the client says to a line of the server, besides what every client says. */
type Script = (line: string) => readonly string[] | undefined;

const ccpRequest = /^< CCP Configure-Request (\d+)( .*)?$/;

/** Answers our Configure-Request: `{id}` stands for its identifier. */
const toOurs =
  (answer: string): Script =>
  (line) => {
    const id = ccpRequest.exec(line)?.[1];
    return id === undefined ? undefined : [answer.replaceAll('{id}', id)];
  };

/** Acks our Configure-Request, and asks for `options` again and again. */
function asks(options: string, answer = 'CCP Configure-Ack {id} mppe=01000040'): Script {
  let id = 0;
  return (line) => {
    const reply = toOurs(answer)(line);
    if (reply !== undefined) return id === 0 ? [...reply, `CCP Configure-Request ${++id}${options}`] : reply;
    return /^< CCP Configure-(Nak|Reject)/.test(line)
      ? [`CCP Configure-Request ${++id}${options}`]
      : undefined;
  };
}

/** Asks properly, but treats our request with `answer`. */
const halfOpen = (answer: string): Script => asks(' mppe=01000040', answer);

const silence: Script = (line) => (ccpRequest.test(line) ? [] : undefined);

const againstAuthentication =
  (answer: string): Script =>
  (line) => {
    const id = /^< LCP Configure-Request (\d+)/.exec(line)?.[1];
    return id === undefined
      ? undefined
      : [answer.replaceAll('{id}', id), 'LCP Configure-Request 1 magic=01020304'];
  };

const scripts: Record<string, Script> = {
  'CCP is protocol-rejected': toOurs('LCP Protocol-Reject 9 80fd0101000a120601000040'),
  'CCP is protocol-rejected once half open': halfOpen('LCP Protocol-Reject 9 80fd0101000a120601000040'),
  'CCP is never answered': silence,
  'MPPE is rejected': toOurs('CCP Configure-Reject {id} mppe=01000040'),
  'MPPE is rejected with other bits': toOurs('CCP Configure-Reject {id} mppe=00000000'),
  'MPPE is rejected after the client asked for it': halfOpen('CCP Configure-Reject {id} mppe=01000040'),
  'MPPE is Nak’d to no bits': toOurs('CCP Configure-Nak {id} mppe=00000000'),
  'MPPE is Nak’d to stateless alone': toOurs('CCP Configure-Nak {id} mppe=01000000'),
  'MPPE is Nak’d to 40 bit': toOurs('CCP Configure-Nak {id} mppe=01000020'),
  'MPPE is Nak’d to 56 bit': toOurs('CCP Configure-Nak {id} mppe=01000080'),
  'MPPE is Nak’d to stateful 128': toOurs('CCP Configure-Nak {id} mppe=00000040'),
  'MPPE is Nak’d to compression': toOurs('CCP Configure-Nak {id} mppe=00000001'),
  'MPPE is Nak’d to the obsolete bit': toOurs('CCP Configure-Nak {id} mppe=01000010'),
  'MPPE is Nak’d with an empty list': toOurs('CCP Configure-Nak {id}'),
  'MPPE is Nak’d with Deflate': toOurs('CCP Configure-Nak {id} deflate=7800'),
  'our request is left open': halfOpen('CCP Reset-Ack {id}'),
  'our request is Nak’d to 40 bit after a proper one': halfOpen('CCP Configure-Nak {id} mppe=01000020'),
  'the Ack names 40 bit': halfOpen('CCP Configure-Ack {id} mppe=01000020'),
  'the Ack is empty': halfOpen('CCP Configure-Ack {id}'),
  'the Ack has another identifier': halfOpen('CCP Configure-Ack 200 mppe=01000040'),
  'the Ack has an option more': halfOpen('CCP Configure-Ack {id} mppe=01000040 deflate=7800'),
  'the client asks for nothing': asks(''),
  'the client asks for 40 bit': asks(' mppe=01000020'),
  'the client asks for 56 bit': asks(' mppe=01000080'),
  'the client asks for stateful 128': asks(' mppe=00000040'),
  'the client asks for compression': asks(' mppe=00000001'),
  'the client asks for 128 with compression': asks(' mppe=01000041'),
  'the client asks for the obsolete bit': asks(' mppe=01000050'),
  'the client asks for a reserved bit': asks(' mppe=81000040'),
  'the client asks for no bits (ppp#558, B22)': asks(' mppe=00000000'),
  'the client asks for all strengths for ever': asks(' mppe=010000e0'),
  'the client asks for Deflate': asks(' deflate=7800'),
  'the client asks for Predictor and BSD': asks(' predictor bsd=2f'),
  'the option is short': asks(' 18:0100'),
  'the option is long': asks(' 18:010000400000'),
  'the option is empty': asks(' 18:'),
  'a second option follows the good one (B21)': asks(' mppe=01000040 mppe=01000020'),
  'CCP is terminated at once': toOurs('CCP Terminate-Request 3'),
  'CCP is terminated once half open': halfOpen('CCP Terminate-Request 3'),
  'a Terminate-Ack comes unasked': toOurs('CCP Terminate-Ack 3'),
  'our Configure-Request is Code-Rejected': toOurs('CCP Code-Reject 3 01'),
  'our Configure-Request comes back': toOurs('CCP Configure-Request {id} mppe=01000020'),
  'Resets come instead of answers': toOurs('CCP Reset-Request {id}'),
  'PAP is wanted': againstAuthentication('LCP Configure-Nak {id} auth=c023'),
  'CHAP with MD5 is wanted': againstAuthentication('LCP Configure-Nak {id} auth=c22305'),
  'MS-CHAPv1 is wanted': againstAuthentication('LCP Configure-Nak {id} auth=c22380'),
  'EAP is wanted': againstAuthentication('LCP Configure-Nak {id} auth=c227'),
  'authentication is rejected': againstAuthentication('LCP Configure-Reject {id} auth=c22381'),
};

/** What every client of these scripts says. */
function manners(line: string): string[] {
  const [, protocol, code, id, rest = ''] = /^< (\w+) ([\w-]+) (\d+)(.*)$/.exec(line) ?? [];
  if (protocol === 'CHAP' && code === 'Challenge') return [`CHAP Response ${id} user=alice`];
  if (protocol === 'CHAP' && code === 'Success') return ['IPCP Configure-Request 1 address=10.77.0.2'];
  if (code === 'Configure-Request') {
    const ack = `${protocol} Configure-Ack ${id}${rest}`;
    return protocol === 'LCP' ? [ack, 'LCP Configure-Request 1 magic=01020304'] : [ack];
  }
  return [];
}

function run(script: Script, bench = new LinkBench()): string[] {
  const all: string[] = [];
  let queue = bench.open();
  for (let step = 0; step < 400; step++) {
    all.push(...queue);
    queue = queue
      .flatMap((line) => script(line) ?? manners(line))
      .flatMap((words) => bench.receive(words))
      .concat(queue.length > 0 ? [] : bench.pass(1000));
    bench.now += 60;
  }
  return all;
}

describe('a link that must be encrypted', () => {
  it('opens for the client of these scripts when it does nothing wrong', () => {
    const lines = run(asks(' mppe=01000040'));
    assert.ok(lines.some((line) => line.startsWith('= encrypted')));
    assert.ok(lines.some((line) => line.startsWith('= opened')));
  });

  for (const [title, script] of Object.entries(scripts)) {
    it(`ends in words when ${title}`, () => {
      const lines = run(script);
      const leaks = lines.filter((line) => /^(= (encrypted|opened)|< IPCP)/.test(line));
      assert.deepEqual(leaks, []);
      const down = lines.filter((line) => line.startsWith('= down'));
      assert.equal(down.length, 1, lines.join('\n'));
      assert.match(down[0]!, /^= down (encryption_refused: encryption required|authentication_refused: )/);
      const text = lines.find((line) => line.startsWith('< LCP Terminate-Request'));
      assert.match(
        text ?? '',
        /"(encryption required: MPPE 128 bit stateless|authentication protocol refused)"/,
      );
    });
  }

  it('stays shut after a proper start when the client’s CCP comes too early only (IP-5)', () => {
    const bench = new LinkBench();
    bench.open();
    assert.deepEqual(bench.receive('CCP Configure-Request 1 mppe=01000040'), [
      '= discarded before_network_phase',
    ]);
    assert.deepEqual(bench.receive('IPCP Configure-Request 1'), ['= discarded before_network_phase']);
  });
});
