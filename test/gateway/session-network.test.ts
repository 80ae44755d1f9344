import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Session } from '../../src/gateway/session.ts';
import { SessionNetwork, type SessionNetworkServices } from '../../src/gateway/session-network.ts';

describe('SessionNetwork', () => {
  it('counts what netlink refuses for a client, ends nothing, and releases the address (SE-1)', () => {
    const counted: string[] = [];
    const released: number[] = [];
    const refuse = () => {
      throw Object.assign(new Error('no'), { code: 'ENOBUFS' });
    };
    const network = new SessionNetwork({
      dataPath: { startNetwork: () => {} },
      addresses: { release: (address: number) => released.push(address) },
      limits: { begin: () => {}, end: () => {} },
      settings: () => ({ fixedTunnelMtu: 1300, gatewayAddress: 1, destinations: new Uint32Array(0) }),
      host: {
        addClient: refuse,
        removeClient: refuse,
        pathTowards: () => ({ interfaceMtu: 1500, routeMtu: 1500 }),
      },
      recorder: {
        countHostError: (operation: string, errno: string) => counted.push(`${operation} ${errno}`),
      },
    } as unknown as SessionNetworkServices);
    const user = { allowedDestinations: [] };
    const session = { index: 0, address: 7, user, wasOpened: true } as unknown as Session;
    network.opened(session, 1500, 0);
    network.released(session, 0);
    assert.deepEqual([counted, released], [['netlink ENOBUFS', 'netlink ENOBUFS'], [7]]);
  });
});
