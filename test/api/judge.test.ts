import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { formatPath } from '../../src/api/fault.ts';
import { judge } from '../../src/api/judge.ts';
import { type SchemaNode, schemaNode } from '../../src/api/schema-node.ts';
import { vpnServerSpec } from '../../src/api/vpn-server.ts';
import { vpnUserSpec } from '../../src/api/vpn-user.ts';

const pools = [{ cidr: '10.77.0.0/24' }];

function told(schema: TSchema, value: unknown): string[] {
  return judge(schemaNode(schema), value).map(
    ({ path, what, value: shown }) => `${formatPath(path)} ${what} ${shown ?? '-'}`,
  );
}

describe('the judgement of a value', () => {
  it('finds nothing wrong with what has defaults or may be absent', () => {
    assert.deepEqual(told(vpnServerSpec, { addressPools: pools }), []);
    assert.deepEqual(
      told(vpnServerSpec, { addressPools: pools, mtu: null, dns: null, gatewayAddress: null }),
      [],
    );
  });

  it('tells all faults at once; one hides no other', () => {
    const spec = {
      addressPools: [...pools, ...pools],
      gatewayAddress: '10.0.0.1',
      dns: 'x',
      mtu: { mode: 'auto' },
      x: 1,
    };
    assert.deepEqual(told(vpnServerSpec, spec), [
      'addressPools[1].cidr overlaps another pool of this server "10.77.0.0/24"',
      'dns is a text where a list is expected "x"',
      'mtu.mode is none of the choices "auto"',
      'x is an unknown field -',
      'gatewayAddress is in none of the address pools "10.0.0.1"',
    ]);
  });

  it('asks no rule about a list that holds something else', () => {
    assert.deepEqual(told(vpnServerSpec, { addressPools: ['x', ...pools], gatewayAddress: '10.0.0.1' }), [
      'addressPools[0] is a text where fields are expected "x"',
    ]);
  });

  it('shows no value from where a password may have been written', () => {
    const spec = { serverRef: { name: 'a' }, password: 'hunter2', passwordSecretRef: 'hunter2' };
    assert.doesNotMatch(told(vpnUserSpec, spec).join(), /hunter2/);
    const nested = {
      serverRef: { name: 'a' },
      passwordSecretRef: { name: 'hunter2!', key: 'hunter2!', password: 'hunter2' },
    };
    const messages = told(vpnUserSpec, nested);
    assert.equal(messages.length, 3);
    assert.doesNotMatch(messages.join(), /hunter2/);
  });

  it('does not mistake what every object inherits for fields', () => {
    const spec = { addressPools: pools, constructor: 1, toString: 2 };
    assert.deepEqual(told(vpnServerSpec, spec), [
      'constructor is an unknown field -',
      'toString is an unknown field -',
    ]);
  });

  it('suggests the nearest name, and the right place for a name in the wrong one', () => {
    const fixes = judge(schemaNode(vpnServerSpec), {
      addressPools: pools,
      adressPools: 1,
      keyLengths: [40],
      foo: 1,
    }).map(({ fix }) => fix);
    assert.equal(fixes[0], 'did you mean addressPools?');
    assert.equal(fixes[1], 'it belongs at encryption.keyLengths; look at the indentation');
    assert.match(fixes[2] ?? '', /^remove it, or take one of placement, /);
  });

  it('takes lists without duplicates only', () => {
    assert.deepEqual(
      told(vpnServerSpec, { addressPools: pools, encryption: { keyLengths: [128, 40, 128] } }),
      ['encryption.keyLengths[2] is in the list twice "128"'],
    );
  });

  it('takes times as Kubernetes does, and only those that exist', () => {
    const expiring = (expiresAt: string) => told(vpnUserSpec, { serverRef: { name: 'a' }, expiresAt }).length;
    for (const good of ['2027-01-01T00:00:00Z', '2028-02-29T23:59:59.5+09:00'])
      assert.equal(expiring(good), 0, good);
    for (const bad of [
      '2027-01-01',
      'tomorrow',
      '2027-02-29T00:00:00Z',
      '2027-13-01T00:00:00Z',
      '2027-01-01T25:00:00Z',
      '',
    ]) {
      assert.equal(expiring(bad), 1, bad);
    }
  });

  it('agrees with the schema library on types, choices and bounds', () => {
    const bare = withoutRules(schemaNode(vpnServerSpec)) as TSchema;
    const scalar = fc.oneof(
      fc.integer(),
      fc.string({ maxLength: 4 }),
      fc.boolean(),
      fc.constant([]),
      fc.constant({}),
    );
    const section = (fields: Record<string, fc.Arbitrary<unknown>>) =>
      fc.record(fields, { requiredKeys: [] });
    const value = section({
      addressPools: fc.array(section({ cidr: scalar, exclude: scalar }), { maxLength: 18 }),
      mtu: section({
        mode: fc.oneof(scalar, fc.constant('Fixed')),
        value: fc.oneof(scalar, fc.integer({ min: 570, max: 1510 })),
      }),
      sessions: section({ max: scalar, idleTimeout: scalar }),
      routing: section({ masquerade: scalar }),
      dns: fc.array(scalar, { maxLength: 3 }),
      encryption: section({
        policy: fc.oneof(scalar, fc.constant('Optional')),
        keyLengths: fc.uniqueArray(fc.constantFrom(40, 56, 128, 64)),
      }),
    });
    fc.assert(
      fc.property(value, (spec) => {
        const completed = Value.Default(bare, structuredClone(spec));
        assert.equal(judge(bare as SchemaNode, spec).length === 0, Value.Check(bare, completed));
      }),
      { numRuns: 500 },
    );
  });
});

function withoutRules(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutRules);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => key !== 'x-rules');
  return Object.fromEntries(kept.map(([key, child]) => [key, withoutRules(child)]));
}
