import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  assignedAddress,
  clientAddress,
  createPair,
  End,
  echoRequest,
  greOf,
  officeAddress,
  outerPacket,
  ping,
  pppFrame,
  serverAddress,
  serverCall,
} from './support.ts';

const callId = serverCall.callId;
const lcp = 0xc021;

/** A control frame with this sequence number. */
function control(sequenceNumber: number, identifier = sequenceNumber & 0xff): Uint8Array {
  const information = Uint8Array.of(9, identifier, 0, 8, 0, 0, 0, 0);
  return outerPacket({ callId, sequenceNumber, payload: pppFrame(lcp, information) });
}

function identifiers(end: End): (number | undefined)[] {
  return end.controls.map((frame) => frame.information[1]);
}

describe('GRE from the peer', () => {
  it('is accepted if and only if its first word is right (GRE-1)', () => {
    for (let bit = 0; bit < 32; bit++) {
      const server = new End(serverCall);
      const packet = control(1);
      packet[20 + (bit >>> 3)]! ^= 0x80 >>> (bit & 7);
      server.fromWire([packet], 0);
      // Without S there is no number and no payload; A makes the frame's first bytes a number: neither is another GRE.
      const isEnhanced = bit === 3 || bit === 8;
      assert.equal(server.path.discarded.other_gre, isEnhanced ? 0 : 1, `bit ${bit}`);
      assert.equal(server.counters().greReceived, isEnhanced ? 1 : 0);
    }
  });

  it('is trimmed of padding (GRE-2)', () => {
    const server = new End(serverCall);
    const packet = control(1);
    const padded = Buffer.concat([packet, Buffer.alloc(18, 0xee)]);
    new DataView(padded.buffer, padded.byteOffset).setUint16(2, padded.length);
    server.fromWire([padded], 0);
    assert.equal(server.controls[0]?.information.length, 8);
  });

  it('is dropped when the payload claims 1 to 40 bytes more than there are (GRE-2, B05)', () => {
    const server = new End(serverCall);
    for (let more = 1; more <= 40; more++) {
      const packet = control(more);
      new DataView(packet.buffer).setUint16(24, 12 + more);
      server.fromWire([packet], 0);
    }
    assert.equal(server.counters().discarded.gre_truncated, 40);
    assert.deepEqual(server.controls, []);
  });

  for (const first of [0, 1, 2, 1000, 0x7fffffff, 0xffffffff]) {
    it(`may begin with sequence number ${first} (GRE-3)`, () => {
      const server = new End(serverCall);
      server.fromWire([control(first, 1), control((first + 1) >>> 0, 2), control((first + 2) >>> 0, 3)], 0);
      assert.deepEqual(identifiers(server), [1, 2, 3]);
      assert.equal(server.counters().greLost, 0);
    });
  }

  it('is put in order across the wrap of the sequence number (GRE-4)', () => {
    const server = new End(serverCall);
    const start = 0xfffffff0;
    const at = (step: number) => control((start + step) >>> 0, step);
    server.fromWire([at(0)], 0);
    for (let step = 1; step < 40; step += 2) server.fromWire([at(step + 1), at(step)], step);
    assert.deepEqual(
      identifiers(server),
      Array.from({ length: 41 }, (_, index) => index),
    );
    assert.equal(server.counters().greReordered, 20);
  });

  it('waits for a missing packet until its time is over, by the clock and not by the next packet (GRE-5)', () => {
    const server = new End(serverCall);
    server.fromWire([control(1), control(3), control(4)], 1000);
    assert.deepEqual(identifiers(server), [1]);
    assert.equal(server.path.deadline, 1050);
    server.expire(1049);
    assert.deepEqual(identifiers(server), [1]);
    server.expire(1050);
    assert.deepEqual(identifiers(server), [1, 3, 4]);
    assert.equal(server.counters().greLost, 1);
  });

  it('waits for each gap from the time at which the packet after it came (GRE-5)', () => {
    const server = new End(serverCall);
    server.fromWire([control(1), control(3)], 1000);
    server.fromWire([control(5)], 1030);
    server.expire(1050);
    assert.deepEqual(identifiers(server), [1, 3]);
    server.fromWire([control(4)], 1060);
    assert.deepEqual(identifiers(server), [1, 3, 4, 5]);
    assert.equal(server.counters().greLost, 1);
  });

  it('waits at most as long, and as much, as the hard caps allow, whatever is configured (GRE-5)', () => {
    const server = new End(serverCall, { reorderWindow: 1000, reorderDelay: 5000 });
    server.fromWire([control(1)], 1000);
    for (let sequence = 3; sequence < 3 + 70; sequence++) server.fromWire([control(sequence)], 1000);
    assert.ok(identifiers(server).includes(3));
    server.expire(1100);
    assert.equal(identifiers(server).length, 71);
    assert.equal(server.counters().greLost, 1);
    server.fromWire([control(74)], 2000);
    server.expire(2100);
    assert.equal(identifiers(server).at(-1), 74);
  });

  it('shares one pool among all sessions; a session that finds none left goes on without waiting (attack 7)', () => {
    const server = new End(serverCall, { reorderPool: 8 });
    server.fromWire([control(1)], 0);
    for (let sequence = 3; sequence < 11; sequence++) server.fromWire([control(sequence)], 0);
    assert.deepEqual(identifiers(server), [1]);
    server.fromWire([control(11)], 0);
    assert.deepEqual(identifiers(server), [1, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    assert.equal(server.counters().greLost, 1);
  });

  it('gives what it held in the pool back when its session ends', () => {
    const server = new End(serverCall, { reorderPool: 1 });
    const other = server.path.open({ ...serverCall, callId: 2 });
    assert.ok(other !== undefined);
    const second = (sequenceNumber: number) =>
      outerPacket({ callId: 2, sequenceNumber, payload: pppFrame(lcp, echoRequest) });
    server.fromWire([control(1), control(3), second(1)], 0);
    server.path.close(server.session);
    server.fromWire([second(3)], 0);
    assert.equal(server.controls.length, 2);
    server.fromWire([second(2)], 0);
    assert.equal(server.controls.length, 4);
  });

  it('delivers nothing twice when a whole recording is played again (attack 7)', () => {
    const { server, client } = createPair({ keyLength: 128, stateless: true });
    const recording: Uint8Array[] = [];
    for (let number = 0; number < 600; number++) {
      client.fromTun([ping(assignedAddress, officeAddress, number)], 0);
      if (number % 10 === 0) client.transmit(lcp, echoRequest, 0);
      recording.push(...client.takeSent());
    }
    server.fromWire(recording, 1000);
    assert.equal(server.delivered.length, 600);
    assert.equal(server.controls.length, 60);
    server.fromWire(recording, 60_000);
    server.expire(70_000);
    assert.equal(server.delivered.length, 600);
    assert.equal(server.controls.length, 60);
    const { greDuplicate, discarded } = server.counters();
    assert.equal(greDuplicate + discarded.gre_window + discarded.mppe_late, 660);
  });

  it('takes a late control frame, but a late network packet no more', () => {
    const { server, client } = createPair({ keyLength: 128, stateless: true });
    const packets: Uint8Array[] = [];
    for (let number = 0; number < 4; number++) {
      if (number === 1) client.transmit(lcp, echoRequest, 0);
      else client.fromTun([ping(assignedAddress, officeAddress, number)], 0);
      packets.push(...client.takeSent());
    }
    const [zero, echo, two, three] = packets;
    assert.ok(zero && echo && two && three);
    server.fromWire([zero, three], 1000);
    server.expire(1050);
    server.fromWire([echo, two], 1060);
    assert.equal(server.controls.length, 1);
    assert.equal(server.delivered.length, 2);
    assert.equal(server.counters().discarded.gre_late, 1);
    server.fromWire([echo], 1070);
    assert.equal(server.counters().greDuplicate, 1);
  });

  it('never ends a session by random numbers, twins and far futures (B03)', () => {
    const { server, client } = createPair({ keyLength: 128, stateless: true });
    let state = 12345;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state;
    };
    for (let number = 0; number < 500; number++) {
      const sequenceNumber = random();
      const forged = [
        outerPacket({
          callId,
          sequenceNumber,
          acknowledgmentNumber: random(),
          payload: pppFrame(lcp, echoRequest),
        }),
        outerPacket({
          callId,
          sequenceNumber: (sequenceNumber + 0x80000000) >>> 0,
          payload: pppFrame(0xfd, new Uint8Array(40)),
        }),
      ];
      server.fromWire([...forged, ...forged], number * 20);
      client.fromTun([ping(assignedAddress, officeAddress, number)], number * 20);
      server.fromWire(client.takeSent(), number * 20 + 1);
      server.expire(number * 20 + 10);
    }
    assert.ok(server.delivered.length >= 495, `${server.delivered.length} of 500`);
  });
});

describe('GRE of strangers', () => {
  it('costs a counter, by reason, and no reply (GRE-7, GRE-8)', () => {
    const server = new End(serverCall);
    const payload = pppFrame(lcp, echoRequest);
    const good = { callId, sequenceNumber: 1, payload };
    server.fromWire([outerPacket({ ...good, callId: callId + 1 })], 0);
    server.fromWire([outerPacket(good, clientAddress, serverAddress + 1)], 0);
    assert.equal(server.path.discarded.unknown_call, 2);
    server.fromWire([outerPacket(good, clientAddress + 1)], 0);
    assert.equal(server.path.discarded.wrong_source, 1);
    server.fromWire([outerPacket(Uint8Array.of(0, 0, 8, 0, 0, 0, 0, 0))], 0);
    assert.equal(server.path.discarded.other_gre, 1);
    server.fromWire([Uint8Array.of(0x45), new Uint8Array(0), new Uint8Array(60)], 0);
    assert.equal(server.path.discarded.malformed, 3);
    server.expire(1e9);
    assert.deepEqual(server.takeSent(), []);
    assert.equal(server.counters().greReceived, 0);
  });

  it('tells of an address whose packets no call has only what came since: what an ended call left on its way is no news', () => {
    const server = new End(serverCall);
    const unknown = { callId: callId + 1, sequenceNumber: 1, payload: pppFrame(lcp, echoRequest) };
    assert.equal(server.path.isStranger(clientAddress, 0), false);
    server.fromWire([outerPacket(unknown)], 1000);
    assert.equal(server.path.isStranger(clientAddress, 1000), true);
    assert.equal(server.path.isStranger(clientAddress, 1001), false);
    assert.equal(server.path.isStranger(clientAddress + 1, 0), false);
  });

  it('with our call id names the other address it comes from (GRE-7)', () => {
    const server = new End(serverCall);
    assert.equal(server.path.greReport(server.session).wrongSource, undefined);
    server.fromWire(
      [outerPacket({ callId, sequenceNumber: 1, payload: pppFrame(lcp, echoRequest) }, 0xcb007109)],
      0,
    );
    const report = server.path.greReport(server.session);
    assert.equal(report.received, false);
    assert.equal(report.wrongSource, 0xcb007109);
    assert.equal(report.wrongSourcePackets, 1);
  });

  it('with any of the 65,536 call ids touches at most one session, and only from its own address (attack 5)', () => {
    const server = new End(serverCall);
    for (let id = 0; id < 0x10000; id++) {
      server.fromWire(
        [outerPacket({ callId: id, sequenceNumber: 1, payload: pppFrame(lcp, echoRequest) }, 0x01020304)],
        0,
      );
    }
    assert.equal(server.controls.length, 0);
    assert.equal(server.path.discarded.unknown_call, 0xffff);
    assert.equal(server.path.discarded.wrong_source, 1);
  });

  it('is told apart among clients behind one NAT that chose the same call id (CC-5)', () => {
    const server = new End(serverCall);
    const other = server.path.open({ ...serverCall, callId: 0x4321 });
    assert.ok(other !== undefined && other !== server.session);
    server.transmit(lcp, echoRequest, 0);
    server.path.transmit(other, lcp, echoRequest, 'control', 0);
    server.flush();
    assert.deepEqual(
      server.takeSent().map((packet) => greOf(packet).callId),
      [0, 0],
    );
    server.fromWire(
      [outerPacket({ callId: 0x4321, sequenceNumber: 1, payload: pppFrame(lcp, echoRequest) })],
      0,
    );
    assert.equal(server.path.counters(other).greReceived, 1);
    assert.equal(server.counters().greReceived, 0);
  });
});

describe('acknowledgments (GRE-6)', () => {
  it('ride on every packet we send', () => {
    const server = new End(serverCall);
    server.transmit(lcp, echoRequest, 0);
    server.fromWire([control(7)], 0);
    server.transmit(lcp, echoRequest, 0);
    server.transmit(lcp, echoRequest, 0);
    const [before, ...after] = server.takeSent().map(greOf);
    assert.equal(before?.acknowledgmentNumber, undefined);
    assert.deepEqual(
      after.map((packet) => packet.acknowledgmentNumber),
      [7, 7],
    );
  });

  it('go alone within 100 ms when we have nothing to send', () => {
    const server = new End(serverCall);
    server.fromWire([control(7), control(8)], 1000);
    const due = server.path.deadline;
    assert.ok(due <= 1100);
    server.expire(due);
    const packets = server.takeSent();
    assert.equal(packets.length, 1);
    assert.equal(Buffer.from(packets[0]!.subarray(20)).toString('hex'), '2081880b0000000000000008');
    assert.equal(server.path.deadline, Number.POSITIVE_INFINITY);
    assert.equal(server.counters().acksSent, 1);
  });

  it('go alone after every quarter of the window', () => {
    const server = new End({ ...serverCall, receiveWindow: 16 });
    for (let sequence = 1; sequence <= 12; sequence++) server.fromWire([control(sequence)], 1000);
    assert.deepEqual(
      server.takeSent().map((packet) => greOf(packet).acknowledgmentNumber),
      [4, 8, 12],
    );
  });

  it('are never waited for: a peer that acknowledges nothing is sent everything', () => {
    const { server } = createPair({ keyLength: 128, stateless: true });
    for (let number = 0; number < 1000; number++)
      server.fromTun([ping(officeAddress, assignedAddress, number)], number);
    assert.equal(server.takeSent().length, 1000);
  });

  it('of the peer give the round trip, and say which of our packets arrived', () => {
    const server = new End(serverCall);
    server.transmit(lcp, echoRequest, 1000);
    assert.equal(server.path.greReport(server.session).sentSequence, 1);
    assert.equal(server.path.greReport(server.session).acknowledgedSequence, undefined);
    server.fromWire([outerPacket({ callId, acknowledgmentNumber: 1, payload: new Uint8Array(0) })], 1070);
    const report = server.path.greReport(server.session);
    assert.equal(report.acknowledgedSequence, 1);
    assert.equal(report.leastRoundTrip, 70);
    assert.deepEqual([report.received, report.firstReceivedAt, report.largestReceived], [true, 1070, 32]);
  });
});

describe('a frame in clear with a far sequence number (GRE-10)', () => {
  it('does not move the window: the true packets still come through', () => {
    const server = new End(serverCall);
    server.fromWire([control(1)], 0);
    server.fromWire([control(2 ** 31 - 5)], 1);
    server.fromWire([control(5000)], 1);
    server.fromWire([control(2), control(3)], 2);
    assert.equal(server.counters().greLost, 0);
    assert.equal(server.counters().discarded.gre_window, 2);
    assert.equal(identifiers(server).length, 3);
  });

  it('up to 256 ahead is given on, but makes nothing late before the next one follows it', () => {
    const server = new End(serverCall);
    server.fromWire([control(1), control(200), control(2)], 0);
    assert.deepEqual(identifiers(server), [1, 200, 2]);
    server.fromWire([control(201), control(202)], 0);
    assert.deepEqual(identifiers(server), [1, 200, 2, 201, 202]);
    assert.equal(server.counters().greLost, 197);
  });

  it('is believed when the next one follows it: after a blackout with only echoes', () => {
    const server = new End(serverCall);
    server.fromWire([control(1)], 0);
    server.fromWire([control(3000), control(3001), control(3002)], 60_000);
    assert.equal(server.controls.length, 3);
    // 3000 came too, only it was not believed yet.
    assert.equal(server.counters().greLost, 2998);
    assert.equal(server.counters().discarded.gre_window, 1);
  });

  it('cannot lock an encrypted session out: packets that decrypt bring the window back', () => {
    const { server, client } = createPair({ keyLength: 128, stateless: true });
    const send = (number: number) => {
      client.fromTun([ping(assignedAddress, officeAddress, number)], 1000);
      return client.takeSent();
    };
    server.fromWire(send(0), 1000);
    server.fromWire([control(30_000), control(30_001)], 1001);
    assert.equal(server.controls.length, 1);
    for (let number = 1; number < 5; number++) server.fromWire(send(number), 1002);
    assert.equal(server.delivered.length, 5);
    // A true packet under a forged number ahead makes the next ones late, by that number but not by their count.
    const ahead = greOf(send(5)[0]!);
    server.fromWire([outerPacket({ ...ahead, sequenceNumber: (ahead.sequenceNumber ?? 0) + 100 })], 1003);
    for (let number = 6; number < 9; number++) server.fromWire(send(number), 1004);
    server.expire(1100);
    assert.equal(server.delivered.length, 9);
  });
});
