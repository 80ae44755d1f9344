import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assignedAddress, createPair, officeAddress, ping } from './support.ts';

describe('an encrypted tunnel', () => {
  for (const keyLength of [40, 56, 128] as const) {
    for (const stateless of [true, false]) {
      it(`carries packets both ways with ${keyLength} bit, ${stateless ? 'stateless' : 'stateful'} (MPPE-1, MPPE-2, MPPE-3)`, () => {
        const { server, client } = createPair({ keyLength, stateless });
        for (let number = 0; number < 5_000; number++) {
          const request = ping(assignedAddress, officeAddress, number);
          client.fromTun([request], number);
          server.fromWire(client.takeSent(), number);
          assert.deepEqual(server.delivered.pop(), request);
          const reply = ping(officeAddress, assignedAddress, number, 64, 0);
          server.fromTun([reply], number);
          client.fromWire(server.takeSent(), number);
          assert.deepEqual(client.delivered.pop(), reply);
        }
        assert.equal(server.counters().receivedPackets, 5_000);
        assert.equal(server.counters().sentPackets, 5_000);
        assert.equal(server.counters().greLost, 0);
      });
    }
  }
});
