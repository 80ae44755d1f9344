import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ControlClient, type ControlClientOutput } from '../../../src/protocol/pptp/control-client.ts';
import { ControlConnection } from '../../../src/protocol/pptp/control-connection.ts';
import { decodeControlMessage } from '../../../src/protocol/pptp/messages.ts';
import { controlOctets } from '../../support/control-messages.ts';

const options = { hostName: 'probe', vendorString: 'vpn-operator', callId: 77, receiveWindow: 64 };

const names = (outputs: readonly ControlClientOutput[]): string[] =>
  outputs.map((output) =>
    output.type === 'transmit' ? decodeControlMessage(output.bytes).type : output.type,
  );

function opened(): ControlClient {
  const client = new ControlClient(options);
  assert.deepEqual(names(client.open(0)), ['SCCRQ']);
  return client;
}

function calling(): ControlClient {
  const client = opened();
  assert.deepEqual(names(client.receive(controlOctets('SCCRP', { resultCode: 1 }), 0)), [
    'established',
    'OCRQ',
  ]);
  return client;
}

function up(): ControlClient {
  const client = calling();
  const outputs = client.receive(
    controlOctets('OCRP', { callId: 9, peersCallId: 77, resultCode: 1, packetReceiveWindowSize: 16 }),
    0,
  );
  assert.deepEqual(outputs, [{ type: 'call', call: { callId: 77, peersCallId: 9, peersReceiveWindow: 16 } }]);
  return client;
}

describe('the client’s end of a control connection', () => {
  it('places and clears a call with the server’s end', () => {
    const client = new ControlClient(options);
    const server = new ControlConnection({ hostName: 'vpn', receiveWindow: 8, allotCallId: () => 9, now: 0 });
    const story: string[] = [];
    const talk = (outputs: ControlClientOutput[]): void => {
      for (const output of outputs) {
        story.push(names([output])[0]!);
        if (output.type !== 'transmit') continue;
        const replies = server.receive(output.bytes, 0);
        for (const reply of replies) if (reply.type === 'transmit') talk(client.receive(reply.bytes, 0));
      }
    };
    talk(client.open(0));
    talk(client.clearCall(0));
    assert.deepEqual(story, ['SCCRQ', 'established', 'OCRQ', 'call', 'CCRQ', 'callEnd', 'StopCCRQ', 'close']);
  });

  it('takes result 0 for OK, as some servers send it (CC-2)', () => {
    const client = opened();
    assert.deepEqual(names(client.receive(controlOctets('SCCRP', { resultCode: 0 }), 0)), [
      'established',
      'OCRQ',
    ]);
    const reply = controlOctets('OCRP', { callId: 9, peersCallId: 77, resultCode: 0 });
    assert.deepEqual(names(client.receive(reply, 0)), ['call']);
  });

  it('says which step was refused, with the server’s codes', () => {
    const [start] = opened().receive(controlOctets('SCCRP', { resultCode: 4, errorCode: 6 }), 0);
    assert.deepEqual(start, {
      type: 'failed',
      failure: { step: 'start', cause: 'refused', resultCode: 4, errorCode: 6 },
    });
    const [call] = calling().receive(
      controlOctets('OCRP', { peersCallId: 77, resultCode: 2, errorCode: 4 }),
      0,
    );
    assert.deepEqual(call, {
      type: 'failed',
      failure: { step: 'call', cause: 'refused', resultCode: 2, errorCode: 4 },
    });
  });

  it('says which step went unanswered, was malformed, stopped or cut', () => {
    const cases: [string, (client: ControlClient) => ControlClientOutput[]][] = [
      ['timeout', (client) => client.expire(client.deadline)],
      ['malformed', (client) => client.receive(new Uint8Array(16), 0)],
      ['stopped', (client) => client.receive(controlOctets('StopCCRQ', { reason: 1 }), 0)],
      ['lost', (client) => client.lost()],
    ];
    for (const [cause, perform] of cases) {
      for (const [step, client] of [['start', opened()] as const, ['call', calling()] as const]) {
        const outputs = perform(client).filter((output) => output.type !== 'transmit');
        assert.deepEqual(names(outputs), ['failed', 'close'], `${cause} at ${step}`);
        const failure = { step, cause, resultCode: 0, errorCode: 0 };
        assert.deepEqual(outputs[0], { type: 'failed', failure });
        assert.equal(client.deadline, Number.POSITIVE_INFINITY);
        assert.deepEqual(client.lost(), []);
      }
    }
    const [failed] = opened().receive(controlOctets('SCCRP', { resultCode: 1, protocolVersion: 0x0200 }), 0);
    assert.ok(failed?.type === 'failed' && failed.failure.cause === 'version');
  });

  it('waits ten seconds for each reply, and no longer once the call is up', () => {
    const client = opened();
    assert.equal(client.deadline, 10_000);
    assert.deepEqual(client.expire(9_999), []);
    client.receive(controlOctets('SCCRP', { resultCode: 1 }), 9_999);
    assert.equal(client.deadline, 19_999);
    assert.equal(up().deadline, Number.POSITIVE_INFINITY);
  });

  it('ends the call for a CDN whatever its id (CC-6), for a stop, and for lost TCP', () => {
    assert.deepEqual(names(up().receive(controlOctets('CDN', { callId: 77 }), 0)), ['callEnd', 'StopCCRQ']);
    assert.deepEqual(names(up().receive(controlOctets('StopCCRQ'), 0)), ['StopCCRP', 'callEnd', 'close']);
    assert.deepEqual(names(up().lost()), ['callEnd', 'close']);
    assert.deepEqual(names(up().receive(new Uint8Array(12), 0)), ['callEnd', 'close']);
  });

  it('ends politely even when the server no longer answers', () => {
    const client = up();
    assert.deepEqual(names(client.clearCall(0)), ['CCRQ']);
    assert.deepEqual(client.clearCall(0), []);
    assert.deepEqual(names(client.expire(3_000)), ['callEnd', 'StopCCRQ']);
    assert.deepEqual(names(client.expire(6_000)), ['close']);
  });

  it('answers Echo-Requests and discards what does not fit', () => {
    const client = calling();
    assert.deepEqual(names(client.receive(controlOctets('EchoRQ'), 0)), ['EchoRP']);
    assert.deepEqual(names(client.receive(controlOctets('SCCRP'), 0)), ['discarded']);
    assert.deepEqual(names(client.receive(controlOctets('OCRP', { peersCallId: 1, resultCode: 1 }), 0)), [
      'discarded',
    ]);
    assert.deepEqual(names(client.receive(controlOctets('CDN'), 0)), ['discarded']);
    const management = controlOctets('EchoRQ');
    management[3] = 2;
    assert.deepEqual(names(client.receive(management, 0)), ['discarded']);
  });
});
