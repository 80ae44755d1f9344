import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Session } from '../../src/gateway/session.ts';
import { SessionNetwork, type SessionNetworkServices } from '../../src/gateway/session-network.ts';
import { noProbes } from '../../src/gateway/session-view.ts';
import type { PathMtuParameters } from '../../src/protocol/datapath/data-path.ts';

const ethernet = { addClient: () => {}, pathTowards: () => ({ interfaceMtu: 1500, routeMtu: 1500 }) };

/** Services of sessions whose paths may be measured; `told` is what the data path was given. */
function measuring(told: PathMtuParameters[]) {
  return {
    dataPath: {
      startNetwork: () => {},
      setDestinations: () => {},
      setPathMtu: (_: number, mtu: PathMtuParameters) => told.push(mtu),
      greReport: () => ({}),
    },
    limits: { begin: () => {} },
    memory: { recall: () => undefined },
    wallClock: () => 0,
  };
}

describe('SessionNetwork', () => {
  it('bears EMSGSIZE for a session whose path nobody measures (SE-1)', () => {
    assert.doesNotThrow(() => new SessionNetwork({} as SessionNetworkServices).refused(9, 1400, 0));
  });

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

  it('lets no client put off the end of its session by beginning LCP anew', () => {
    const begun: object[] = [];
    const network = new SessionNetwork({
      dataPath: { startNetwork: () => {} },
      limits: { begin: (_: number, times: object) => begun.push(times) },
      settings: () => ({ fixedTunnelMtu: 1300, gatewayAddress: 1, destinations: new Uint32Array(0) }),
      host: ethernet,
    } as unknown as SessionNetworkServices);
    const session = { index: 0, address: 7, user: { allowedDestinations: [] }, openedAt: 500 };
    network.opened(session as unknown as Session, 1500, 90_000);
    assert.deepEqual(begun, [{ openedAt: 500, now: 90_000 }]);
  });

  it('holds a fixed MTU that came by reload to what the peer takes, and measures no more', () => {
    const told: PathMtuParameters[] = [];
    let fixedTunnelMtu: number | undefined;
    const watched = new Set<unknown>();
    const network = new SessionNetwork({
      ...measuring(told),
      timer: {
        add: (member: unknown) => watched.add(member),
        delete: (member: unknown) => watched.delete(member),
        touch: () => {},
      },
      settings: () => ({ fixedTunnelMtu, gatewayAddress: 1, destinations: new Uint32Array(0) }),
      host: ethernet,
    } as unknown as SessionNetworkServices);
    const session = {
      ...{ index: 0, address: 7, user: { allowedDestinations: [] }, state: 'Established' },
      ...{ earlierProbes: noProbes, probe: () => 1 },
    } as unknown as Session;
    network.opened(session, 1000, 0);
    assert.equal(watched.size, 1);

    // What it has by chance already: from now on it is an order.
    fixedTunnelMtu = session.tunnelMtu;
    network.reload([session], 0);
    assert.equal(watched.size, 0);
    assert.equal(told.at(-1)?.confirmed, false);

    fixedTunnelMtu = 1400;
    network.reload([session], 0);
    assert.deepEqual([session.tunnelMtu, session.pathMtu], [1000, 1040]);
    assert.deepEqual([told.at(-1)?.tunnelMtu, told.at(-1)?.pathMtu], [1000, 1040]);
    const before = told.length;
    network.reload([session], 0);
    assert.equal(told.length, before);
  });

  it('holds a fixed MTU to what our own interface takes: more would be refused, packet for packet', () => {
    const network = new SessionNetwork({
      dataPath: { startNetwork: () => {} },
      limits: { begin: () => {} },
      settings: () => ({ fixedTunnelMtu: 1490, gatewayAddress: 1, destinations: new Uint32Array(0) }),
      host: { addClient: () => {}, pathTowards: () => ({ interfaceMtu: 1500, routeMtu: 1400 }) },
    } as unknown as SessionNetworkServices);
    const user = { allowedDestinations: [] };
    const session = { index: 0, address: 7, user, encryption: {} } as unknown as Session;
    network.opened(session, 1500, 0);
    assert.deepEqual([session.tunnelMtu, session.pathMtu], [1456, 1500]);
  });

  it('gives a probe the time of the shortest round trip, not what the client took to get ready', () => {
    const watched: { deadline: number }[] = [];
    const network = new SessionNetwork({
      dataPath: {
        startNetwork: () => {},
        setPathMtu: () => {},
        greReport: () => ({ roundTrip: 1500, leastRoundTrip: 200 }),
      },
      limits: { begin: () => {} },
      memory: { recall: () => undefined },
      timer: { add: (member: never) => watched.push(member), touch: () => {} },
      wallClock: () => 0,
      settings: () => ({ gatewayAddress: 1, destinations: new Uint32Array(0) }),
      host: ethernet,
    } as unknown as SessionNetworkServices);
    const user = { allowedDestinations: [] };
    const session = { index: 0, address: 7, user, earlierProbes: noProbes, probe: () => 1 };
    network.opened(session as unknown as Session, 1500, 0);
    assert.deepEqual(
      watched.map(({ deadline }) => deadline),
      [1.25 * 200 + 60],
    );
  });

  it('measures the path of a running session when a reload takes the fixed MTU away, as if it began', () => {
    const told: PathMtuParameters[] = [];
    const probes: number[] = [];
    let fixedTunnelMtu: number | undefined = 1200;
    const watched = new Set<unknown>();
    const network = new SessionNetwork({
      ...measuring(told),
      timer: { add: (member: unknown) => watched.add(member), touch: () => {} },
      settings: () => ({ fixedTunnelMtu, gatewayAddress: 1, destinations: new Uint32Array(0) }),
      host: ethernet,
    } as unknown as SessionNetworkServices);
    const session = {
      ...{ index: 0, address: 7, user: { allowedDestinations: [] }, state: 'Established' },
      ...{ earlierProbes: noProbes, probe: (size: number) => probes.push(size) },
    } as unknown as Session;
    network.opened(session, 1500, 0);
    network.reload([session], 1000);
    assert.deepEqual([watched.size, probes.length], [0, 0]);

    fixedTunnelMtu = undefined;
    network.reload([session], 2000);
    assert.equal(watched.size, 1);
    assert.equal(network.pathMtuOf(0)?.state, 'Searching');
    assert.deepEqual([session.tunnelMtu, session.pathMtu], [1360, 1400]);
    assert.deepEqual([told.at(-1)?.pathMtu, told.at(-1)?.confirmed], [1400, false]);
    assert.ok(probes.length > 0);

    // The search goes on through the next reload.
    const before = [network.pathMtuOf(0), probes.length];
    network.reload([session], 3000);
    assert.deepEqual([network.pathMtuOf(0), probes.length], before);
  });
});
