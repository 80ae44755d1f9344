import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GatewayConfig, GatewayUser } from '../../src/api/gateway-config.ts';
import { destinationsOf, settingsOf } from '../../src/gateway/settings.ts';
import { parseAddress } from '../../src/protocol/ip/address.ts';
import { isPermitted } from '../../src/protocol/ip/destinations.ts';

const config = {
  server: { namespace: 'vpn', name: 'office' },
  protectedDestinations: ['10.96.0.0/12'],
  users: [],
  spec: {
    listenAddresses: ['198.51.100.2'],
    addressPools: [{ cidr: '10.77.0.0/24', exclude: ['10.77.0.128/25'] }],
    gatewayAddress: '10.77.0.1',
    dns: ['10.77.0.1', '192.168.80.2'],
    wins: [],
    mtu: { mode: 'Auto' },
    encryption: { policy: 'Required', keyLengths: [128], stateless: 'Required' },
    routing: { allowedDestinations: ['0.0.0.0/0'], masquerade: true, clientToClient: false, proxyARP: false },
    sessions: { max: 7, keepaliveInterval: '30s', idleTimeout: '0s', maxDuration: '1h30m' },
  },
} as unknown as GatewayConfig;

const settings = settingsOf(config, [parseAddress('192.0.2.9')!]);
const permits = (address: string, destinations = settings.destinations) =>
  isPermitted(destinations, parseAddress(address)!);

describe('settingsOf', () => {
  it('turns durations into milliseconds and 0s into never', () => {
    assert.deepEqual(
      [
        settings.link.keepaliveInterval,
        settings.idleTimeout,
        settings.maximumDuration,
        settings.maximumSessions,
      ],
      [30_000, 0, 5_400_000, 7],
    );
  });

  it('knows that the gateway serves DNS only where clients are told so', () => {
    assert.equal(settings.gatewayServesDns, true);
    const other = { ...config, spec: { ...config.spec, dns: ['192.168.80.2'] } } as GatewayConfig;
    assert.equal(settingsOf(other, []).gatewayServesDns, false);
  });

  it("closes the cluster's ranges, the node's own addresses and other clients, and nothing else", () => {
    assert.deepEqual(
      ['10.96.0.1', '192.0.2.9', '10.77.0.9', '192.0.2.8', '192.168.80.2'].map((address) => permits(address)),
      [false, false, false, true, true],
    );
    const routing = { ...config.spec.routing, clientToClient: true };
    const open = settingsOf({ ...config, spec: { ...config.spec, routing } } as GatewayConfig, []);
    assert.equal(permits('10.77.0.9', open.destinations), true);
  });

  it("lets a user's own list narrow the server's, never widen it", () => {
    const user = { allowedDestinations: ['192.168.80.0/24', '10.96.0.0/24'] } as unknown as GatewayUser;
    const own = destinationsOf(settings, user);
    assert.deepEqual(
      ['192.168.80.2', '10.96.0.1', '192.168.81.2'].map((address) => permits(address, own)),
      [true, false, false],
    );
    const none = { allowedDestinations: [] } as unknown as GatewayUser;
    assert.equal(destinationsOf(settings, none), settings.destinations);
  });
});
