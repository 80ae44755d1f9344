import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  addressCount,
  type Cidr,
  contains,
  firstAddress,
  formatAddress,
  formatCidr,
  lastAddress,
  overlap,
  parseAddress,
  parseCidr,
  subtract,
} from '../../../src/protocol/ip/address.ts';

const anyAddress = fc.integer({ min: 0, max: 0xffffffff });
const anyCidr = fc.record({ address: anyAddress, prefixLength: fc.integer({ min: 0, max: 32 }) });
/** Small blocks near each other, so that pairs overlap often. */
const nearCidr = fc.record({
  address: fc.integer({ min: 0x0a000000, max: 0x0a0000ff }),
  prefixLength: fc.integer({ min: 24, max: 32 }),
});

describe('An address', () => {
  it('survives formatting and parsing', () => {
    fc.assert(fc.property(anyAddress, (address) => parseAddress(formatAddress(address)) === address));
  });

  it('is unsigned', () => {
    assert.equal(parseAddress('255.255.255.255'), 0xffffffff);
    assert.equal(formatAddress(0xc0a80001), '192.168.0.1');
  });

  for (const text of [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.-4',
    '1.2.3.4 ',
    '0x1.2.3.4',
    '1..3.4',
    '1.2.3.1e1',
  ]) {
    it(`is not "${text}"`, () => assert.equal(parseAddress(text), undefined));
  }
});

describe('A prefix', () => {
  it('survives formatting and parsing', () => {
    fc.assert(fc.property(anyCidr, (cidr) => assert.deepEqual(parseCidr(formatCidr(cidr)), { ...cidr })));
  });

  for (const text of [
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/',
    '10.0.0/8',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '/8',
  ]) {
    it(`is not "${text}"`, () => assert.equal(parseCidr(text), undefined));
  }

  it('runs from its first to its last address', () => {
    const cidr = parseCidr('10.77.1.9/22')!;
    assert.equal(formatAddress(firstAddress(cidr)), '10.77.0.0');
    assert.equal(formatAddress(lastAddress(cidr)), '10.77.3.255');
    assert.equal(addressCount(cidr), 1024);
    assert.equal(lastAddress(parseCidr('0.0.0.0/0')!), 0xffffffff);
  });

  it('contains what lies between its ends', () => {
    fc.assert(
      fc.property(anyCidr, anyAddress, (cidr, address) => {
        assert.equal(contains(cidr, address), firstAddress(cidr) <= address && address <= lastAddress(cidr));
      }),
    );
  });

  it('overlaps another exactly when they share an address', () => {
    fc.assert(
      fc.property(nearCidr, nearCidr, (one, other) => {
        const shared = firstAddress(one) <= lastAddress(other) && firstAddress(other) <= lastAddress(one);
        assert.equal(overlap(one, other), shared);
      }),
    );
  });
});

describe('Subtracting a prefix', () => {
  const left = (whole: string, hole: string) =>
    subtract(parseCidr(whole)!, parseCidr(hole)!).map((cidr) => formatCidr(cidr));

  it('leaves the fewest prefixes, ascending', () => {
    assert.deepEqual(left('10.77.0.0/24', '10.77.0.240/28'), [
      '10.77.0.0/25',
      '10.77.0.128/26',
      '10.77.0.192/27',
      '10.77.0.224/28',
    ]);
    assert.equal(left('0.0.0.0/0', '127.0.0.1/32').length, 32);
  });

  it('leaves nothing of what the hole covers, and all of what it misses', () => {
    assert.deepEqual(left('10.0.0.0/24', '10.0.0.0/8'), []);
    assert.deepEqual(left('10.0.0.0/24', '10.0.0.0/24'), []);
    assert.deepEqual(left('10.0.0.7/24', '11.0.0.0/24'), ['10.0.0.0/24']);
  });

  it('leaves each address of the whole outside the hole, once', () => {
    fc.assert(
      fc.property(nearCidr, nearCidr, (whole, hole) => {
        const pieces: Cidr[] = subtract(whole, hole);
        for (let address = 0x0a000000; address <= 0x0a0000ff; address++) {
          const wanted = contains(whole, address) && !contains(hole, address) ? 1 : 0;
          assert.equal(pieces.filter((piece) => contains(piece, address)).length, wanted);
        }
      }),
      { numRuns: 200 },
    );
  });
});
