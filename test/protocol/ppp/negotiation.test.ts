// The interpreter: timers, identifiers, loop guards, and the product of two automata over a channel that loses packets.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeControlPacket } from '../../../src/protocol/ppp/control-packet.ts';
import type { ControlProtocol, Judgement } from '../../../src/protocol/ppp/control-protocol.ts';
import { Negotiation, type NegotiationOutput } from '../../../src/protocol/ppp/negotiation.ts';
import { numberOption, type Option, optionNumber } from '../../../src/protocol/ppp/option.ts';
import { describeFrame, parseFrame } from '../../support/ppp-notation.ts';

/** A protocol of one number (written as LCP's MRU): asks for it, and judges the peer's by `taste`. */
class Haggler implements ControlProtocol {
  readonly name = 'LCP';
  readonly protocol = 0xc021;
  readonly extendedCodes = [9];
  readonly #wish: number;
  readonly #taste: (value: number | undefined) => 'ack' | 'nak' | 'reject';
  #asked: number | undefined;
  granted: readonly Option[] | undefined;
  naks: Option[] = [];

  constructor(wish = 1500, taste: (value: number | undefined) => 'ack' | 'nak' | 'reject' = () => 'ack') {
    this.#wish = wish;
    this.#taste = taste;
  }

  begin(): void {
    this.#asked = this.#wish;
  }

  ask(): Option[] {
    return this.#asked === undefined ? [] : [numberOption(1, this.#asked, 2)];
  }

  judge(options: readonly Option[]): Judgement {
    const verdict = this.#taste(options[0] && optionNumber(options[0], 2));
    if (verdict === 'ack') return { verdict };
    return { verdict, options: verdict === 'nak' ? [numberOption(1, this.#wish, 2)] : [...options] };
  }

  grant(options: readonly Option[]): void {
    this.granted = options;
  }

  onNak(options: readonly Option[]): undefined {
    this.naks.push(...options);
    const [option] = options;
    if (option !== undefined) this.#asked = optionNumber(option, 2);
  }

  onReject(): undefined {
    this.#asked = undefined;
  }
}

function start(
  protocol: ControlProtocol = new Haggler(),
  guard: 'proceed' | 'discard' = 'proceed',
  mru = 1500,
) {
  const negotiation = new Negotiation(
    protocol,
    () => mru,
    () => guard,
  );
  const say = (outputs: readonly NegotiationOutput[]) =>
    outputs.map((output) => (output.type === 'transmit' ? describeFrame(output) : describeOther(output)));
  return {
    negotiation,
    open: () => say(negotiation.open(0)),
    expire: (now: number) => say(negotiation.expire(now)),
    close: (now = 0) => say(negotiation.close('bye', now)),
    receive: (text: string, now = 0) =>
      say(negotiation.receive(decodeControlPacket(parseFrame(`LCP ${text}`).information), now)),
  };
}

function describeOther(output: Exclude<NegotiationOutput, { type: 'transmit' }>): string {
  if (output.type === 'discarded' || output.type === 'refused') return `${output.type} ${output.reason}`;
  return output.type;
}

function opened(guard: 'proceed' | 'discard' = 'proceed') {
  const end = start(new Haggler(), guard);
  end.open();
  end.receive('Configure-Request 1 mru=1400');
  assert.deepEqual(end.receive('Configure-Ack 1 mru=1500'), ['up']);
  return end;
}

describe('negotiation', () => {
  it('sends Configure-Request ten times, three seconds apart, then gives up (RFC 1661 §4.6)', () => {
    const end = start();
    const lines = end.open();
    for (let now = 3000; end.negotiation.deadline !== Number.POSITIVE_INFINITY; now += 3000) {
      assert.equal(end.negotiation.deadline, now);
      assert.deepEqual(end.expire(now - 1), []);
      lines.push(...end.expire(now));
    }
    assert.deepEqual(lines, [...Array(10).fill('LCP Configure-Request 1 mru=1500'), 'finished']);
    assert.equal(end.negotiation.state, 'Stopped');
  });

  it('repeats with the same identifier, and takes an answer to any copy', () => {
    const end = start();
    end.open();
    end.expire(3000);
    assert.deepEqual(end.receive('Configure-Nak 1 mru=1200'), ['LCP Configure-Request 2 mru=1200']);
    assert.deepEqual(end.receive('Configure-Reject 2 mru=1200'), ['LCP Configure-Request 3']);
  });

  it('repeats its first request after 1 s once the peer speaks: that one may have come before it listened', () => {
    for (const taste of ['ack', 'nak'] as const) {
      const end = start(new Haggler(1500, () => taste));
      end.open();
      end.receive('Configure-Request 1 mru=1400', 50);
      assert.equal(end.negotiation.deadline, 1050);
      end.receive('Configure-Request 1 mru=1400', 900);
      assert.equal(end.negotiation.deadline, 1050, 'no later, whatever else it says');
      assert.deepEqual(end.expire(1050), ['LCP Configure-Request 1 mru=1500']);
      end.receive('Configure-Request 1 mru=1400', 1100);
      assert.equal(end.negotiation.deadline, 4050, 'the second one as ever');
    }
  });

  it('repeats nothing sooner where its first request was answered, or is due sooner anyway', () => {
    const acked = start(new Haggler(1500, () => 'nak'));
    acked.open();
    acked.receive('Configure-Ack 1 mru=1500', 20);
    acked.receive('Configure-Request 1 mru=1400', 50);
    assert.equal(acked.negotiation.deadline, 3000);
    const late = start();
    late.open();
    late.receive('Configure-Request 1 mru=1400', 2500);
    assert.equal(late.negotiation.deadline, 3000);
  });

  it('terminates twice at most, then finishes (RFC 1661 §4.6)', () => {
    const end = opened();
    assert.deepEqual(end.close(), ['down', 'LCP Terminate-Request 1 "bye"']);
    assert.deepEqual(end.expire(3000), ['LCP Terminate-Request 1 "bye"']);
    assert.deepEqual(end.expire(6000), ['finished']);
  });

  it('discards an Ack, Nak or Reject of another identifier, a second one, and an Ack that differs', () => {
    const end = start();
    end.open();
    for (const text of ['Ack 2 mru=1500', 'Ack 1 mru=1400', 'Ack 1', 'Nak 0 mru=1200', 'Reject 9 mru=1500']) {
      assert.deepEqual(end.receive(`Configure-${text}`), ['discarded stale_answer'], text);
    }
    assert.deepEqual(end.receive('Configure-Ack 1 mru=1500'), []);
    assert.deepEqual(end.receive('Configure-Ack 1 mru=1500'), ['discarded stale_answer']);
    assert.deepEqual(end.receive('Configure-Nak 1 mru=1200'), ['discarded stale_answer']);
  });

  it('ignores options in a Nak or Reject that it never sent (CP-4)', () => {
    const protocol = new Haggler();
    const end = start(protocol);
    end.open();
    assert.deepEqual(end.receive('Configure-Nak 1 magic=00000001 auth=c023 mru=1300'), [
      'LCP Configure-Request 2 mru=1300',
    ]);
    assert.deepEqual(
      protocol.naks.map(({ type }) => type),
      [1],
    );
  });

  it('rejects the second option of a type, whatever the first says (CP-4, B21)', () => {
    const end = start();
    end.open();
    assert.deepEqual(end.receive('Configure-Request 4 mru=1400 mru=1300 mru=1200'), [
      'LCP Configure-Reject 4 mru=1300 mru=1200',
    ]);
  });

  it('Naks five times, then rejects, and says that it is stuck (CP-1)', () => {
    const end = start(new Haggler(1500, (value) => (value === undefined ? 'ack' : 'nak')));
    end.open();
    for (let id = 1; id <= 5; id++) {
      assert.deepEqual(end.receive(`Configure-Request ${id} mru=900`), [`LCP Configure-Nak ${id} mru=1500`]);
    }
    assert.deepEqual(end.receive('Configure-Request 6 mru=900'), [
      'LCP Configure-Reject 6 mru=900',
      'impasse',
    ]);
    assert.deepEqual(end.receive('Configure-Request 7'), ['LCP Configure-Ack 7']);
  });

  it('accepts without the option when the peer will not hear of an appended one (CP-1, IP-2)', () => {
    const end = start(new Haggler(1500, (value) => (value === undefined ? 'nak' : 'ack')));
    end.open();
    for (let id = 1; id <= 5; id++) {
      assert.deepEqual(end.receive(`Configure-Request ${id}`), [`LCP Configure-Nak ${id} mru=1500`]);
    }
    assert.deepEqual(end.receive('Configure-Request 6'), ['LCP Configure-Ack 6']);
  });

  it('gives up on a peer that refuses for ever (CP-1, B22)', () => {
    const end = start();
    end.open();
    for (let id = 1; id < 10; id++) end.receive(`Configure-Nak ${id} mru=${1000 + id}`);
    assert.deepEqual(end.receive('Configure-Nak 10 mru=1010'), [
      'LCP Configure-Request 11 mru=1010',
      'refused LCP does not converge',
    ]);
  });

  it('gives up on a peer that asks for ever (CP-1, B22)', () => {
    const end = start(new Haggler(1500, () => 'reject'));
    end.open();
    for (let id = 1; id <= 8; id++) end.receive(`Configure-Request ${id} mru=900`);
    assert.deepEqual(end.receive('Configure-Request 9 mru=900'), [
      'LCP Configure-Reject 9 mru=900',
      'refused LCP does not converge',
    ]);
  });

  it('answers an unknown code with Code-Reject, and a Code-Reject with nothing (CP-5)', () => {
    const end = opened();
    assert.deepEqual(end.receive('Code-200 7 aabb'), ['LCP Code-Reject 1 c8070006aabb']);
    assert.deepEqual(end.receive('Code-0 7'), ['LCP Code-Reject 2 00070004']);
    assert.deepEqual(end.receive('Code-Reject 3 0c070004'), ['codeRejected']);
  });

  it('keeps every reply within the MRU of the peer (CP-2, B18)', () => {
    const end = start(new Haggler(1500, () => 'reject'), 'proceed', 20);
    end.open();
    const options = Array.from({ length: 10 }, (_, index) => `${100 + index}:aabbcc`).join(' ');
    assert.deepEqual(end.receive(`Configure-Request 1 ${options}`), [
      'LCP Configure-Reject 1 100:aabbcc 101:aabbcc 102:aabbcc',
    ]);
    assert.deepEqual(end.receive('Code-99 5 000102030405060708090a0b0c0d0e0f10'), [
      'LCP Code-Reject 1 63050015000102030405060708090a0b',
    ]);
  });

  it('leaves Opened by the RFC where the guard lets it, and stays where it does not', () => {
    assert.deepEqual(opened().receive('Configure-Request 2 mru=1300'), [
      'down',
      'LCP Configure-Request 2 mru=1500',
      'LCP Configure-Ack 2 mru=1300',
    ]);
    assert.deepEqual(opened().receive('Terminate-Request 9'), ['down', 'LCP Terminate-Ack 9']);
    for (const text of [
      'Configure-Request 2 mru=1300',
      'Terminate-Request 9',
      'Terminate-Ack 9',
      'Code-Reject 1 01',
    ]) {
      assert.deepEqual(opened('discard').receive(text), ['discarded after_opened'], text);
    }
  });

  it('has nothing to say before it is opened', () => {
    const end = start();
    assert.deepEqual(end.receive('Configure-Request 1'), []);
    assert.equal(end.negotiation.deadline, Number.POSITIVE_INFINITY);
  });
});

describe('two negotiations over a lossy channel', () => {
  /** Small, fast and the same everywhere (mulberry32). */
  const seeded = (seed: number) => () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let value = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };

  const tastes: readonly ((value: number | undefined) => 'ack' | 'nak' | 'reject')[] = [
    () => 'ack',
    (value: number | undefined) => (value === 1500 || value === undefined ? 'ack' : 'nak'),
    (value: number | undefined) => (value === undefined ? 'ack' : 'reject'),
    (value: number | undefined) => (value === undefined ? 'nak' : 'ack'),
    () => 'nak',
    () => 'reject',
  ];

  /** As every layer of a link has it: a repeated request is acked again, anything else may restart it twice. */
  function guarded(protocol: ControlProtocol): Negotiation {
    let restarts = 2;
    const end: Negotiation = new Negotiation(
      protocol,
      () => 1500,
      (event, packet) => {
        if (event === 'RCR+' && end.isRepeated(packet)) return 'repeatAck';
        return !event.startsWith('RCR') || restarts-- > 0 ? 'proceed' : 'discard';
      },
    );
    return end;
  }

  function run(seed: number, loss: number) {
    const random = seeded(seed);
    const pick = () => new Haggler(1500 - (seed % 3), tastes[Math.floor(random() * tastes.length)]);
    const ends = [pick(), pick()].map(guarded);
    let queue: { to: number; information: Uint8Array }[] = [];
    let sent = 0;
    const take = (from: number, outputs: readonly NegotiationOutput[], now: number): void => {
      for (const output of outputs) {
        if (output.type === 'refused') take(from, ends[from]!.close('no', now), now);
        if (output.type !== 'transmit') continue;
        sent++;
        if (random() >= loss) queue.push({ to: 1 - from, information: output.information });
      }
    };
    for (const [index, end] of ends.entries()) take(index, end.open(0), 0);
    let now = 0;
    const isDone = () =>
      ends.every((end) => ['Opened', 'Closed', 'Stopped'].includes(end.state)) && queue.length === 0;
    while (!isDone() && sent < 1000) {
      const due = queue;
      queue = [];
      for (const { to, information } of due)
        take(to, ends[to]!.receive(decodeControlPacket(information), now), now);
      if (queue.length === 0) {
        now = Math.max(now, Math.min(...ends.map((end) => end.deadline)));
        for (const [index, end] of ends.entries()) take(index, end.expire(now), now);
      }
    }
    return { sent, states: ends.map((end) => end.state) };
  }

  for (const loss of [0, 0.05, 0.2, 0.5]) {
    it(`ends within 60 packets at ${loss * 100} % loss, opened by both or by neither at 0 %`, () => {
      for (let seed = 0; seed < 2000; seed++) {
        const { sent, states } = run(seed, loss);
        assert.ok(sent <= 60, `seed ${seed}, loss ${loss}: ${sent} packets, ${states}`);
        if (loss === 0)
          assert.equal(states[0] === 'Opened', states[1] === 'Opened', `seed ${seed}: ${states}`);
      }
    });
  }
});
