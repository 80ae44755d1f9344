import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { read16, write16, writeHeaderChecksum } from '../../../src/protocol/ip/ipv4.ts';
import { clampMss, mssFor } from '../../../src/protocol/ip/tcp-mss.ts';
import { ipv4Packet, tcpChecksum, tcpPacket } from './packets.ts';

const syn = 0x02;
const synAck = 0x12;
const mss1460 = [2, 4, 0x05, 0xb4];

function clamp(packet: Uint8Array, mss = 1370): { lowered: boolean; packet: Uint8Array } {
  return { lowered: clampMss(packet, 0, packet.length, mss), packet };
}

function assertUntouched(packet: Uint8Array): void {
  const before = packet.slice();
  assert.equal(clamp(packet).lowered, false);
  assert.deepEqual(packet, before);
}

describe('The MSS clamp', () => {
  it('leaves 40 bytes for the headers (RFC 6691 §2)', () => assert.equal(mssFor(1410), 1370));

  for (const [name, flags] of [
    ['SYN', syn],
    ['SYN-ACK', synAck],
  ] as const) {
    it(`lowers the MSS of a ${name} and mends the checksum`, () => {
      const { lowered, packet } = clamp(tcpPacket(flags, mss1460));
      assert.equal(lowered, true);
      assert.equal(read16(packet, 42), 1370);
      assert.equal(read16(packet, 36), tcpChecksum(packet));
    });
  }

  it('finds the option in the middle of a list, at an odd place too', () => {
    for (const before of [[1], [1, 1], [4, 2], [3, 3, 7], [8, 10, 1, 2, 3, 4, 5, 6, 7, 8]]) {
      const { lowered, packet } = clamp(tcpPacket(syn, [...before, ...mss1460, 4, 2]));
      assert.equal(lowered, true, String(before));
      assert.equal(read16(packet, 40 + before.length + 2), 1370);
      assert.equal(read16(packet, 36), tcpChecksum(packet), String(before));
    }
  });

  it('lowers every one of several', () => {
    const { packet } = clamp(tcpPacket(syn, [...mss1460, 2, 4, 0x23, 0x28, 1, ...mss1460]));
    assert.deepEqual([read16(packet, 42), read16(packet, 46), read16(packet, 51)], [1370, 1370, 1370]);
    assert.equal(read16(packet, 36), tcpChecksum(packet));
  });

  it('never raises an MSS', () => {
    assertUntouched(tcpPacket(syn, [2, 4, 0x02, 0x18]));
    assertUntouched(tcpPacket(syn, [2, 4, 0x05, 0x5a]));
  });

  it('touches nothing but SYNs over TCP', () => {
    assertUntouched(tcpPacket(0x10, mss1460));
    const udp = tcpPacket(syn, mss1460);
    udp[9] = 17;
    assertUntouched(udp);
  });

  it('touches no later fragment, whose data only looks like a SYN, but does a first one', () => {
    assertUntouched(tcpPacket(syn, mss1460, { flagsAndOffset: 0x2003 }));
    assert.equal(clamp(tcpPacket(syn, mss1460, { flagsAndOffset: 0x2000 })).lowered, true);
  });

  it('walks behind IP options', () => {
    const { lowered, packet } = clamp(tcpPacket(syn, mss1460, { options: [1, 1, 1, 0] }));
    assert.equal(lowered, true);
    assert.equal(read16(packet, 40), tcpChecksum(packet));
  });

  it('stops at option length 0, 1, an overrun and an early end (B36)', () => {
    assertUntouched(tcpPacket(syn, [5, 0, ...mss1460]));
    assertUntouched(tcpPacket(syn, [5, 1, ...mss1460]));
    assertUntouched(tcpPacket(syn, [2, 0, 5, 0xb4]));
    assertUntouched(tcpPacket(syn, [5, 9, ...mss1460, 1, 1]));
    assertUntouched(tcpPacket(syn, [0, ...mss1460]));
    assertUntouched(tcpPacket(syn, [1, 1, 1, 2]));
    assertUntouched(tcpPacket(syn, [1, 2, 4, 0xff]));
  });

  it('steps over an MSS option of a wrong length', () => {
    const { packet } = clamp(tcpPacket(syn, [2, 3, 0xff, ...mss1460]));
    assert.equal(read16(packet, 45), 1370);
  });

  it('keeps out of packets cut inside the TCP header or with a wrong data offset', () => {
    const whole = tcpPacket(syn, mss1460);
    for (let length = 0; length < whole.length; length++) {
      const cut = whole.slice(0, length);
      assert.equal(clampMss(cut, 0, length, 1370), false, `${length} bytes`);
      assert.deepEqual(cut, whole.slice(0, length));
    }
    for (const dataOffset of [0, 0x10, 0x40, 0xf0]) {
      const packet = tcpPacket(syn, mss1460);
      packet[32] = dataOffset;
      assertUntouched(packet);
    }
  });

  it('never throws, never touches a byte outside, and keeps a right checksum right', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(6), { maxLength: 40 }), fc.nat(1460), (options, mss) => {
        const packet = tcpPacket(syn, options);
        const memory = new Uint8Array(packet.length + 20).fill(0xa5);
        memory.set(packet, 10);
        clampMss(memory, 10, packet.length, mss);
        const after = memory.slice(10, 10 + packet.length);
        assert.equal(read16(after, 36), tcpChecksum(after));
        assert.deepEqual([...memory.slice(0, 10), ...memory.slice(-10)], new Array(20).fill(0xa5));
      }),
    );
  });

  it('ignores padding behind the total length', () => {
    const packet = tcpPacket(syn, mss1460);
    write16(packet, 2, 42);
    writeHeaderChecksum(packet, 0);
    assertUntouched(packet);
    assertUntouched(ipv4Packet({ protocol: 6 }));
  });
});
