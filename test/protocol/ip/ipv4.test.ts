import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  checksum,
  fragmentOffset,
  hasOptions,
  headerFault,
  isDontFragment,
  isFragment,
  isLaterFragment,
  optionsFault,
  read16,
  updateChecksum,
  write16,
  writeHeaderChecksum,
} from '../../../src/protocol/ip/ipv4.ts';
import { countedBytes, ipv4Packet } from './packets.ts';

function changed(change: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = ipv4Packet({ data: countedBytes(100) });
  change(bytes);
  writeHeaderChecksum(bytes, 0);
  return bytes;
}

const fault = (bytes: Uint8Array, length = bytes.length) => headerFault(bytes, 0, length);

describe('The IPv4 header check', () => {
  it('passes a right packet, with padding behind it too, wherever it lies', () => {
    const packet = ipv4Packet({ data: countedBytes(30) });
    assert.equal(fault(packet), undefined);
    const memory = new Uint8Array(200);
    memory.set(packet, 33);
    assert.equal(headerFault(memory, 33, 60), undefined);
  });

  it('refuses every truncation', () => {
    const packet = ipv4Packet({ options: [1, 1, 1, 0], data: countedBytes(30) });
    for (let length = 0; length < packet.length; length++) {
      assert.notEqual(headerFault(packet, 0, length), undefined, `${length} bytes`);
      assert.notEqual(fault(packet.slice(0, length)), undefined, `${length} bytes`);
    }
  });

  it('names the fault', () => {
    assert.equal(fault(ipv4Packet(), 19), 'truncated');
    assert.equal(headerFault(ipv4Packet(), 0, 21), 'truncated');
    assert.equal(fault(changed((bytes) => bytes.fill(0x65, 0, 1))), 'version');
    const short = ipv4Packet();
    short[0] = 0x44;
    assert.equal(fault(short), 'header_length');
    short[0] = 0x46;
    assert.equal(fault(short), 'header_length');
    assert.equal(fault(changed((bytes) => write16(bytes, 2, 19))), 'total_length');
    assert.equal(fault(changed((bytes) => write16(bytes, 2, 121))), 'total_length');
  });

  it('finds every flipped bit of the header', () => {
    const packet = ipv4Packet({ options: [1, 1, 1, 0], data: countedBytes(8) });
    for (let bit = 0; bit < 24 * 8; bit++) {
      const flipped = packet.slice();
      flipped[bit >> 3]! ^= 0x80 >> (bit & 7);
      assert.notEqual(fault(flipped), undefined, `bit ${bit}`);
    }
  });
});

describe('The Internet checksum', () => {
  it('is that of RFC 1071 §3', () => {
    assert.equal(
      checksum(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7), 0, 8),
      ~0xddf2 & 0xffff,
    );
  });

  it('counts a lone last byte as the high half of a word', () => {
    assert.equal(
      checksum(Uint8Array.of(0x12, 0x34, 0x56), 0, 3),
      checksum(Uint8Array.of(0x12, 0x34, 0x56, 0), 0, 4),
    );
  });

  it('does not overflow on the largest packet', () => {
    assert.equal(checksum(new Uint8Array(65536).fill(0xff), 0, 65536), 0);
  });

  it('is mended as RFC 1624 §4 shows, and as a fresh sum would be', () => {
    assert.equal(updateChecksum(0xdd2f, 0x5555, 0x3285), 0x0000);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 40 }), fc.nat(0xffff), (bytes, word) => {
        bytes[0] = 0x45; // A sum of zero words only has two checksums; headers never are.
        const before = checksum(bytes, 0, bytes.length);
        const old = read16(bytes, 2);
        write16(bytes, 2, word);
        assert.equal(updateChecksum(before, old, word), checksum(bytes, 0, bytes.length));
      }),
    );
  });
});

describe('The fragment fields', () => {
  const packet = (flagsAndOffset: number) => ipv4Packet({ flagsAndOffset });

  it('tell whole packets, first pieces and later pieces apart', () => {
    assert.deepEqual(
      [0x4000, 0x2000, 0x2001, 0x0001].map((field) => isFragment(packet(field), 0)),
      [false, true, true, true],
    );
    assert.deepEqual(
      [0x4000, 0x2000, 0x2001, 0x0001].map((field) => isLaterFragment(packet(field), 0)),
      [false, false, true, true],
    );
    assert.equal(fragmentOffset(packet(0x2010), 0), 128);
    assert.deepEqual(
      [0x4000, 0x2000].map((field) => isDontFragment(packet(field), 0)),
      [true, false],
    );
  });
});

describe('The options check', () => {
  const withOptions = (...options: number[]) => optionsFault(ipv4Packet({ options }), 0);

  it('refuses loose and strict source routes, in the middle of a list too', () => {
    assert.equal(withOptions(131, 7, 4, 1, 2, 3, 4, 0), 'source_route');
    assert.equal(withOptions(1, 137, 7, 4, 1, 2, 3, 4), 'source_route');
    assert.equal(withOptions(148, 4, 0, 0, 131, 3, 4, 0), 'source_route');
  });

  it('passes other lists, and what lies behind their end', () => {
    assert.equal(withOptions(148, 4, 0, 0), undefined);
    assert.equal(withOptions(0, 131, 3, 4), undefined);
    assert.equal(withOptions(1, 1, 1, 1), undefined);
    assert.equal(optionsFault(ipv4Packet(), 0), undefined);
    assert.equal(hasOptions(ipv4Packet({ options: [1, 1, 1, 1] }), 0), true);
    assert.equal(hasOptions(ipv4Packet(), 0), false);
  });

  it('refuses lengths 0, 1 and past the end', () => {
    assert.equal(withOptions(7, 0, 0, 0), 'malformed_options');
    assert.equal(withOptions(7, 1, 0, 0), 'malformed_options');
    assert.equal(withOptions(7, 5, 0, 0), 'malformed_options');
    assert.equal(withOptions(1, 1, 1, 7), 'malformed_options');
  });
});
