import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { viewSession } from '../../src/gateway/session-view.ts';
import { snapshot } from './snapshot.ts';

describe('a session in /v1/sessions', () => {
  it('has exactly these fields', () => {
    assert.deepEqual(viewSession(snapshot()), {
      namespace: 'vpn',
      server: 'office',
      user: 'alice',
      node: 'node1',
      address: '10.77.0.2',
      peerAddress: '192.0.2.7',
      state: 'Established',
      encryption: 'MPPE-128-stateless',
      startedAt: '2026-01-01T00:00:00Z',
      tunnelMTU: 1410,
      pathMTU: 1454,
      receivedBytes: 1001,
      sentBytes: 2002,
      receivedPackets: 31,
      sentPackets: 42,
      pmtuDrops: 7,
      roundTripSeconds: 0.012,
    });
  });

  it('has null as the round trip until it was measured', () => {
    const { roundTripSeconds } = viewSession(snapshot({ roundTrip: undefined }));
    assert.equal(roundTripSeconds, null);
  });

  it('writes addresses above 127 unsigned', () => {
    assert.equal(viewSession(snapshot({ address: 0xffff_fffe })).address, '255.255.255.254');
  });
});
