import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AddressPool, type AddressPoolSettings } from '../../src/gateway/address-pool.ts';
import { formatAddress, parseAddress, parseCidr } from '../../src/protocol/ip/address.ts';

interface Settings {
  pools: (string | [cidr: string, ...exclude: string[]])[];
  gateway?: string;
  fixed?: Record<string, string>;
}

function settings({ pools, gateway = '10.77.0.1', fixed = {} }: Settings): AddressPoolSettings {
  return {
    pools: pools.map((pool) => {
      const [cidr, ...exclude] = typeof pool === 'string' ? [pool] : pool;
      return { cidr: parseCidr(cidr)!, exclude: exclude.map((text) => parseCidr(text)!) };
    }),
    gatewayAddress: parseAddress(gateway)!,
    fixed: new Map(Object.entries(fixed).map(([user, address]) => [user, parseAddress(address)!])),
  };
}

const pool = (given: Settings): AddressPool => new AddressPool(settings(given));
const show = (address: number | undefined): string => (address === undefined ? '-' : formatAddress(address));
const lease = (from: AddressPool, user: string, now = 0): string => show(from.lease(user, now));
const all = (from: AddressPool, count: number): string[] =>
  Array.from({ length: count }, (_, index) => lease(from, `user${index}`));

describe('the address pool', () => {
  it('hands out neither the network, nor the broadcast, nor the gateway’s, nor excluded addresses', () => {
    const small = pool({ pools: [['10.77.0.0/29', '10.77.0.4/31']] });
    assert.deepEqual(all(small, 5), ['10.77.0.2', '10.77.0.3', '10.77.0.6', '-', '-']);
    assert.deepEqual(small.counts(), { total: 3, used: 3 });
  });

  it('takes its pools in turn, uses a /31 and a /32 whole, and forgives host bits', () => {
    const several = pool({ pools: ['10.0.0.5/30', '10.1.0.0/31', '10.2.0.9/32'] });
    const wanted = ['10.0.0.5', '10.0.0.6', '10.1.0.0', '10.1.0.1', '10.2.0.9', '-'];
    assert.deepEqual(all(several, 6), wanted);
  });

  it('has nothing when everything is excluded', () => {
    const empty = pool({ pools: [['10.77.0.0/24', '10.77.0.0/16']] });
    assert.equal(lease(empty, 'a'), '-');
    assert.deepEqual(empty.counts(), { total: 0, used: 0 });
  });

  it('keeps fixed addresses for their users', () => {
    const fixed = pool({ pools: ['10.77.0.0/29'], fixed: { alice: '10.77.0.3', bob: '10.99.0.1' } });
    assert.deepEqual(fixed.counts(), { total: 6, used: 0 });
    assert.deepEqual(all(fixed, 5), ['10.77.0.2', '10.77.0.4', '10.77.0.5', '10.77.0.6', '-']);
    assert.equal(lease(fixed, 'alice'), '10.77.0.3');
    assert.equal(lease(fixed, 'bob'), '10.99.0.1');
    assert.equal(lease(fixed, 'alice'), '-', 'a second session needs an address of its own');
  });

  it('gives a user the address of last time, if it is free, without a rest', () => {
    const sticky = pool({ pools: ['10.77.0.0/24'] });
    assert.deepEqual([lease(sticky, 'a'), lease(sticky, 'b')], ['10.77.0.2', '10.77.0.3']);
    sticky.release(parseAddress('10.77.0.2')!, 1000);
    assert.equal(lease(sticky, 'a', 1000), '10.77.0.2');
    sticky.release(parseAddress('10.77.0.2')!, 2000);
    assert.equal(lease(sticky, 'a', 7 * 24 * 3_600_000), '10.77.0.2');
    assert.equal(
      lease(sticky, 'a', 7 * 24 * 3_600_000),
      '10.77.0.4',
      'taken by the user’s own first session',
    );
  });

  it('lets an address rest for 60 s before another user gets it', () => {
    const tiny = pool({ pools: ['10.77.0.2/32'] });
    assert.equal(lease(tiny, 'a', 0), '10.77.0.2');
    tiny.release(parseAddress('10.77.0.2')!, 1000);
    assert.equal(lease(tiny, 'b', 60_999), '-');
    assert.equal(lease(tiny, 'b', 61_000), '10.77.0.2');
    tiny.release(parseAddress('10.77.0.2')!, 61_000);
    assert.equal(lease(tiny, 'a', 61_001), '-');
  });

  it('does not mind a release of what is not leased', () => {
    const tiny = pool({ pools: ['10.77.0.2/32'] });
    tiny.release(parseAddress('10.77.0.2')!, 0);
    assert.equal(lease(tiny, 'a'), '10.77.0.2');
  });

  it('keeps leases over a reload and names those the new settings would not grant', () => {
    const old = pool({ pools: ['10.77.0.0/29'] });
    assert.deepEqual(all(old, 3), ['10.77.0.2', '10.77.0.3', '10.77.0.4']);
    const lost = old.reload(
      settings({
        pools: ['10.77.0.0/30', '10.88.0.0/30'],
        gateway: '10.77.0.2',
        fixed: { user9: '10.77.0.3' },
      }),
    );
    assert.deepEqual(
      lost.map(({ address, user }) => `${formatAddress(address)} ${user}`),
      ['10.77.0.2 user0', '10.77.0.3 user1', '10.77.0.4 user2'],
    );
    assert.equal(old.counts().used, 3);
    assert.equal(lease(old, 'new'), '10.77.0.1');
    for (const { address } of lost) old.release(address, 0);
    assert.deepEqual([lease(old, 'user0', 0), lease(old, 'user1', 0)], ['10.88.0.1', '10.88.0.2']);
    assert.equal(lease(old, 'user9', 0), '-', 'its fixed address rests');
    assert.equal(lease(old, 'user9', 60_000), '10.77.0.3');
    assert.deepEqual(old.reload(settings({ pools: ['10.77.0.0/24', '10.88.0.0/30'] })), [
      { address: parseAddress('10.77.0.1'), user: 'new' },
    ]);
  });

  it('serves a /8 with no more memory or time than a /24', () => {
    const large = pool({ pools: [['10.0.0.0/8', '10.0.0.0/16']], gateway: '10.1.0.1' });
    assert.equal(large.counts().total, 2 ** 24 - 2 ** 16 - 2);
    const begun = process.memoryUsage().arrayBuffers;
    const given = new Set(all(large, 2_000));
    assert.equal(given.size, 2_000);
    assert.ok(given.has('10.1.0.0') && given.has('10.1.0.2') && !given.has('10.1.0.1'));
    assert.ok(process.memoryUsage().arrayBuffers - begun < 1_000_000);
  });

  it('never leases an address twice, outside the pools, or within its rest, whatever happens', () => {
    const step = fc.record({
      user: fc.nat({ max: 5 }),
      action: fc.constantFrom('lease', 'release'),
      wait: fc.nat(40_000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const tested = pool({ pools: [['10.77.0.0/29', '10.77.0.6/32']], fixed: { u0: '10.77.0.5' } });
        const usable = new Set(['10.77.0.2', '10.77.0.3', '10.77.0.4', '10.77.0.5']);
        const held = new Map<string, string>();
        const released = new Map<string, { user: string; at: number }>();
        let now = 0;
        for (const { user: number, action, wait } of steps) {
          now += wait;
          const user = `u${number}`;
          if (action === 'release') {
            const address = [...held].find(([, holder]) => holder === user)?.[0];
            if (address === undefined) continue;
            tested.release(parseAddress(address)!, now);
            held.delete(address);
            released.set(address, { user, at: now });
            continue;
          }
          const isResting = (address: string): boolean => {
            const last = released.get(address);
            return last !== undefined && last.user !== user && now - last.at < 60_000;
          };
          const free = [...usable].filter((address) => !held.has(address) && !isResting(address));
          const mine = free.filter((address) => address !== '10.77.0.5' || user === 'u0');
          const address = lease(tested, user, now);
          if (address === '-') assert.deepEqual(mine, []);
          else assert.ok(mine.includes(address), `${address} for ${user}`);
          if (address !== '-') held.set(address, user);
        }
        assert.equal(tested.counts().used, held.size);
      }),
      { numRuns: 500 },
    );
  });
});
