import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ControlConnection } from '../../../src/protocol/pptp/control-connection.ts';
import type { ControlOutput } from '../../../src/protocol/pptp/control-output.ts';
import { controlMessageTypes, decodeControlMessage } from '../../../src/protocol/pptp/messages.ts';
import { controlOctets } from '../../support/control-messages.ts';

function connect({ now = 0, callIds = [40001, 40002, 40003] }: { now?: number; callIds?: number[] } = {}) {
  const free = [...callIds];
  return new ControlConnection({ hostName: 'vpn', receiveWindow: 64, allotCallId: () => free.shift(), now });
}

function sent(outputs: readonly ControlOutput[]) {
  return outputs.flatMap((output) =>
    output.type === 'transmit' ? [decodeControlMessage(output.bytes)] : [],
  );
}

const names = (outputs: readonly ControlOutput[]): string[] =>
  outputs.map((output) =>
    output.type === 'transmit' ? decodeControlMessage(output.bytes).type : output.type,
  );

function started(): ControlConnection {
  const connection = connect();
  connection.receive(controlOctets('SCCRQ'), 0);
  return connection;
}

const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

describe('a control connection', () => {
  it('counts its five seconds from the time of its construction (B04)', () => {
    const connection = connect({ now: 1_000_000 });
    assert.equal(connection.deadline, 1_005_000);
    assert.deepEqual(connection.expire(1_004_999), []);
    assert.deepEqual(names(connection.expire(1_005_000)), ['close']);
    assert.equal(connection.deadline, Number.POSITIVE_INFINITY);
  });

  it('is not kept by one octet a second (B04: a silent client of pptpd blocked accept() for 10 s)', () => {
    const connection = connect();
    const request = controlOctets('SCCRQ');
    const outputs: ControlOutput[] = [];
    for (let second = 0; second < request.length; second++) {
      outputs.push(...connection.receive(request.subarray(second, second + 1), second * 1000));
      outputs.push(...connection.expire(second * 1000));
    }
    assert.deepEqual(names(outputs), ['close']);
  });

  it('works with segments of one octet (CC-1)', () => {
    const stream = join(
      controlOctets('SCCRQ'),
      controlOctets('OCRQ', { callId: 5 }),
      controlOctets('EchoRQ'),
    );
    const connection = connect();
    const outputs = [...stream].flatMap((octet) => connection.receive(Uint8Array.of(octet), 0));
    assert.deepEqual(names(outputs), ['SCCRP', 'established', 'OCRP', 'call', 'EchoRP']);
  });

  it('answers all of 1,000 messages in one segment, in order (CC-1, B09, B15)', () => {
    const echoes = Array.from({ length: 1000 }, (_, identifier) => controlOctets('EchoRQ', { identifier }));
    const replies = sent(started().receive(join(...echoes), 0));
    assert.deepEqual(
      replies.map((reply) => reply.type === 'EchoRP' && reply.identifier),
      Array.from({ length: 1000 }, (_, identifier) => identifier),
    );
  });

  it('clears SCCRQ, OCRQ, CCRQ in one segment without harm (B11: CVE-2021-42054, -42870)', () => {
    const segment = join(
      controlOctets('SCCRQ'),
      controlOctets('OCRQ', { callId: 0 }),
      controlOctets('CCRQ', { callId: 0 }),
      controlOctets('CCRQ', { callId: 0 }),
    );
    assert.deepEqual(names(connect().receive(segment, 0)), [
      ...['SCCRP', 'established', 'OCRP', 'call', 'CDN', 'callEnd', 'discarded'],
    ]);
  });

  it('puts its own call id in CDN, in network order (CC-6, B10)', () => {
    const connection = connect({ callIds: [0x1234] });
    connection.receive(join(controlOctets('SCCRQ'), controlOctets('OCRQ', { callId: 0x5678 })), 0);
    const [cdn] = connection.receive(controlOctets('CCRQ', { callId: 0x5678 }), 0);
    assert.ok(cdn?.type === 'transmit');
    assert.deepEqual([...cdn.bytes.subarray(12, 15)], [0x12, 0x34, 4]);
  });

  it('announces its own window and tells the owner the client’s (CC-4, B25)', () => {
    const outputs = started().receive(controlOctets('OCRQ', { callId: 1, packetReceiveWindowSize: 3 }), 0);
    const [reply] = sent(outputs);
    assert.ok(reply?.type === 'OCRP' && reply.packetReceiveWindowSize === 64);
    const call = outputs.find((output) => output.type === 'call');
    assert.deepEqual(call, { type: 'call', call: { callId: 40001, peersCallId: 1, peersReceiveWindow: 3 } });
  });

  it('takes its call ids from its owner and from nowhere else (CC-5, B25: sequential ids are guessable)', () => {
    const connection = connect({ callIds: [999, 3] });
    connection.receive(controlOctets('SCCRQ'), 0);
    for (const callId of [999, 3, 0]) {
      const [reply] = sent(connection.receive(controlOctets('OCRQ', { callId: 1 }), 0));
      assert.ok(
        reply?.type === 'OCRP' && reply.callId === callId && (reply.resultCode === 1) === (callId !== 0),
      );
      connection.receive(controlOctets('CCRQ', { callId: 1 }), 0);
    }
  });

  it('asks with a new identifier each time, and never stops asking (CC-10, B10: 0 meant never)', () => {
    const connection = started();
    const identifiers = new Set<number>();
    for (let round = 0; round < 50; round++) {
      const [echo] = sent(connection.expire(connection.deadline));
      assert.ok(echo?.type === 'EchoRQ');
      identifiers.add(echo.identifier);
      connection.receive(controlOctets('EchoRP', { identifier: echo.identifier }), connection.deadline - 1);
    }
    assert.equal(identifiers.size, 50);
  });

  it('refuses every message shorter than its fixed part without an exception (B29, B30)', () => {
    for (const type of controlMessageTypes) {
      const whole = controlOctets(type);
      for (let length = 12; length < whole.length; length++) {
        const short = whole.slice(0, length);
        short[0] = length >> 8;
        short[1] = length;
        const names_ = names(started().receive(short, 0));
        assert.deepEqual(names_, ['close'], `${type} of ${length}`);
      }
    }
  });

  it('does not grow with what a peer sends (B31: MS01-009)', () => {
    const connection = started();
    const junk = join(
      ...Array.from({ length: 100 }, () => controlOctets('WEN')),
      controlOctets('OCRQ').subarray(0, 100),
      controlOctets('OCRQ').subarray(100),
      controlOctets('CCRQ'),
    );
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    for (let round = 0; round < 500; round++) connection.receive(junk, round);
    globalThis.gc?.();
    assert.ok(process.memoryUsage().heapUsed - before < 16 * 1024 * 1024);
  });
});

describe('the order of control messages (B32: CVE-2022-23253 fell to it in three minutes)', () => {
  it('survives a call before the start, a double start, CCRQ racing OCRQ, and a close mid-call', () => {
    assert.deepEqual(names(connect().receive(join(controlOctets('OCRQ'), controlOctets('SCCRQ')), 0)), [
      'close',
    ]);
    assert.deepEqual(names(connect().receive(join(controlOctets('SCCRQ'), controlOctets('SCCRQ')), 0)), [
      ...['SCCRP', 'established', 'SCCRP'],
    ]);
    const racing = started().receive(
      join(controlOctets('CCRQ'), controlOctets('OCRQ'), controlOctets('CCRQ')),
      0,
    );
    assert.deepEqual(names(racing), ['discarded', 'OCRP', 'call', 'CDN', 'callEnd']);
    const connection = started();
    connection.receive(controlOctets('OCRQ'), 0);
    assert.deepEqual(names(connection.receive(controlOctets('StopCCRQ'), 0)), [
      'StopCCRP',
      'callEnd',
      'close',
    ]);
    assert.deepEqual(connection.receive(controlOctets('OCRQ'), 0), []);
  });

  it('keeps two interleaved connections apart', () => {
    const [one, other] = [started(), started()];
    one.receive(controlOctets('OCRQ', { callId: 1 }), 0);
    other.receive(controlOctets('OCRQ', { callId: 1 }), 0);
    assert.deepEqual(names(one.receive(controlOctets('CCRQ', { callId: 1 }), 0)), ['CDN', 'callEnd']);
    assert.deepEqual(names(other.receive(controlOctets('CCRQ', { callId: 1 }), 0)), ['CDN', 'callEnd']);
  });

  const message = fc
    .record({ type: fc.constantFrom(...controlMessageTypes), id: fc.nat({ max: 2 }), version: fc.boolean() })
    .map(({ type, id, version }) => {
      const fields = { callId: id, peersCallId: id, ...(version ? {} : { protocolVersion: 0x0200 }) };
      return (connection: ControlConnection, now: number) =>
        connection.receive(controlOctets(type, fields), now);
    });
  const step = fc.oneof(
    { weight: 8, arbitrary: message },
    fc.constant((connection: ControlConnection) => connection.expire(connection.deadline)),
    fc.constant((connection: ControlConnection, now: number) => connection.clearCall(3, now)),
    fc.constant((connection: ControlConnection, now: number) => connection.stop(3, now)),
    fc.constant((connection: ControlConnection) => connection.lost()),
    fc
      .uint8Array({ minLength: 1, maxLength: 4 })
      .map((octets) => (connection: ControlConnection, now: number) => connection.receive(octets, now)),
  );

  it('whatever it is, ends each call exactly once, says nothing after the close, and never sends SLI (CC-8)', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(step, { maxLength: 40 }), (isStarted, steps) => {
        const connection = connect({ callIds: Array.from({ length: 40 }, (_, index) => index + 1) });
        const outputs: ControlOutput[] = [];
        if (isStarted) outputs.push(...connection.receive(controlOctets('SCCRQ'), 0));
        for (const [index, perform] of steps.entries()) outputs.push(...perform(connection, index * 100));
        outputs.push(...connection.lost());
        judge(outputs);
        assert.equal(connection.deadline, Number.POSITIVE_INFINITY);
      }),
      { numRuns: 2000 },
    );
  });

  function judge(outputs: readonly ControlOutput[]): void {
    let callUp = false;
    for (const [index, output] of outputs.entries()) {
      if (output.type === 'close') assert.equal(index, outputs.length - 1, 'an output after the close');
      if (output.type === 'call' || output.type === 'callEnd') {
        assert.equal(callUp, output.type === 'callEnd');
        callUp = !callUp;
      }
      if (output.type === 'transmit') assert.notEqual(decodeControlMessage(output.bytes).type, 'SLI');
    }
    assert.ok(!callUp, 'a call without end');
  }
});
