import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readQuotedGre } from '../../../src/protocol/ip/icmp.ts';
import { checksum, headerFault } from '../../../src/protocol/ip/ipv4.ts';
import {
  assignedAddress,
  clientAddress,
  createPair,
  End,
  echoRequest,
  greOf,
  innerPacket,
  officeAddress,
  serverAddress,
  serverCall,
  serverNetwork,
} from './support.ts';

const stateless = { keyLength: 128, stateless: true } as const;

function toClient(length: number, dontFragment: boolean, typeOfService = 0): Uint8Array {
  const payload = Uint8Array.from({ length: length - 20 }, (_, index) => index & 0xff);
  return innerPacket({
    source: officeAddress,
    destination: assignedAddress,
    payload,
    dontFragment,
    typeOfService,
    identification: 77,
  });
}

function isDontFragment(packet: Uint8Array): boolean {
  return (packet[6]! & 0x40) !== 0;
}

function syn(source: number, destination: number, mss: number, flags: number): Uint8Array {
  const tcp = new Uint8Array(24);
  const view = new DataView(tcp.buffer);
  view.setUint16(0, 40000);
  view.setUint16(2, 80);
  tcp[12] = 0x60;
  tcp[13] = flags;
  tcp.set([2, 4, mss >> 8, mss & 0xff], 20);
  const pseudo = new Uint8Array(12 + tcp.length);
  const pseudoView = new DataView(pseudo.buffer);
  pseudoView.setUint32(0, source);
  pseudoView.setUint32(4, destination);
  pseudo[9] = 6;
  pseudoView.setUint16(10, tcp.length);
  pseudo.set(tcp, 12);
  view.setUint16(16, checksum(pseudo, 0, pseudo.length));
  return innerPacket({ source, destination, protocol: 6, payload: tcp });
}

function mssOf(packet: Uint8Array): number {
  return (packet[42]! << 8) | packet[43]!;
}

function tcpChecksumIsRight(packet: Uint8Array): boolean {
  const tcp = packet.subarray(20);
  const pseudo = new Uint8Array(12 + tcp.length);
  pseudo.set(packet.subarray(12, 20));
  pseudo[9] = 6;
  new DataView(pseudo.buffer).setUint16(10, tcp.length);
  pseudo.set(tcp, 12);
  return checksum(pseudo, 0, pseudo.length) === 0;
}

describe('a packet for the client', () => {
  it('grows by 44 bytes with MPPE and an acknowledgment, and by 40 in clear', () => {
    for (const [encryption, overhead] of [
      [stateless, 44],
      [undefined, 40],
    ] as const) {
      const { server, client } = createPair(encryption);
      client.transmit(0xc021, echoRequest, 0);
      server.fromWire(client.takeSent(), 0);
      server.fromTun([toClient(1000, true)], 0);
      assert.equal(server.takeSent()[0]?.length, 1000 + overhead);
    }
  });

  it('has an outer header of ours: addresses, protocol 47, TTL 64, identification 0, right checksum', () => {
    const { server } = createPair(stateless);
    server.fromTun([toClient(100, true)], 0);
    const [sent] = server.takeSent();
    assert.equal(headerFault(sent!, 0, sent!.length), undefined);
    const view = new DataView(sent!.buffer);
    assert.deepEqual(
      [view.getUint32(12), view.getUint32(16), view.getUint16(4), sent![8], sent![9]],
      [serverAddress, clientAddress, 0, 64, 47],
    );
    assert.equal(readQuotedGre(sent!, 0, sent!.length, 0)?.peersCallId, 7);
  });

  it('copies its mark and ECN bits to the outer header', () => {
    const { server } = createPair(stateless);
    for (const typeOfService of [0, 0xb8, 0x01, 0x03, 0xfe]) {
      server.fromTun([toClient(100, true, typeOfService)], 0);
      assert.equal(server.takeSent()[0]?.[1], typeOfService);
    }
  });

  it('that fits exactly passes; one byte more with DF is dropped, counted, and its sender told the size', () => {
    const { server } = createPair(stateless);
    server.fromTun([toClient(1400, true)], 0);
    assert.equal(server.takeSent().length, 1);
    server.fromTun([toClient(1401, true)], 0);
    assert.deepEqual(server.takeSent(), []);
    const [error] = server.delivered;
    const view = new DataView(error!.buffer);
    assert.equal(headerFault(error!, 0, error!.length), undefined);
    // Type 3, code 4, and the MTU of the next hop (RFC 1191 §4), to the sender, from the way it was going.
    assert.deepEqual([error![20], error![21], view.getUint16(26)], [3, 4, 1400]);
    assert.deepEqual([view.getUint32(12), view.getUint32(16)], [assignedAddress, officeAddress]);
    const { pmtuDrops, fragmentationNeededSent, sentPackets } = server.counters();
    assert.equal(pmtuDrops.toClient.fragmentation_needed, 1);
    assert.deepEqual([fragmentationNeededSent, sentPackets], [1, 1]);
  });

  it('is told from the address the gateway names, if it names one', () => {
    const { server } = createPair(stateless, {}, { errorSource: 0x0a000001 });
    server.fromTun([toClient(1401, true)], 0);
    assert.equal(new DataView(server.delivered[0]!.buffer).getUint32(12), 0x0a000001);
  });

  it('tells at most ten senders at once and ten a second more, and counts every drop exactly', () => {
    const { server } = createPair(stateless);
    for (let number = 0; number < 100; number++) server.fromTun([toClient(1450, true)], 1000);
    for (let number = 0; number < 100; number++) server.fromTun([toClient(1450, true)], 2000);
    const { fragmentation_needed, icmp_limited } = server.counters().pmtuDrops.toClient;
    assert.equal(server.delivered.length, 20);
    assert.deepEqual([fragmentation_needed, icmp_limited], [20, 180]);
  });

  it('without DF is cut by the rules of a router, and every piece comes through', () => {
    const { server, client } = createPair(stateless);
    const packet = toClient(1500, false);
    server.fromTun([packet], 0);
    const sent = server.takeSent();
    assert.equal(sent.length, 2);
    client.fromWire(sent, 0);
    const data = new Uint8Array(1480);
    for (const piece of client.delivered) {
      assert.ok(piece.length <= 1400);
      assert.equal(headerFault(piece, 0, piece.length), undefined);
      const field = new DataView(piece.buffer).getUint16(6);
      assert.equal(new DataView(piece.buffer).getUint16(4), 77);
      data.set(piece.subarray(20), (field & 0x1fff) * 8);
    }
    assert.deepEqual(data, packet.slice(20));
    const { fragmentedPackets, fragmentsSent, sentPackets } = server.counters();
    assert.deepEqual([fragmentedPackets, fragmentsSent, sentPackets], [1, 2, 1]);
  });

  it('that cannot be cut is counted as such', () => {
    const { server } = createPair(stateless, {}, { tunnelMtu: 24, pathMtu: 68 });
    server.fromTun([toClient(100, false)], 0);
    assert.equal(server.counters().pmtuDrops.toClient.unfragmentable, 1);
  });

  it('carries DF outside up to a proven size, and none while nothing is proven', () => {
    const { server } = createPair(stateless);
    server.fromTun([toClient(1400, false), toClient(100, true)], 0);
    assert.deepEqual(server.takeSent().map(isDontFragment), [true, true]);
    server.path.setPathMtu(server.session, { tunnelMtu: 1456, pathMtu: 1444, confirmed: true });
    server.fromTun([toClient(1400, true), toClient(1456, true)], 0);
    assert.deepEqual(server.takeSent().map(isDontFragment), [true, false]);
    server.path.setPathMtu(server.session, { tunnelMtu: 1456, pathMtu: 1500, confirmed: false });
    server.fromTun([toClient(100, true), toClient(1456, true)], 0);
    assert.deepEqual(server.takeSent().map(isDontFragment), [false, false]);
  });

  it('that the host found too large to send is counted once for its session (SE-1)', () => {
    const { server } = createPair(stateless);
    const large = [toClient(1400, true), toClient(1400, true), toClient(1400, true)];
    large.forEach((packet, index) => {
      new Uint8Array(server.path.memory).set(packet, server.path.tunIn.offsets[index]!);
      server.path.tunIn.lengths[index] = packet.length;
    });
    server.path.tunIn.count = 3;
    assert.equal(server.path.receiveTun(0), true);
    server.path.transmit(server.session, 0xc021, echoRequest, 'probe', 0);
    server.path.greOut.errnos[0] = 105; // ENOBUFS
    server.path.greOut.errnos[2] = 90; // EMSGSIZE
    server.path.greOut.errnos[3] = 90; // a refused probe is no lost packet of anyone's
    server.path.noteSendErrors();
    assert.equal(server.counters().pmtuDrops.toClient.message_too_long, 1);
    server.path.greOut.count = 0;
    server.path.transmit(server.session, 0xc021, echoRequest, 'control', 0);
    assert.equal(server.path.greOut.errnos[0], 0);
  });
});

describe('a probe', () => {
  it('always carries DF, other control frames never do', () => {
    const server = new End(serverCall);
    server.path.startNetwork(server.session, serverNetwork);
    server.transmit(0xc021, new Uint8Array(1460), 0, 'probe');
    server.transmit(0xc021, new Uint8Array(1460), 0, 'control');
    assert.deepEqual(server.takeSent().map(isDontFragment), [true, false]);
  });

  it('is no large packet that gives reason to look again: data is', () => {
    const { server } = createPair(stateless);
    server.path.takeLargestSent(server.session);
    server.transmit(0xc021, new Uint8Array(1460), 0, 'probe');
    assert.equal(server.path.takeLargestSent(server.session), 0);
    server.fromTun([toClient(1000, false)], 0);
    assert.equal(server.path.takeLargestSent(server.session), 1000 + 40);
  });

  it('of an LCP packet of n bytes is n + 40 bytes outside', () => {
    const { server, client } = createPair(stateless);
    client.transmit(0xc021, echoRequest, 0);
    server.fromWire(client.takeSent(), 0);
    server.transmit(0xc021, new Uint8Array(1414), 0, 'probe');
    const [sent] = server.takeSent();
    assert.equal(sent?.length, 1454);
    assert.equal(greOf(sent!).payload.length, 1418);
  });
});

describe('the MSS of TCP', () => {
  for (const [name, flags] of [
    ['SYN', 0x02],
    ['SYN-ACK', 0x12],
  ] as const) {
    it(`of a ${name} is lowered to the tunnel's current size in both directions, with a right checksum`, () => {
      const { server, client } = createPair(stateless);
      client.path.setPathMtu(client.session, { tunnelMtu: 1500, pathMtu: 1500, confirmed: false });
      client.fromTun([syn(assignedAddress, officeAddress, 1460, flags)], 0);
      server.fromWire(client.takeSent(), 0);
      server.fromTun([syn(officeAddress, assignedAddress, 1460, flags)], 0);
      client.fromWire(server.takeSent(), 0);
      for (const packet of [server.delivered[0]!, client.delivered[0]!]) {
        assert.equal(mssOf(packet), 1360);
        assert.ok(tcpChecksumIsRight(packet));
      }
      assert.equal(server.counters().clampedSyns, 2);
    });
  }

  it('is left alone when it is small enough, or the packet is no SYN', () => {
    const { server } = createPair(stateless);
    server.fromTun(
      [syn(officeAddress, assignedAddress, 1360, 2), syn(officeAddress, assignedAddress, 1460, 0x10)],
      0,
    );
    assert.equal(server.counters().clampedSyns, 0);
  });

  it('survives option lists of length 0, 1, overrun and early end (B36)', () => {
    const { server } = createPair(stateless);
    for (const option of [
      [2, 0, 0, 0],
      [2, 1, 0, 0],
      [2, 255, 5, 5],
      [0, 2, 4, 5],
      [3, 0, 2, 4],
      [1, 1, 1, 2],
      [254, 2, 2, 4],
    ]) {
      const packet = syn(officeAddress, assignedAddress, 1460, 2);
      packet.set(option, 40);
      server.fromTun([packet], 0);
    }
    for (const offset of [0x00, 0x40, 0xf0]) {
      const packet = syn(officeAddress, assignedAddress, 1460, 2);
      packet[32] = offset;
      server.fromTun([packet], 0);
    }
    assert.equal(server.counters().sentPackets, 10);
  });
});

describe('a packet of the TUN for nobody', () => {
  it('is counted by reason: no session has its destination, or it is no IPv4 packet', () => {
    const { server } = createPair(stateless);
    const other = innerPacket({ source: officeAddress, destination: assignedAddress + 5 });
    const ipv6 = new Uint8Array(60);
    ipv6[0] = 0x60;
    server.fromTun([other, ipv6, new Uint8Array(0)], 0);
    assert.deepEqual(server.path.tunDiscarded, { malformed: 2, no_session: 1 });
  });
});

describe('a TCP sender that no ICMP reaches', () => {
  const segment = (sequence: number, { port = 80, protocol = 6, identification = 0 } = {}) => {
    const payload = new Uint8Array(1480);
    const view = new DataView(payload.buffer);
    view.setUint16(0, port);
    view.setUint16(2, 40000);
    view.setUint32(4, sequence);
    payload[12] = 0x50;
    return innerPacket({
      source: officeAddress,
      destination: assignedAddress,
      protocol,
      payload,
      dontFragment: true,
      identification,
    });
  };
  const sentBy = (server: End) => server.takeSent().length;

  it('gets through: a segment that comes again too large is cut despite DF, and so are those after it', () => {
    const { server } = createPair(stateless);
    server.fromTun([segment(1000), segment(2460)], 0);
    assert.equal(sentBy(server), 0);
    server.fromTun([segment(1000)], 200);
    assert.equal(sentBy(server), 2);
    server.fromTun([segment(2460), segment(3920)], 210);
    assert.equal(sentBy(server), 4);
    const { pmtuDrops, fragmentedPackets } = server.counters();
    assert.deepEqual([pmtuDrops.toClient.fragmentation_needed, fragmentedPackets], [2, 3]);
  });

  it('sends pieces that belong together: without DF, one identification for each packet (RFC 6864 §4.1)', () => {
    const { server, client } = createPair(stateless);
    server.fromTun([segment(1000)], 0);
    server.fromTun([segment(1000), segment(2460)], 200);
    client.fromWire(server.takeSent(), 200);
    const pieces = client.delivered.map((piece) => new DataView(piece.buffer, piece.byteOffset));
    const identifications = pieces.map((view) => view.getUint16(4));
    assert.equal(identifications.length, 4);
    assert.ok(identifications[0] !== 0 && identifications[0] === identifications[1]);
    assert.ok(identifications[2] !== identifications[0] && identifications[2] === identifications[3]);
    assert.ok(pieces.every((view) => (view.getUint16(6) & 0x4000) === 0));
  });

  it('is told first; a burst, a new segment, another connection and UDP are no retransmission', () => {
    const { server } = createPair(stateless);
    server.fromTun([segment(1000), segment(1000)], 0);
    server.fromTun([segment(2460)], 300);
    server.fromTun([segment(1000, { port: 81 })], 600);
    for (const now of [0, 300, 600]) server.fromTun([segment(7, { port: 53, protocol: 17 })], 1000 + now);
    assert.equal(sentBy(server), 0);
  });

  it('is found out by the retransmission of any segment, also across the wrap of sequence numbers', () => {
    const { server } = createPair(stateless);
    server.fromTun([segment(0xffff_ff00)], 0);
    server.fromTun([segment(100)], 300);
    server.fromTun([segment(0xffff_ff00)], 700);
    assert.equal(sentBy(server), 2);
  });

  it('is told anew after a minute without a packet that is too large', () => {
    const { server } = createPair(stateless);
    server.fromTun([segment(1000)], 0);
    server.fromTun([segment(1000)], 300);
    assert.equal(sentBy(server), 2);
    server.fromTun([segment(9000)], 61_000);
    assert.equal(sentBy(server), 0);
  });
});

describe('When the path turns out to be narrower than what was sent', () => {
  const narrower = { tunnelMtu: 1300, pathMtu: 1344, confirmed: true };
  const viewOf = (packet: Uint8Array) => new DataView(packet.buffer, packet.byteOffset, packet.length);
  const segment = (sequence: number, size = 1400) => {
    const payload = new Uint8Array(size - 20);
    const view = new DataView(payload.buffer);
    view.setUint32(0, (80 << 16) | 40_000);
    view.setUint32(4, sequence);
    payload[12] = 0x50;
    return innerPacket({
      source: officeAddress,
      destination: assignedAddress,
      protocol: 6,
      payload,
      dontFragment: true,
    });
  };

  it('the sender of the last large packet is told at once, with the 28 bytes that are known of it', () => {
    const { server } = createPair(stateless);
    server.fromTun([segment(1000), segment(2000), toClient(100, true)], 0);
    server.path.setPathMtu(server.session, narrower);
    server.flush();
    assert.equal(server.delivered.length, 1);
    const error = server.delivered[0]!;
    assert.equal(headerFault(error, 0, error.length), undefined);
    assert.equal(error.length, 20 + 8 + 28);
    assert.deepEqual([error[20], error[21], viewOf(error).getUint16(26)], [3, 4, 1300]);
    assert.equal(checksum(error, 20, error.length - 20), 0);
    assert.deepEqual(error.slice(28), segment(2000).slice(0, 28));
    assert.equal(viewOf(error).getUint32(16), officeAddress);
    const { fragmentationNeededSent, pmtuDrops } = server.counters();
    assert.equal(fragmentationNeededSent, 1);
    assert.equal(pmtuDrops.toClient.fragmentation_needed, 0, 'the path dropped it, not we');
  });

  it('told once: not again until it sends a large packet again', () => {
    const { server } = createPair(stateless);
    server.fromTun([segment(1000)], 0);
    for (const tunnelMtu of [1300, 1200, 1100])
      server.path.setPathMtu(server.session, { ...narrower, tunnelMtu });
    server.flush();
    assert.equal(server.delivered.length, 1);
  });

  it('nobody is told of packets that fit, may be cut, have options, or belong to an earlier session', () => {
    const options = Uint8Array.of(1, 1, 1, 1);
    const withOptions = innerPacket({
      source: officeAddress,
      destination: assignedAddress,
      payload: new Uint8Array(1376),
      options,
      dontFragment: true,
    });
    for (const packet of [toClient(1300, true), toClient(1400, false), withOptions]) {
      const { server } = createPair(stateless);
      server.fromTun([packet], 0);
      server.path.setPathMtu(server.session, narrower);
      server.flush();
      assert.equal(server.delivered.length, 0);
    }
    const { server } = createPair(stateless);
    server.fromTun([segment(1000)], 0);
    server.path.close(server.session);
    server.path.open(serverCall);
    server.path.startNetwork(server.session, serverNetwork);
    server.path.setPathMtu(server.session, narrower);
    server.flush();
    assert.equal(server.delivered.length, 0);
  });

  it('nobody is told while the IP gate is shut', () => {
    const { server } = createPair(stateless);
    server.fromTun([segment(1000)], 0);
    server.path.stopNetwork(server.session);
    server.path.setPathMtu(server.session, narrower);
    server.flush();
    assert.equal(server.delivered.length, 0);
  });

  it('nobody is told of what was sent before the link was negotiated anew (LCP-9)', () => {
    const { server } = createPair(undefined, {}, { tunnelMtu: 1400 });
    server.fromTun([segment(1000)], 0);
    server.path.stopNetwork(server.session);
    server.path.startNetwork(server.session, serverNetwork);
    server.path.setPathMtu(server.session, narrower);
    server.flush();
    assert.equal(server.delivered.length, 0);
  });

  it('a sender that does not hear it is cut at its first retransmission', () => {
    const { server } = createPair(stateless);
    server.fromTun([segment(1000), segment(2360)], 0);
    server.path.setPathMtu(server.session, narrower);
    server.takeSent();
    server.fromTun([segment(1000)], 150);
    assert.equal(server.takeSent().length, 2);
  });

  it('a packet that the host refused is counted once, and its sender told when the size is known (SE-1)', () => {
    const { server } = createPair(stateless);
    const { path, session } = server;
    new Uint8Array(path.memory).set(segment(1000), path.tunIn.offsets[0]);
    path.tunIn.lengths[0] = 1400;
    path.tunIn.count = 1;
    path.receiveTun(0);
    path.greOut.errnos[0] = 90;
    path.noteSendErrors();
    path.greOut.count = 0;
    path.setPathMtu(session, narrower);
    server.flush();
    assert.equal(server.delivered.length, 1);
    const { pmtuDrops, fragmentationNeededSent } = server.counters();
    assert.equal(pmtuDrops.toClient.message_too_long, 1);
    assert.equal(pmtuDrops.toClient.fragmentation_needed, 0);
    assert.equal(fragmentationNeededSent, 1);
  });
});

describe('Large packets that stay unacknowledged', () => {
  /** Up to the acknowledgment of one large packet. */
  function acknowledgedPair() {
    const pair = createPair(stateless);
    pair.client.transmit(0xc021, echoRequest, 0);
    pair.server.fromWire(pair.client.takeSent(), 0);
    pair.server.fromTun([toClient(1400, true)], 0);
    pair.client.fromWire(pair.server.takeSent(), 5);
    pair.client.expire(60);
    pair.server.fromWire(pair.client.takeSent(), 65);
    return pair;
  }
  const stalled = ({ path }: End) => {
    const { count } = path.stalled;
    path.stalled.count = 0;
    return count;
  };

  it('are a stall after 300 ms, told once until another one is sent', () => {
    const { server } = acknowledgedPair();
    server.fromTun([toClient(1400, true)], 1000);
    assert.ok(server.path.deadline <= 1300);
    server.expire(1299);
    assert.equal(stalled(server), 0);
    server.expire(1300);
    assert.equal(stalled(server), 1);
    for (let now = 1300; now < 5000; now += 100) server.expire(now);
    assert.equal(stalled(server), 0);
    server.fromTun([toClient(1400, true)], 5000);
    server.expire(5300);
    assert.equal(stalled(server), 1);
  });

  it('are none where they are acknowledged, and wait no longer once another size holds', () => {
    const { server, client } = acknowledgedPair();
    server.fromTun([toClient(1400, true)], 1000);
    client.fromWire(server.takeSent(), 1050);
    client.expire(1100);
    server.fromWire(client.takeSent(), 1150);
    server.expire(1400);
    server.fromTun([toClient(1400, true)], 2000);
    server.path.setPathMtu(server.session, { tunnelMtu: 1300, pathMtu: 1344, confirmed: false });
    server.expire(3000);
    assert.equal(stalled(server), 0);
  });

  it('are not excused by packets of the peer that repeat an acknowledgment of before', () => {
    const { server, client } = acknowledgedPair();
    server.fromTun([toClient(1400, true)], 1000);
    for (const now of [1100, 1200]) {
      client.transmit(0xc021, echoRequest, now);
      server.fromWire(client.takeSent(), now);
    }
    server.expire(1300);
    assert.equal(stalled(server), 1);
  });

  it('are judged by what was the largest lately', () => {
    const { server, client } = acknowledgedPair();
    server.path.takeLargestSent(server.session);
    server.fromTun([toClient(1000, true)], 1000);
    assert.equal(server.path.takeLargestSent(server.session), 1044);
    server.fromTun([toClient(1000, true)], 1100);
    server.takeSent();
    server.expire(1400);
    assert.equal(stalled(server), 1);
    client.takeSent();
  });

  it('go on waiting where the size is only told again', () => {
    const { server } = acknowledgedPair();
    server.fromTun([toClient(1400, true)], 1000);
    server.path.setPathMtu(server.session, { tunnelMtu: 1400, pathMtu: 1444, confirmed: false });
    server.expire(1300);
    assert.equal(stalled(server), 1);
  });
});
