import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readEchoReply, smallestEcho, writeEchoRequest } from '../../src/probe/echo.ts';
import { parseAddress } from '../../src/protocol/ip/address.ts';
import { at, checksum, headerFault, write16, writeHeaderChecksum } from '../../src/protocol/ip/ipv4.ts';

const place = {
  source: parseAddress('10.77.0.2') ?? 0,
  destination: parseAddress('10.77.0.1') ?? 0,
  identifier: 0xbeef,
};
const there = { source: place.destination, destination: place.source, identifier: place.identifier };
const offset = 64;

/** What a host answers: addresses exchanged, type 0. */
function reply(length: number, sequence: number): Uint8Array {
  const bytes = new Uint8Array(2048);
  writeEchoRequest(bytes, offset, length, there, sequence);
  bytes[offset + 20] = 0;
  return bytes;
}

describe('a ping through the tunnel', () => {
  it('is a sound IPv4 packet of exactly the size asked for, with DF and right checksums', () => {
    for (const length of [smallestEcho, 576, 1410, 1411]) {
      const bytes = new Uint8Array(2048).fill(0xaa);
      writeEchoRequest(bytes, offset, length, place, 7);
      assert.equal(headerFault(bytes, offset, length), undefined);
      assert.equal(checksum(bytes, offset + 20, length - 20), 0);
      assert.equal(bytes[offset + at.flagsAndFragmentOffset], 0x40);
      assert.equal(bytes[offset + length], 0xaa, 'nothing is written behind it');
    }
  });

  it('is answered by its own sequence number only', () => {
    assert.equal(readEchoReply(reply(84, 513), offset, 84, place), 513);
    assert.equal(readEchoReply(reply(84, 513), offset, 84, { ...place, identifier: 1 }), undefined);
    assert.equal(readEchoReply(reply(84, 513), offset, 84, { ...place, destination: 1 }), undefined);
    assert.equal(readEchoReply(reply(84, 513), offset, 83, place), undefined);
    const request = new Uint8Array(2048);
    writeEchoRequest(request, offset, 84, there, 513);
    assert.equal(readEchoReply(request, offset, 84, place), undefined);
  });

  it('counts as answered by the first piece of a reply in pieces, and by no later one', () => {
    const first = reply(84, 9);
    write16(first, offset + at.flagsAndFragmentOffset, 0x2000);
    writeHeaderChecksum(first, offset);
    assert.equal(readEchoReply(first, offset, 84, place), 9);
    write16(first, offset + at.flagsAndFragmentOffset, 0x0010);
    writeHeaderChecksum(first, offset);
    assert.equal(readEchoReply(first, offset, 84, place), undefined);
  });
});
