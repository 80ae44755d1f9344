import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fragmentCount, writeFragment } from '../../../src/protocol/ip/fragment.ts';
import {
  fragmentOffset,
  headerFault,
  headerLength,
  read16,
  totalLength,
} from '../../../src/protocol/ip/ipv4.ts';
import { countedBytes, ipv4Packet } from './packets.ts';

function fragments(packet: Uint8Array, mtu: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let index = 0; index < fragmentCount(packet, 0, mtu); index++) {
    const target = new Uint8Array(2000);
    const length = writeFragment(target, 3, packet, 0, mtu, index);
    assert.ok(length > 0 && length <= mtu, `piece ${index} has ${length} bytes`);
    assert.ok(target.subarray(3 + length).every((byte) => byte === 0));
    pieces.push(target.slice(3, 3 + length));
  }
  return pieces;
}

const isMore = (piece: Uint8Array) => (read16(piece, 6) & 0x2000) !== 0;

/** A receiver that only believes offsets: its own code, not the writer's. */
function reassemble(pieces: Uint8Array[], from = 0): Uint8Array {
  const last = pieces.at(-1)!;
  const data = new Uint8Array(fragmentOffset(last, 0) + totalLength(last, 0) - headerLength(last, 0) - from);
  let filled = 0;
  for (const piece of pieces) {
    assert.equal(headerFault(piece, 0, piece.length), undefined);
    assert.equal(fragmentOffset(piece, 0) - from, filled);
    data.set(piece.subarray(headerLength(piece, 0)), filled);
    filled += piece.length - headerLength(piece, 0);
  }
  return data;
}

describe('Fragmentation', () => {
  it('cuts 1500 bytes for 1410 into 1404 and 116, with one identification', () => {
    const packet = ipv4Packet({ data: countedBytes(1480) });
    const pieces = fragments(packet, 1410);
    assert.deepEqual(
      pieces.map((piece) => piece.length),
      [1404, 116],
    );
    assert.deepEqual(pieces.map(isMore), [true, false]);
    assert.deepEqual(
      pieces.map((piece) => read16(piece, 4)),
      [0x1234, 0x1234],
    );
    assert.deepEqual(reassemble(pieces), packet.slice(20));
  });

  it('lets the last piece use the room that multiples of 8 leave in the others', () => {
    const packet = ipv4Packet({ data: countedBytes(1384 + 1390) });
    assert.deepEqual(
      fragments(packet, 1410).map((piece) => piece.length),
      [1404, 1410],
    );
  });

  it('leaves a packet that fits, one way', () => {
    const packet = ipv4Packet({ data: countedBytes(1390), flagsAndOffset: 0x4000 });
    assert.equal(fragmentCount(packet, 0, 1410), 1);
    assert.deepEqual(fragments(packet, 1410), [packet]);
  });

  it('respects DF', () => {
    assert.equal(fragmentCount(ipv4Packet({ data: countedBytes(1391), flagsAndOffset: 0x4000 }), 0, 1410), 0);
  });

  it('needs room for 8 bytes behind the header', () => {
    const packet = ipv4Packet({ options: new Array(40).fill(1), data: countedBytes(100) });
    assert.equal(fragmentCount(packet, 0, 67), 0);
    assert.equal(fragmentCount(packet, 0, 68) > 1, true);
    assert.equal(fragmentCount(packet, 0, 0), 0);
  });

  it('cuts a piece of a datagram again, keeping its offset and its MF', () => {
    const data = countedBytes(1480);
    for (const field of [0x2000 | 185, 185]) {
      const pieces = fragments(ipv4Packet({ data, flagsAndOffset: field }), 1000);
      assert.deepEqual(reassemble(pieces, 1480), data);
      assert.deepEqual(pieces.map(isMore), [true, (field & 0x2000) !== 0]);
    }
  });

  it('refuses a piece that reaches past 65,535 bytes', () => {
    assert.equal(fragmentCount(ipv4Packet({ data: countedBytes(1480), flagsAndOffset: 0x1fff }), 0, 1410), 0);
  });

  it('copies options by their copy flag and pads the list (RFC 791 §3.1)', () => {
    const routerAlert = [148, 4, 0, 0];
    const recordRoute = [7, 7, 4, 0, 0, 0, 0];
    const stream = [136, 3, 9];
    const options = [...recordRoute, ...stream, 1, ...routerAlert, 0];
    const pieces = fragments(ipv4Packet({ options, data: countedBytes(300) }), 120);
    assert.deepEqual([...pieces[0]!.slice(20, 36)], options);
    assert.deepEqual([...pieces[1]!.slice(20, headerLength(pieces[1]!, 0))], [...stream, ...routerAlert, 0]);
    assert.deepEqual(reassemble(pieces), countedBytes(300));
  });

  it('stops at a malformed option', () => {
    const pieces = fragments(ipv4Packet({ options: [148, 0, 0, 0], data: countedBytes(300) }), 120);
    assert.equal(headerLength(pieces[1]!, 0), 20);
    assert.deepEqual(reassemble(pieces), countedBytes(300));
  });

  it('does the same within one memory', () => {
    const packet = ipv4Packet({ data: countedBytes(1480) });
    const memory = new Uint8Array(5000);
    memory.set(packet, 100);
    const lengths = [0, 1].map((index) =>
      writeFragment(memory, 2000 + index * 1500, memory, 100, 1410, index),
    );
    const pieces = lengths.map((length, index) =>
      memory.slice(2000 + index * 1500, 2000 + index * 1500 + length),
    );
    assert.deepEqual(pieces, fragments(packet, 1410));
  });

  it('writes nothing past the target or past the last piece', () => {
    const packet = ipv4Packet({ data: countedBytes(1480) });
    assert.equal(writeFragment(new Uint8Array(1403), 0, packet, 0, 1410, 0), 0);
    assert.equal(writeFragment(new Uint8Array(2000), 0, packet, 0, 1410, 2), 0);
  });

  it('is undone by reassembly, for any size, MTU and options; each but the last piece is a multiple of 8', () => {
    const words = fc.integer({ min: 0, max: 10 });
    const anyMtu = fc.integer({ min: 68, max: 1500 });
    fc.assert(
      fc.property(fc.nat(1480), anyMtu, words, fc.array(fc.nat(255)), (size, mtu, count, noise) => {
        const options = Array.from({ length: count * 4 }, (_, i) => noise[i] ?? 1);
        const packet = ipv4Packet({ options, data: countedBytes(size) });
        const pieces = fragments(packet, mtu);
        assert.deepEqual(reassemble(pieces), countedBytes(size));
        for (const piece of pieces.slice(0, -1)) {
          assert.equal((piece.length - headerLength(piece, 0)) % 8, 0);
          assert.equal(isMore(piece), true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
