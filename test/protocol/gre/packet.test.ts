import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MalformedPacket } from '../../../src/protocol/bytes/malformed.ts';
import * as header from '../../../src/protocol/gre/header.ts';
import { decodeGre, describeGre, encodeGre, type GrePacket } from '../../../src/protocol/gre/packet.ts';

const number = fc.integer({ min: 0, max: 0xffffffff });
const packets: fc.Arbitrary<GrePacket> = fc.oneof(
  fc.record(
    {
      callId: fc.integer({ min: 0, max: 0xffff }),
      sequenceNumber: number,
      acknowledgmentNumber: number,
      payload: fc.uint8Array({ maxLength: 64 }),
    },
    { requiredKeys: ['callId', 'sequenceNumber', 'payload'] },
  ),
  fc.record({
    callId: fc.integer({ min: 0, max: 0xffff }),
    acknowledgmentNumber: number,
    payload: fc.constant(new Uint8Array(0)),
  }),
);

describe('enhanced GRE (RFC 2637 §4.1)', () => {
  it('begins 30 01 or 30 81 with data and 20 81 for an acknowledgment alone, then 88 0B (GRE-1)', () => {
    const data = { callId: 0x1234, sequenceNumber: 1, payload: Uint8Array.of(0xff, 0x03, 0xc0, 0x21) };
    assert.equal(hex(encodeGre(data)), '3001880b0004123400000001ff03c021');
    const both = { ...data, acknowledgmentNumber: 2 };
    assert.equal(hex(encodeGre(both)), '3081880b000412340000000100000002ff03c021');
    const lone = { callId: 0x1234, acknowledgmentNumber: 2, payload: new Uint8Array(0) };
    assert.equal(hex(encodeGre(lone)), '2081880b0000123400000002');
  });

  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(packets, (packet) => {
        assert.deepEqual(plain(decodeGre(encodeGre(packet))), plain(packet));
      }),
    );
  });

  it('accepts a header word if and only if & EF7FFFFF it is 2001880B (GRE-1)', () => {
    for (let bit = 0; bit < 32; bit++) {
      const bytes = encodeGre({ callId: 1, acknowledgmentNumber: 1, payload: new Uint8Array(0) });
      bytes[bit >>> 3]! ^= 0x80 >>> (bit & 7);
      const word = new DataView(bytes.buffer).getUint32(0);
      const isRight = (word & 0xef7fffff) >>> 0 === 0x2001880b;
      assert.equal(header.isEnhancedGre(bytes, 0), isRight);
      if (isRight) continue;
      assert.throws(() => decodeGre(bytes), MalformedPacket);
    }
  });

  it('refuses every truncated packet as malformed, and trims padding (GRE-2)', () => {
    const bytes = encodeGre({
      callId: 1,
      sequenceNumber: 5,
      acknowledgmentNumber: 6,
      payload: new Uint8Array(9),
    });
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(() => decodeGre(bytes.subarray(0, length)), MalformedPacket);
    }
    assert.equal(decodeGre(Buffer.concat([bytes, Buffer.alloc(20, 0xee)])).payload.length, 9);
  });

  it('refuses a payload without a sequence number', () => {
    const bytes = Uint8Array.of(0x20, 0x01, 0x88, 0x0b, 0, 1, 0, 1, 0xff);
    assert.throws(() => decodeGre(bytes), /payload_without_sequence/);
  });

  it('is read in place as the codec reads it', () => {
    fc.assert(
      fc.property(packets, (packet) => {
        const bytes = Uint8Array.of(0xaa, 0xaa, ...encodeGre(packet));
        assert.ok(header.isEnhancedGre(bytes, 2));
        assert.equal(header.callId(bytes, 2), packet.callId);
        assert.equal(header.payloadLength(bytes, 2), packet.payload.length);
        assert.equal(header.headerLength(bytes, 2), bytes.length - 2 - packet.payload.length);
        if (packet.sequenceNumber !== undefined)
          assert.equal(header.sequenceNumber(bytes, 2), packet.sequenceNumber);
        if (packet.acknowledgmentNumber === undefined) return;
        assert.equal(header.acknowledgmentNumber(bytes, 2), packet.acknowledgmentNumber);
      }),
    );
  });

  it('describes itself in a line', () => {
    const packet = { callId: 4660, sequenceNumber: 7, acknowledgmentNumber: 3, payload: new Uint8Array(84) };
    assert.equal(describeGre(packet), 'GREv1, call 4660, seq 7, ack 3, length 84');
  });
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function plain(packet: GrePacket): unknown {
  return { ...packet, payload: [...packet.payload] };
}
