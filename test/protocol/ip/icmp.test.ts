import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  largestFragmentationNeeded,
  mayReportAbout,
  readFragmentationNeeded,
  readQuotedGre,
  writeFragmentationNeeded,
} from '../../../src/protocol/ip/icmp.ts';
import {
  checksum,
  destinationOf,
  headerFault,
  isDontFragment,
  read16,
  sourceOf,
} from '../../../src/protocol/ip/ipv4.ts';
import { countedBytes, ipv4Packet, type PacketFields } from './packets.ts';

const gateway = 0x0a4d0001;
const webServer = 0xc0000207;

function report(packet: Uint8Array, mtu = 1410): Uint8Array {
  const target = new Uint8Array(5 + largestFragmentationNeeded);
  const length = writeFragmentationNeeded(target, 5, packet, 0, gateway, mtu);
  assert.deepEqual(target.slice(0, 5), new Uint8Array(5));
  return target.slice(5, 5 + length);
}

const download: PacketFields = {
  source: webServer,
  destination: 0x0a4d000a,
  flagsAndOffset: 0x4000,
  protocol: 6,
};

describe('Fragmentation needed', () => {
  it('is a right packet from the given source to the sender, with the MTU (RFC 1191 §4)', () => {
    const error = report(ipv4Packet({ ...download, data: countedBytes(1480) }));
    assert.equal(headerFault(error, 0, error.length), undefined);
    assert.equal(sourceOf(error, 0), gateway);
    assert.equal(destinationOf(error, 0), webServer);
    assert.equal(checksum(error, 20, error.length - 20), 0);
    assert.deepEqual([...error.slice(20, 22)], [3, 4]);
    assert.equal(read16(error, 24), 0);
    assert.equal(read16(error, 26), 1410);
    assert.equal(isDontFragment(error, 0), true);
  });

  it('quotes as much as 576 bytes hold (RFC 1812 §4.3.2.3)', () => {
    const packet = ipv4Packet({ ...download, data: countedBytes(1480) });
    const error = report(packet);
    assert.equal(error.length, 576);
    assert.deepEqual(error.slice(28), packet.slice(0, 548));
  });

  it('quotes a short packet whole and no padding behind it', () => {
    const packet = new Uint8Array(200);
    packet.set(ipv4Packet({ ...download, data: countedBytes(60) }));
    assert.equal(report(packet).length, 28 + 80);
  });

  it('fits into the MTU it tells, yet quotes header and 8 bytes however small that is (RFC 792)', () => {
    const packet = ipv4Packet({ ...download, data: countedBytes(1000) });
    assert.equal(report(packet, 532).length, 532);
    assert.equal(report(packet, 40).length, 96);
  });

  it('writes nothing without room in the target', () => {
    const packet = ipv4Packet({ ...download, data: countedBytes(1000) });
    assert.equal(writeFragmentationNeeded(new Uint8Array(575), 0, packet, 0, gateway, 1410), 0);
  });
});

describe('Silence about a packet (RFC 1122 §3.2.2)', () => {
  const isSilent = (fields: PacketFields) => {
    const packet = ipv4Packet({ ...download, data: countedBytes(8), ...fields });
    assert.equal(report(packet).length === 0, !mayReportAbout(packet, 0));
    return !mayReportAbout(packet, 0);
  };
  const icmp = (type: number) => ({ protocol: 1, data: Uint8Array.of(type, 0, 0, 0, 0, 0, 0, 0) });

  it('is kept about ICMP errors and unknown ICMP, not about queries', () => {
    for (const type of [3, 4, 5, 11, 12, 1, 2, 44, 255])
      assert.equal(isSilent(icmp(type)), true, `type ${type}`);
    for (const type of [0, 8, 13, 17]) assert.equal(isSilent(icmp(type)), false, `type ${type}`);
    assert.equal(isSilent({ protocol: 1, data: new Uint8Array(0) }), true);
  });

  it('is kept about later fragments, not about a first one', () => {
    assert.equal(isSilent({ flagsAndOffset: 0x4001 }), true);
    assert.equal(isSilent({ flagsAndOffset: 0x6000 }), false);
  });

  it('is kept about packets to many, and from no single host', () => {
    for (const destination of [0xe0000001, 0xefffffff, 0xffffffff])
      assert.equal(isSilent({ destination }), true);
    for (const source of [0, 0x00ffffff, 0x7f000001, 0xe0000001, 0xffffffff])
      assert.equal(isSilent({ source }), true);
    assert.equal(isSilent({}), false);
  });
});

const ours = 0xcb007101;
const client = 0xc0000207;

function ourGre(): Uint8Array {
  const gre = [0x30, 0x81, 0x88, 0x0b, 0x05, 0xaa, 0xbe, 0xef, 0, 0, 0, 9, 0, 0, 0, 7];
  const data = new Uint8Array(1480);
  data.set(gre);
  return ipv4Packet({ protocol: 47, source: ours, destination: client, flagsAndOffset: 0x4000, data });
}

describe('An ICMP error about our GRE', () => {
  const error = report(ourGre(), 1454);

  it('tells the call, the size that did not fit and the next-hop MTU', () => {
    const hint = readFragmentationNeeded(error, 0, error.length);
    assert.deepEqual(hint, {
      source: ours,
      destination: client,
      peersCallId: 0xbeef,
      packetLength: 1500,
      nextHopMtu: 1454,
    });
  });

  it('tells the same from the quoted packet alone', () => {
    assert.equal(readQuotedGre(error, 28, error.length - 28, 1400)?.nextHopMtu, 1400);
    assert.equal(readQuotedGre(ourGre(), 0, 28, 1400)?.peersCallId, 0xbeef);
    assert.equal(readQuotedGre(ourGre(), 0, 27, 1400), undefined);
  });

  it('is nothing when truncated anywhere or changed by one bit', () => {
    const short = report(ipv4Packet({ protocol: 47, data: ourGre().slice(20, 60) }));
    for (let length = 0; length < short.length; length++) {
      assert.equal(readFragmentationNeeded(short.slice(0, length), 0, length), undefined, `${length} bytes`);
    }
    for (let bit = 20 * 8; bit < short.length * 8; bit++) {
      const flipped = short.slice();
      flipped[bit >> 3]! ^= 0x80 >> (bit & 7);
      assert.equal(readFragmentationNeeded(flipped, 0, flipped.length), undefined, `bit ${bit}`);
    }
  });

  it('is nothing when it quotes TCP, GRE version 0, another protocol type, or a later fragment', () => {
    const quoted = (change: (bytes: Uint8Array) => void) => {
      const bytes = ourGre();
      change(bytes);
      return readQuotedGre(bytes, 0, bytes.length, 1400);
    };
    assert.notEqual(
      quoted(() => {}),
      undefined,
    );
    assert.equal(
      quoted((bytes) => bytes.fill(6, 9, 10)),
      undefined,
    );
    assert.equal(
      quoted((bytes) => bytes.fill(0x80, 21, 22)),
      undefined,
    );
    assert.equal(
      quoted((bytes) => bytes.fill(0x10, 20, 21)),
      undefined,
    );
    assert.equal(
      quoted((bytes) => bytes.fill(0x00, 23, 24)),
      undefined,
    );
    assert.equal(
      quoted((bytes) => bytes.fill(0x01, 7, 8)),
      undefined,
    );
    assert.equal(
      quoted((bytes) => bytes.fill(0x65, 0, 1)),
      undefined,
    );
  });

  it('never throws on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        readFragmentationNeeded(bytes, 0, bytes.length);
        readQuotedGre(bytes, 0, bytes.length, 0);
      }),
    );
  });
});
