import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { type FirewallOptions, renderFirewall, tableName } from '../../../src/gateway/host/firewall.ts';
import { parseAddress, parseCidr } from '../../../src/protocol/ip/address.ts';
import { compileDestinations } from '../../../src/protocol/ip/destinations.ts';

const address = (text: string) => parseAddress(text)!;
const cidr = (text: string) => parseCidr(text)!;

const options: FirewallOptions = {
  table: 'vpn-operator-vpn.office',
  tun: 'vpn-office',
  gatewayAddress: address('10.77.0.1'),
  gatewayServesDns: true,
  pools: [cidr('10.77.0.0/24'), cidr('10.78.0.0/24')],
  destinations: compileDestinations({
    allowed: [cidr('0.0.0.0/0'), cidr('192.168.1.10/32')],
    protected: [cidr('192.168.1.10/31')],
    denied: [cidr('10.77.0.0/24')],
  }),
  openLocalAddresses: [address('192.168.1.10')],
  masquerade: true,
  clientToClient: false,
  formerlyNotForwarding: ['eth0'],
  uplinks: ['eth0', 'eth1'],
};

describe('the firewall of a gateway', () => {
  it('is one table that replaces what an earlier run left', () => {
    const golden = new URL('firewall.golden.nft', import.meta.url);
    const text = renderFirewall(options);
    if (process.env['UPDATE_GOLDEN'] !== undefined) writeFileSync(golden, text);
    assert.equal(text, readFileSync(golden, 'utf8'));
  });

  it('leaves out what is not asked for, and empty sets stay valid', () => {
    const text = renderFirewall({
      ...options,
      gatewayServesDns: false,
      masquerade: false,
      clientToClient: true,
      destinations: new Uint32Array(),
      openLocalAddresses: [],
      formerlyNotForwarding: [],
      uplinks: [],
    });
    assert.doesNotMatch(text, /dport 53|masquerade|oifname "vpn-office" drop|elements = \{ {2}\}/);
  });

  it('has a name for each server that nft accepts', () => {
    assert.equal(tableName({ namespace: 'vpn', name: 'office' }), 'vpn-operator-vpn.office');
    assert.notEqual(tableName({ namespace: 'a-b', name: 'c' }), tableName({ namespace: 'a', name: 'b-c' }));
    assert.equal(
      tableName({ namespace: 'n', name: 'x"; flush ruleset' }),
      'vpn-operator-n.x___flush_ruleset',
    );
  });
});
