// A session's snapshot for tests: alice on office, with every count different.
import type { SessionSnapshot } from '../../src/gateway/session-view.ts';
import { parseAddress } from '../../src/protocol/ip/address.ts';

export function snapshot(changes: Partial<SessionSnapshot> = {}): SessionSnapshot {
  return {
    namespace: 'vpn',
    server: 'office',
    user: 'alice',
    node: 'node1',
    address: parseAddress('10.77.0.2') ?? 0,
    peerAddress: parseAddress('192.0.2.7') ?? 0,
    state: 'Established',
    encryption: 'MPPE-128-stateless',
    startedAt: Date.UTC(2026, 0, 1, 0, 0, 0, 250),
    tunnelMtu: 1410,
    pathMtu: 1454,
    roundTrip: 12,
    totals: {
      receivedBytes: 1001,
      sentBytes: 2002,
      receivedPackets: 31,
      sentPackets: 42,
      greLost: 5,
      greReordered: 6,
      greDuplicate: 7,
      pmtuDrops: { toClient: { inner: 2, outer: 1 }, fromClient: { inner: 0, outer: 4 } },
      clampedSyns: 9,
      fragmentsSent: 10,
      fragmentationNeededSent: 11,
      discarded: { mppe_late: 8, spoofed_source: 0 },
    },
    probes: { sent: 20, echoed: 12, acknowledged: 3, lost: 4 },
    ...changes,
  };
}
