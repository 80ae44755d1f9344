import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type Cidr,
  firstAddress,
  lastAddress,
  parseAddress,
  parseCidr,
} from '../../../src/protocol/ip/address.ts';
import {
  builtInProtected,
  compileDestinations,
  type DestinationRules,
  intersect,
  isPermitted,
} from '../../../src/protocol/ip/destinations.ts';

const cidrs = (...texts: string[]) => texts.map((text) => parseCidr(text)!);

function permits(rules: Partial<DestinationRules>, address: string): boolean {
  const destinations = compileDestinations({
    allowed: cidrs('0.0.0.0/0'),
    protected: [],
    denied: [],
    ...rules,
  });
  return isPermitted(destinations, parseAddress(address)!);
}

describe('Permitted destinations', () => {
  it('are none without an allowed prefix', () => {
    assert.equal(compileDestinations({ allowed: [], protected: [], denied: [] }).length, 0);
    assert.equal(permits({ allowed: [] }, '192.0.2.1'), false);
  });

  it('never hold the host itself, link-local, multicast or reserved ones', () => {
    for (const address of [
      '0.0.0.1',
      '127.0.0.1',
      '169.254.169.254',
      '224.0.0.1',
      '240.0.0.1',
      '255.255.255.255',
    ]) {
      assert.equal(permits({}, address), false, address);
    }
    for (const address of [
      '1.0.0.0',
      '126.255.255.255',
      '128.0.0.0',
      '169.253.255.255',
      '169.255.0.0',
      '223.255.255.255',
    ]) {
      assert.equal(permits({}, address), true, address);
    }
  });

  it('hold a protected address only when a strictly longer prefix names it', () => {
    const guarded = cidrs('10.96.0.0/12', '192.0.2.9/32');
    assert.equal(permits({ protected: guarded, allowed: cidrs('10.0.0.0/8') }, '10.96.0.10'), false);
    assert.equal(permits({ protected: guarded, allowed: cidrs('10.96.0.0/12') }, '10.96.0.10'), false);
    assert.equal(permits({ protected: guarded, allowed: cidrs('10.96.0.10/32') }, '10.96.0.10'), true);
    assert.equal(permits({ protected: guarded, allowed: cidrs('192.0.2.9/32') }, '192.0.2.9'), false);
    assert.equal(permits({ allowed: cidrs('169.254.169.254/32') }, '169.254.169.254'), true);
  });

  it('never hold a denied address, whatever is allowed', () => {
    const denied = cidrs('10.77.0.0/24');
    assert.equal(permits({ denied, allowed: cidrs('10.77.0.5/32') }, '10.77.0.5'), false);
    assert.equal(permits({ denied }, '10.77.1.0'), true);
  });

  it('merge into as few ranges as can be', () => {
    const rules = {
      allowed: cidrs('10.0.0.0/25', '10.0.0.128/25', '10.0.1.0/24'),
      protected: [],
      denied: [],
    };
    assert.deepEqual([...compileDestinations(rules)], [0x0a000000, 0x0a0001ff]);
  });

  it('reach the last address there is', () => {
    assert.equal(permits({ allowed: cidrs('255.255.255.255/32') }, '255.255.255.255'), true);
    assert.equal(permits({ allowed: cidrs('255.255.255.254/32') }, '255.255.255.255'), false);
  });
});

// Prefixes crowd together in one /22, at the built-in edges, or lie anywhere.
const crowded = fc.tuple(fc.integer({ min: 0x0a000000, max: 0x0a0003ff }), fc.integer({ min: 22, max: 32 }));
const edges = fc.constantFrom(
  0x00ffffff,
  0x01000000,
  0x7effffff,
  0x7f000000,
  0xa9fe0000,
  0xdfffffff,
  0xe0000000,
  0xffffffff,
);
const edgy = fc.tuple(edges, fc.integer({ min: 0, max: 32 }));
const anywhere = fc.tuple(fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 0, max: 32 }));
const anyCidr = fc
  .oneof(crowded, edgy, anywhere)
  .map(([address, prefixLength]): Cidr => ({ address, prefixLength }));
const anyRules = fc.record({
  allowed: fc.array(anyCidr, { maxLength: 8 }),
  protected: fc.array(anyCidr, { maxLength: 5 }),
  denied: fc.array(anyCidr, { maxLength: 2 }),
});

/** The rule as a person would apply it to one address: compare texts of bits, longest first. */
function naive(rules: DestinationRules, address: number): boolean {
  const bits = (value: number) => value.toString(2).padStart(32, '0');
  const holds = (cidr: Cidr) =>
    bits(cidr.address).slice(0, cidr.prefixLength) === bits(address).slice(0, cidr.prefixLength);
  if (rules.denied.some(holds)) return false;
  for (let length = 32; length >= 0; length--) {
    const match = (cidr: Cidr) => cidr.prefixLength === length && holds(cidr);
    if ([...rules.protected, ...builtInProtected].some(match)) return false;
    if (rules.allowed.some(match)) return true;
  }
  return false;
}

function telling(rules: DestinationRules): number[] {
  const ends = [...rules.allowed, ...rules.protected, ...rules.denied, ...builtInProtected].flatMap(
    (cidr) => [firstAddress(cidr) - 1, firstAddress(cidr), lastAddress(cidr), lastAddress(cidr) + 1],
  );
  return [0, 0xffffffff, 0x0a000123, ...ends].filter((address) => address >= 0 && address <= 0xffffffff);
}

describe('Compiled destinations', () => {
  it('agree with a naive decision at every edge', () => {
    fc.assert(
      fc.property(anyRules, (rules) => {
        const destinations = compileDestinations(rules);
        for (const address of telling(rules)) {
          assert.equal(isPermitted(destinations, address), naive(rules, address), `address ${address}`);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('are sorted, disjoint and not adjacent', () => {
    fc.assert(
      fc.property(anyRules, (rules) => {
        const destinations = compileDestinations(rules);
        for (let i = 1; i < destinations.length; i++) {
          const gap = destinations[i]! - destinations[i - 1]!;
          assert.ok(i % 2 === 1 ? gap >= 0 : gap > 1);
        }
      }),
    );
  });

  it('intersect to what both permit', () => {
    fc.assert(
      fc.property(anyRules, anyRules, (one, other) => {
        const [a, b] = [compileDestinations(one), compileDestinations(other)];
        const both = intersect(a, b);
        for (const address of [...telling(one), ...telling(other)]) {
          assert.equal(isPermitted(both, address), isPermitted(a, address) && isPermitted(b, address));
        }
      }),
      { numRuns: 200 },
    );
  });
});
