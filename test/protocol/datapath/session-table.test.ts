import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SessionTable } from '../../../src/protocol/datapath/session-table.ts';
import { createRandom, serverCall, serverNetwork } from './support.ts';

describe('SessionTable', () => {
  it('finds every session by call id and by address, like a map, through thousands of comings and goings', () => {
    const table = new SessionTable(256);
    const random = createRandom(4);
    const byAddress = new Map<number, number>();
    const byCall = new Map<number, number>();
    for (let round = 0; round < 5000; round++) {
      const callId = 1 + Math.floor(random() * 400);
      const known = byCall.get(callId);
      if (known !== undefined) {
        table.remove(known);
        byCall.delete(callId);
        for (const [address, session] of byAddress) if (session === known) byAddress.delete(address);
      } else if (byCall.size < 256) {
        const session = table.add({ ...serverCall, callId });
        assert.ok(session !== undefined);
        byCall.set(callId, session);
        const address = 0x0a000000 + callId;
        table.openGate(session, { ...serverNetwork, address });
        byAddress.set(address, session);
      }
      const asked = 1 + Math.floor(random() * 400);
      assert.equal(table.findCall(asked), byCall.get(asked) ?? -1);
      assert.equal(table.findAddress(0x0a000000 + asked), byAddress.get(0x0a000000 + asked) ?? -1);
    }
  });

  it('gives an address to the session that got it last, and to nobody after that one', () => {
    const table = new SessionTable(4);
    const first = table.add(serverCall)!;
    const second = table.add({ ...serverCall, callId: 2 })!;
    table.openGate(first, serverNetwork);
    table.openGate(second, serverNetwork);
    assert.equal(table.findAddress(serverNetwork.address), second);
    assert.equal(table.gate[first], 0);
    table.remove(second);
    assert.equal(table.findAddress(serverNetwork.address), -1);
  });
});
