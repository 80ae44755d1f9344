import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  assignedAddress,
  createPair,
  End,
  echoRequest,
  encryptPair,
  greOf,
  officeAddress,
  outerPacket,
  ping,
  pppFrame,
  serverCall,
  serverNetwork,
} from './support.ts';

const { callId } = serverCall;
const ipv4 = 0x0021;
const ipv6 = 0x0057;
const packet = ping(assignedAddress, officeAddress, 1);
const reply = ping(officeAddress, assignedAddress, 1);
const keys = (fill: number) => ({
  keyLength: 128 as const,
  stateless: true,
  startKey: new Uint8Array(16).fill(fill),
});

function clear(sequenceNumber: number, protocol: number, information: Uint8Array): Uint8Array {
  return outerPacket({ callId, sequenceNumber, payload: pppFrame(protocol, information) });
}

describe('the IP gate where encryption is required (CCP-10)', () => {
  it('lets no packet in or out before keys are up, even if the network is (attack 10)', () => {
    const server = new End(serverCall);
    server.path.startNetwork(server.session, serverNetwork);
    server.fromWire([clear(1, ipv4, packet), clear(2, ipv6, packet)], 0);
    server.fromTun([reply], 0);
    assert.deepEqual(server.delivered, []);
    assert.deepEqual(server.takeSent(), []);
    assert.equal(server.counters().discarded.clear_ip, 2);
    assert.equal(server.counters().discarded.gate_closed_to_client, 1);
  });

  it('lets no packet in or out before the network is up, even if keys are', () => {
    const pair = createPair(undefined);
    const { server, client } = pair;
    encryptPair(pair, { keyLength: 128, stateless: true }, 9);
    server.path.stopNetwork(server.session);
    server.path.startEncryption(server.session, keys(1), keys(2));
    client.path.stopNetwork(client.session);
    client.path.startEncryption(client.session, keys(2), keys(1));
    client.path.startNetwork(client.session, { ...serverNetwork, isDefaultRoute: true });
    client.fromTun([packet], 0);
    server.fromWire(client.takeSent(), 0);
    server.fromTun([reply], 0);
    assert.deepEqual(server.delivered, []);
    assert.equal(server.counters().discarded.gate_closed, 1);
    // With the gate the address is shut too, so the TUN's packet belongs to nobody.
    assert.equal(server.path.tunDiscarded.no_session, 1);
  });

  it('drops IP in clear silently before and after keys are up, and goes on (CCP-11)', () => {
    const { server, client } = createPair({ keyLength: 128, stateless: true });
    client.fromTun([packet], 0);
    server.fromWire(client.takeSent(), 0);
    for (let sequence = 2; sequence < 12; sequence++) server.fromWire([clear(sequence, ipv4, packet)], 0);
    assert.equal(server.delivered.length, 1);
    assert.equal(server.counters().discarded.clear_ip, 10);
    assert.deepEqual(server.controls, []);
    server.expire(1000);
    assert.ok(server.takeSent().every((sent) => greOf(sent).payload.length === 0));
  });

  it('covers every protocol that MPPE covers, compressed or not (MPPE-5)', () => {
    const { server } = createPair({ keyLength: 128, stateless: true });
    let sequence = 1;
    const covered: number[] = [];
    for (let protocol = 1; protocol < 0x100; protocol += 2) {
      const payload = Uint8Array.of(protocol, ...packet);
      server.fromWire([outerPacket({ callId, sequenceNumber: sequence++, payload })], 0);
      if (server.counters().discarded.clear_ip > covered.length) covered.push(protocol);
    }
    assert.deepEqual(
      covered,
      Array.from({ length: 109 }, (_, index) => 0x21 + 2 * index),
    );
    assert.deepEqual(server.delivered, []);
  });
});

describe('the IP gate where encryption is not required', () => {
  it('passes IPv4 in clear both ways once the network is up, and never before', () => {
    const server = new End({ ...serverCall, requireEncryption: false });
    server.fromWire([clear(1, ipv4, packet)], 0);
    assert.equal(server.counters().discarded.gate_closed, 1);
    server.path.startNetwork(server.session, serverNetwork);
    server.fromWire([clear(2, ipv4, packet)], 0);
    server.fromTun([reply], 0);
    assert.deepEqual(server.delivered, [packet]);
    assert.deepEqual(greOf(server.takeSent()[0]!).payload, pppFrame(ipv4, reply));
  });

  it('passes nothing in clear once keys are up, whatever the policy (CCP-11)', () => {
    const server = new End({ ...serverCall, requireEncryption: false });
    server.path.startNetwork(server.session, serverNetwork);
    server.path.startEncryption(server.session, keys(1), keys(2));
    server.fromWire([clear(1, ipv4, packet)], 0);
    server.fromTun([reply], 0);
    assert.equal(server.counters().discarded.clear_ip, 1);
    const [sent] = server.takeSent();
    assert.equal(Buffer.from(greOf(sent!).payload.subarray(0, 6)).toString('hex'), 'ff0300fd9000');
    assert.ok(!Buffer.from(sent!).includes(Buffer.from(reply.subarray(12, 20))));
  });

  it('drops IPv6 in clear: it is not carried', () => {
    const server = new End({ ...serverCall, requireEncryption: false });
    server.path.startNetwork(server.session, serverNetwork);
    server.fromWire([clear(1, ipv6, packet)], 0);
    assert.equal(server.counters().discarded.unknown_protocol, 1);
  });
});

describe('control frames', () => {
  const forms: [string, Uint8Array][] = [
    ['with FF 03', Uint8Array.of(0xff, 0x03, 0xc0, 0x21, ...echoRequest)],
    ['without address and control', Uint8Array.of(0xc0, 0x21, ...echoRequest)],
  ];
  for (const [form, payload] of forms) {
    it(`are read ${form} (LCP-3)`, () => {
      const server = new End(serverCall);
      server.fromWire([outerPacket({ callId, sequenceNumber: 1, payload })], 0);
      assert.deepEqual(server.controls, [{ protocol: 0xc021, information: echoRequest }]);
    });
  }

  it('leave in clear and whole, encryption or not (MPPE-5)', () => {
    const { server } = createPair({ keyLength: 128, stateless: true });
    for (const protocol of [0xc021, 0xc223, 0x80fd, 0x8021]) {
      assert.ok(server.transmit(protocol, echoRequest, 0));
      assert.deepEqual(greOf(server.takeSent()[0]!).payload, pppFrame(protocol, echoRequest));
    }
  });

  it('stop the batch, so that what comes after can be read with the keys they bring', () => {
    const pair = createPair(undefined);
    const { client } = pair;
    client.path.stopNetwork(client.session);
    const server = new End(serverCall);
    client.path.startEncryption(client.session, keys(2), keys(1));
    client.path.startNetwork(client.session, { ...serverNetwork, isDefaultRoute: true });
    client.transmit(0x80fd, Uint8Array.of(2, 1, 0, 4), 0);
    client.fromTun([packet], 0);
    const sent = client.takeSent();
    sent.forEach((one, index) => {
      new DataView(one.buffer).setUint16(26, callId);
      new Uint8Array(server.path.memory).set(one, server.path.greIn.offsets[index] ?? 0);
      server.path.greIn.lengths[index] = one.length;
    });
    server.path.greIn.count = 2;
    assert.equal(server.path.receiveGre(0), false);
    assert.equal(server.path.controlIn.count, 1);
    server.path.startEncryption(server.session, keys(1), keys(2));
    server.path.startNetwork(server.session, serverNetwork);
    server.flush();
    assert.equal(server.path.receiveGre(0), true);
    server.flush();
    assert.deepEqual(server.delivered, [packet]);
  });

  it('are malformed when the protocol field is missing or even (B24)', () => {
    const server = new End(serverCall);
    const payloads = [
      [],
      [0xff],
      [0xff, 0x03],
      [0xc0],
      [0xff, 0x03, 0xc0],
      [0xc0, 0x20],
      [0xff, 0x03, 0x00, 0x20],
    ];
    payloads.forEach((payload, index) => {
      server.fromWire([outerPacket({ callId, sequenceNumber: index, payload: Uint8Array.from(payload) })], 0);
    });
    // FF alone is an odd octet and so a protocol number; FF 03 is an address and a control field without one.
    assert.equal(server.counters().discarded.ppp_malformed, payloads.length - 1);
  });

  it('larger than a slot are refused', () => {
    const server = new End(serverCall);
    assert.equal(server.transmit(0xc021, new Uint8Array(4000), 0), false);
    assert.equal(server.transmit(0xc021, new Uint8Array(1500), 0), true);
  });
});

describe('a session that ends or begins anew', () => {
  it('forgets its keys and shuts the gate when the link is renegotiated (LCP-9)', () => {
    const { server, client } = createPair({ keyLength: 128, stateless: true });
    server.path.stopNetwork(server.session);
    client.fromTun([packet], 0);
    server.fromWire(client.takeSent(), 0);
    server.fromTun([reply], 0);
    assert.deepEqual(server.delivered, []);
    assert.equal(server.counters().discarded.mppe_not_up, 1);
    assert.equal(server.path.tunDiscarded.no_session, 1);
  });

  it('leaves nothing to the next session in its place', () => {
    const { server, client } = createPair({ keyLength: 128, stateless: true });
    client.fromTun([packet, packet, packet], 0);
    const [first, , third] = client.takeSent();
    server.fromWire([first!, third!], 0);
    server.path.close(server.session);
    assert.equal(server.path.open(serverCall), server.session);
    assert.equal(server.counters().greReceived, 0);
    assert.equal(server.path.greReport(server.session).received, false);
    server.path.startNetwork(server.session, serverNetwork);
    server.fromTun([reply], 0);
    assert.deepEqual(server.takeSent(), []);
    server.expire(1e6);
    assert.equal(server.delivered.length, 1);
  });

  it('gives its call id and its place back, and no more sessions than there are places exist', () => {
    const server = new End(serverCall, { capacity: 2 });
    assert.equal(server.path.open(serverCall), undefined);
    assert.equal(server.path.open({ ...serverCall, callId: 0 }), undefined);
    const second = server.path.open({ ...serverCall, callId: 2 });
    assert.ok(second !== undefined);
    assert.equal(server.path.open({ ...serverCall, callId: 3 }), undefined);
    server.path.close(second);
    server.path.close(second);
    assert.equal(server.path.open({ ...serverCall, callId: 3 }), second);
  });
});
