import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SessionPathMtu } from '../../src/gateway/path-mtu.ts';
import { PathMtuTable } from '../../src/gateway/path-mtu-table.ts';

const hint = { source: 1, destination: 7, peersCallId: 2, packetLength: 1500, nextHopMtu: 1400 };

function member(peerAddress: number, peersCallId: number, asked: number[] = []): SessionPathMtu {
  const isAbout = (one: typeof hint) => {
    asked.push(peerAddress);
    return one.destination === peerAddress && one.peersCallId === peersCallId;
  };
  return { peerAddress, isAbout } as unknown as SessionPathMtu;
}

describe('The table of path MTUs', () => {
  it('finds whom an ICMP error is about, among the clients behind that address', () => {
    const table = new PathMtuTable();
    const [first, second] = [member(7, 1), member(7, 2)];
    table.add(0, first);
    table.add(1, second);
    assert.deepEqual(table.about(hint), [second]);
    assert.deepEqual(table.about({ ...hint, peersCallId: 3 }), []);
    table.delete(1);
    assert.deepEqual([table.about(hint), table.get(1), table.get(0)], [[], undefined, first]);
    table.delete(0);
    assert.deepEqual([...table.entries()], []);
  });

  it('asks nobody else: a flood of forged errors costs the same with a thousand sessions as with one', () => {
    const table = new PathMtuTable();
    const asked: number[] = [];
    for (let peer = 0; peer < 1000; peer++) table.add(peer, member(peer, 2, asked));
    assert.equal(table.about(hint).length, 1);
    assert.deepEqual(asked, [7]);
  });
});
