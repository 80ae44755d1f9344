// The codecs that every PPP control packet passes: golden bytes, round trips, truncation at every byte, bit flips (B17, B21).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MalformedPacket } from '../../../src/protocol/bytes/malformed.ts';
import {
  decodeControlPacket,
  describeControlPacket,
  encodeControlPacket,
} from '../../../src/protocol/ppp/control-packet.ts';
import { decodeFrame, describeProtocol, encodeFrame } from '../../../src/protocol/ppp/frame.ts';
import { decodeOptions, describeOption, encodeOptions } from '../../../src/protocol/ppp/option.ts';
import { fromHex, toHex } from '../../support/hex.ts';

const bytes = (maximum: number) => fc.uint8Array({ maxLength: maximum });

/** Decodes every damaged form; anything but a value or MalformedPacket fails. */
function damage(golden: Uint8Array, decode: (bytes: Uint8Array) => unknown): void {
  const forms = [
    ...Array.from({ length: golden.length }, (_, length) => golden.slice(0, length)),
    ...Array.from({ length: golden.length * 8 }, (_, bit) => {
      const flipped = golden.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      return flipped;
    }),
  ];
  for (const form of forms) {
    try {
      decode(form);
    } catch (error) {
      assert.ok(error instanceof MalformedPacket, `${toHex(form)}: ${error}`);
    }
  }
}

describe('frame', () => {
  it('reads a full header, ACFC, PFC and both, negotiated or not (LCP-3)', () => {
    const wanted = { protocol: 0x21, information: fromHex('45') };
    for (const text of ['ff03002145', '002145', 'ff032145', '2145']) {
      assert.deepEqual(decodeFrame(fromHex(text)), wanted, text);
    }
  });

  it('writes the full header (LCP-3)', () => {
    assert.equal(toHex(encodeFrame({ protocol: 0xc021, information: fromHex('0101') })), 'ff03c0210101');
  });

  it('round-trips every odd protocol', () => {
    const protocol = fc.integer({ min: 0, max: 0xffff }).filter((number) => (number & 0x101) === 1);
    fc.assert(
      fc.property(protocol, bytes(40), (number, information) => {
        const frame = { protocol: number, information };
        assert.deepEqual(decodeFrame(encodeFrame(frame)), frame);
      }),
    );
  });

  it('refuses a truncated header and an even protocol', () => {
    for (const text of ['', 'ff03', 'ff03c0', 'c0', 'ff03c020']) {
      assert.throws(() => decodeFrame(fromHex(text)), MalformedPacket, text);
    }
    damage(fromHex('ff03c02101010004'), decodeFrame);
  });

  it('names the protocols it knows and numbers the rest', () => {
    assert.equal(describeProtocol(0x80fd), 'CCP');
    assert.equal(describeProtocol(0x8057), 'IPV6CP');
    assert.equal(describeProtocol(0x35), '0x0035');
  });
});

describe('control packet', () => {
  const golden = fromHex('01070008aabbccdd');

  it('reads code, identifier and data, and cuts padding off', () => {
    const packet = { code: 1, identifier: 7, data: fromHex('aabbccdd') };
    assert.deepEqual(decodeControlPacket(golden), packet);
    assert.deepEqual(decodeControlPacket(fromHex('01070008aabbccdd0000')), packet);
    assert.equal(toHex(encodeControlPacket(packet)), toHex(golden));
    assert.equal(describeControlPacket(packet), 'Configure-Request 7');
    assert.equal(describeControlPacket({ ...packet, code: 99 }), 'Code-99 7');
  });

  it('refuses lengths of 0 to 3, above the frame and above 1500 (B17, B18)', () => {
    for (const length of [0, 1, 2, 3, 9, 255, 1501, 0xffff]) {
      const bad = golden.slice();
      bad.set([length >> 8, length & 0xff], 2);
      assert.throws(() => decodeControlPacket(bad), MalformedPacket, String(length));
    }
    const long = new Uint8Array(1501);
    long.set([1, 1, 1501 >> 8, 1501 & 0xff]);
    assert.throws(() => decodeControlPacket(long), /packet_too_long/);
    damage(golden, decodeControlPacket);
  });

  it('round-trips', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.nat(255), bytes(100), (code, identifier, data) => {
        const packet = { code, identifier, data };
        assert.deepEqual(decodeControlPacket(encodeControlPacket(packet)), packet);
      }),
    );
  });
});

describe('option list', () => {
  it('reads an empty list, empty options and data', () => {
    assert.deepEqual(decodeOptions(fromHex('')), []);
    const options = decodeOptions(fromHex('0702120601000040'));
    assert.deepEqual(options.map(describeOption), ['7:', '18:01000040']);
  });

  it('refuses length 0, length 1, more than remains, and a lone type (B21)', () => {
    for (const text of ['0100', '0101', '0103', '01040578ff', '01', '0104057807']) {
      assert.throws(() => decodeOptions(fromHex(text)), MalformedPacket, text);
    }
    damage(fromHex('010405780506c2129081'), decodeOptions);
  });

  it('never reads on after a length below the header: it would not move (B21, B36)', () => {
    for (const text of ['0100', '0101', '07020100', '0702010107020702']) {
      assert.throws(() => decodeOptions(fromHex(text)), /option_length_below_header/, text);
    }
  });

  it('refuses 33 options and 255 (B21, CP-1)', () => {
    assert.equal(decodeOptions(fromHex('0702'.repeat(32))).length, 32);
    for (const count of [33, 255, 700]) {
      assert.throws(() => decodeOptions(fromHex('0702'.repeat(count))), /too_many_options/);
    }
  });

  it('round-trips', () => {
    const option = fc.tuple(fc.nat(255), bytes(20)).map(([type, data]) => ({ type, data }));
    fc.assert(
      fc.property(fc.array(option, { maxLength: 32 }), (options) => {
        assert.deepEqual(decodeOptions(encodeOptions(options)), options);
      }),
    );
  });

  it('takes any bytes without another error (fast-check)', () => {
    fc.assert(
      fc.property(bytes(80), (input) => {
        try {
          decodeOptions(input);
        } catch (error) {
          assert.ok(error instanceof MalformedPacket);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
