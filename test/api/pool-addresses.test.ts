import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Value } from 'typebox/value';
import { addressFault, clientAddressCount, gatewayAddressOf } from '../../src/api/pool-addresses.ts';
import { type VpnServerSpec, vpnServerSpec } from '../../src/api/vpn-server.ts';
import { formatAddress } from '../../src/protocol/ip/address.ts';

type Pools = VpnServerSpec['addressPools'];
const spec = (addressPools: Pools, gatewayAddress?: string) =>
  Value.Default(vpnServerSpec, {
    addressPools: structuredClone(addressPools),
    ...(gatewayAddress ? { gatewayAddress } : {}),
  }) as VpnServerSpec;

describe('the addresses of the pools', () => {
  it('begin with that of the server', () => {
    assert.equal(gatewayAddressOf(spec([{ cidr: '10.77.0.0/24' }])), '10.77.0.1');
    assert.equal(gatewayAddressOf(spec([{ cidr: '10.77.0.8/31' }])), '10.77.0.8');
    assert.equal(gatewayAddressOf(spec([{ cidr: '10.77.0.8/32' }])), '10.77.0.8');
  });

  it('are counted as they are given: each address without a fault is one', () => {
    const cases: [Pools, string?][] = [
      [[{ cidr: '10.77.0.0/24' }]],
      [[{ cidr: '10.77.0.0/24', exclude: ['10.77.0.240/28'] }]],
      [[{ cidr: '10.77.0.0/24', exclude: ['10.77.0.0/28', '10.77.0.8/29', '10.77.0.128/25'] }]],
      [[{ cidr: '10.77.0.0/25' }, { cidr: '10.77.0.128/25', exclude: ['10.77.0.128/25'] }]],
      [[{ cidr: '10.77.0.0/31' }, { cidr: '10.77.0.4/32' }], '10.77.0.4'],
      [[{ cidr: '10.77.0.0/30', exclude: ['10.77.0.1/32'] }], '10.77.0.1'],
    ];
    for (const [pools, gateway] of cases) {
      const server = spec(pools, gateway);
      const addresses = Array.from({ length: 256 }, (_, index) => formatAddress(0x0a4d0000 + index));
      const given = addresses.filter((address) => addressFault(server, address) === undefined);
      assert.equal(clientAddressCount(server), given.length, JSON.stringify(pools));
    }
    assert.equal(clientAddressCount(spec([{ cidr: '10.77.0.0/24', exclude: ['10.77.0.240/28'] }])), 238);
  });
});
