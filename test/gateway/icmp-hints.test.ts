import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pathMtuHints } from '../../src/gateway/icmp-hints.ts';

/** An outer packet of ours: IPv4 198.51.100.2 to 203.0.113.2, GRE version 1, call id 0x1234. */
function quotedPacket(): Uint8Array {
  return Uint8Array.from([
    ...[0x45, 0, 0x05, 0xdc, 0, 1, 0x40, 0, 64, 47, 0, 0, 198, 51, 100, 2, 203, 0, 113, 2],
    ...[0x30, 0x01, 0x88, 0x0b, 0x05, 0xb0, 0x12, 0x34, 0, 0, 0, 1],
  ]);
}

describe('pathMtuHints', () => {
  it('reads call, addresses, size and MTU out of fragmentation-needed', () => {
    const [hint, ...others] = pathMtuHints([{ type: 3, code: 4, mtu: 1400, quoted: quotedPacket() }]);
    assert.deepEqual(others, []);
    assert.equal(hint?.nextHopMtu, 1400);
    assert.equal(hint?.packetLength, 1500);
    assert.equal(hint?.peersCallId, 0x1234);
    assert.equal(hint?.source, 0xc6336402);
    assert.equal(hint?.destination, 0xcb007102);
  });

  it('makes nothing of other errors, and nothing of quotes that are short or not GRE', () => {
    const quoted = quotedPacket();
    const udp = quotedPacket();
    udp[9] = 17;
    const useless = [
      { type: 3, code: 1, mtu: 0, quoted },
      { type: 11, code: 0, mtu: 0, quoted },
      { type: 3, code: 4, mtu: 1400, quoted: udp },
      ...Array.from({ length: 28 }, (_, size) => ({
        type: 3,
        code: 4,
        mtu: 1400,
        quoted: quoted.slice(0, size),
      })),
    ];
    assert.deepEqual(pathMtuHints(useless), []);
  });
});
