import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MalformedPacket } from '../../../src/protocol/bytes/malformed.ts';
import { Reader } from '../../../src/protocol/bytes/reader.ts';
import { reserved, struct, text, u8, u16, u32 } from '../../../src/protocol/bytes/struct.ts';
import { Writer } from '../../../src/protocol/bytes/writer.ts';
import { fromHex, toHex } from '../../support/hex.ts';

const record = struct({ one: u8, reserved1: reserved(1), two: u16, four: u32, name: text(4) });

function encode(value: Parameters<typeof record.write>[1]): string {
  const writer = new Writer(record.size);
  record.write(writer, value);
  return toHex(writer.finish());
}

describe('a struct', () => {
  it('lays its fields out in order, in network order, with nothing between', () => {
    assert.equal(record.size, 12);
    assert.deepEqual(record.names, ['one', 'two', 'four', 'name']);
    assert.equal(encode({ one: 1, two: 0x0203, four: 0xfffefdfc, name: 'ab' }), '01000203fffefdfc61620000');
  });

  it('reads what it wrote and ignores reserved octets', () => {
    const read = record.read(new Reader(fromHex('01ff0203fffefdfc61620000'), 'test'));
    assert.deepEqual(read, { one: 1, two: 0x0203, four: 0xfffefdfc, name: 'ab' });
  });

  it('cuts numbers to the width of their field', () => {
    assert.equal(
      encode({ one: 0x1ff, two: 0x1ffff, four: 0x1ffffffff, name: '' }),
      'ff00ffffffffffff00000000',
    );
  });

  it('reads text up to the first NUL or to the end of the field', () => {
    const name = (hex: string): string => text(4).read(new Reader(fromHex(hex), 'test'));
    assert.equal(name('61626364'), 'abcd');
    assert.equal(name('61006364'), 'a');
    assert.equal(name('00000000'), '');
    assert.equal(name('ff0a8000'), '\xff\n\x80');
  });

  it('cuts text that is too long and sends ? for what an octet cannot hold', () => {
    assert.match(encode({ one: 0, two: 0, four: 0, name: 'abcdef' }), /61626364$/);
    assert.match(encode({ one: 0, two: 0, four: 0, name: 'é漢😀' }), /e93f3f00$/);
  });
});

describe('a reader', () => {
  it('calls every missing octet truncated, with the name of its layer', () => {
    const takes = [
      (r: Reader) => r.u8(),
      (r: Reader) => r.u16(),
      (r: Reader) => r.u32(),
      (r: Reader) => r.bytes(4),
      (r: Reader) => r.skip(4),
    ];
    for (const [index, take] of takes.entries()) {
      const size = [1, 2, 4, 4, 4][index]!;
      for (let length = 0; length < size; length++) {
        const isTruncated = (e: unknown) =>
          e instanceof MalformedPacket && e.layer === 'test' && e.reason === 'truncated';
        assert.throws(() => take(new Reader(new Uint8Array(length), 'test')), isTruncated);
      }
      const reader = new Reader(new Uint8Array(size), 'test');
      take(reader);
      assert.equal(reader.remaining, 0);
    }
  });

  it('gives the rest as a view on the same memory', () => {
    const octets = fromHex('0102030405');
    const reader = new Reader(octets, 'test');
    assert.equal(reader.u16(), 0x0102);
    const rest = reader.rest();
    assert.equal(toHex(rest), '030405');
    assert.equal(rest.buffer, octets.buffer);
    assert.equal(reader.rest().length, 0);
  });
});

describe('a writer', () => {
  it('throws a plain Error when written past its end', () => {
    const writer = new Writer(3);
    writer.u16(1);
    assert.throws(() => writer.u16(2), /writes 2 octets at 2 of 3/);
    writer.bytes(fromHex('ff'));
    assert.equal(toHex(writer.finish()), '0001ff');
  });
});
