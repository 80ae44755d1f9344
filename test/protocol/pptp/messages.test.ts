import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MalformedPacket } from '../../../src/protocol/bytes/malformed.ts';
import {
  type ControlMessage,
  controlMessageTypes,
  decodeControlMessage,
  describeControlMessage,
  encodeControlMessage,
  LongestMessage,
  messageLength,
} from '../../../src/protocol/pptp/messages.ts';
import { controlMessage, controlOctets, parseControlMessage } from '../../support/control-messages.ts';
import { fromHex, toHex } from '../../support/hex.ts';
import vectors from '../../vectors/pptp-control-messages.json' with { type: 'json' };

const goldens = vectors.messages as { message: ControlMessage; octets: string }[];

function reasonOf(octets: Uint8Array): string {
  try {
    decodeControlMessage(octets);
    return 'none';
  } catch (error) {
    assert.ok(error instanceof MalformedPacket, String(error));
    return error.reason;
  }
}

describe('a control message', () => {
  it('has the length of RFC 2637 §2 for each of the fifteen types', () => {
    const lengths = [156, 156, 16, 16, 16, 20, 168, 32, 220, 24, 28, 16, 148, 40, 24];
    assert.deepEqual(controlMessageTypes.map(messageLength), lengths);
    assert.equal(LongestMessage, 220);
  });

  it('has a golden form for each of the fifteen types', () => {
    assert.deepEqual(
      goldens.map(({ message }) => message.type),
      controlMessageTypes,
    );
  });

  for (const { message, octets } of goldens) {
    it(`is encoded and decoded as RFC 2637 lays it out: ${describeControlMessage(message)}`, () => {
      assert.equal(toHex(encodeControlMessage(message)), octets);
      assert.deepEqual(decodeControlMessage(fromHex(octets)), message);
    });

    it(`is malformed when cut anywhere or one octet too long: ${message.type} (CC-1, B29)`, () => {
      const whole = fromHex(octets);
      for (let length = 0; length < whole.length; length++) {
        assert.equal(reasonOf(whole.subarray(0, length)), 'truncated', `${length} octets`);
      }
      assert.equal(reasonOf(Uint8Array.of(...whole, 0)), 'length');
    });

    it(`survives every flipped bit, or says what is wrong with it: ${message.type}`, () => {
      const whole = fromHex(octets);
      for (let bit = 0; bit < whole.length * 8; bit++) {
        const flipped = whole.slice();
        flipped[bit >> 3]! ^= 0x80 >> (bit & 7);
        const reason = reasonOf(flipped);
        // A flipped type may name another message of the same length.
        const isTwin = reason === 'none' && decodeControlMessage(flipped).type !== message.type;
        assert.ok(isTwin || (reason === 'none') === bit >= 80, `bit ${bit}: ${reason}`);
      }
    });
  }

  it('is refused for its cookie before its type, and for its type before its length (CC-1)', () => {
    const octets = controlOctets('EchoRQ');
    const broken = (...changes: [at: number, value: number][]): string => {
      const copy = octets.slice();
      for (const [at, value] of changes) copy[at] = value;
      return reasonOf(copy);
    };
    assert.equal(broken([4, 0], [3, 2], [9, 99], [1, 17]), 'magic_cookie');
    assert.equal(broken([3, 2], [9, 99]), 'pptp_message_type');
    assert.equal(broken([9, 0], [1, 17]), 'control_message_type');
    assert.equal(broken([9, 16]), 'control_message_type');
    assert.equal(broken([1, 17]), 'length');
    assert.equal(broken([9, 6]), 'length');
  });

  it('survives the round trip with any values', () => {
    const filled = fc.constantFrom(...controlMessageTypes).chain((type) =>
      fc.uint8Array({ minLength: messageLength(type), maxLength: messageLength(type) }).map((octets) => {
        octets.set(controlOctets(type).subarray(0, 12));
        return octets;
      }),
    );
    fc.assert(
      fc.property(filled, (octets) => {
        const message = decodeControlMessage(octets);
        const again = encodeControlMessage(message);
        assert.equal(again.length, octets.length);
        assert.deepEqual(decodeControlMessage(again), message);
        describeControlMessage(message);
      }),
      { numRuns: 500 },
    );
  });

  it('is described in one printable line that says all of it', () => {
    const message = controlMessage('SCCRQ', { hostName: 'a"b\\\n\x1b\x80', vendorString: 'v w' });
    const line = describeControlMessage(message);
    assert.match(
      line,
      /^SCCRQ protocolVersion=256 .* hostName="a\\x22b\\x5c\\x0a\\x1b\\x80" vendorString="v w"$/,
    );
    for (const golden of goldens.filter(({ message: { type } }) => type !== 'SCCRP')) {
      assert.deepEqual(parseControlMessage(describeControlMessage(golden.message)), golden.message);
    }
  });
});
