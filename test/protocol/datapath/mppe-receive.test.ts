import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeGre, type GrePacket } from '../../../src/protocol/gre/packet.ts';
import {
  assignedAddress,
  createPair,
  createRandom,
  type End,
  encryptPair,
  greOf,
  numberOf,
  officeAddress,
  outerPacket,
  ping,
  serverCall,
} from './support.ts';

const { callId } = serverCall;
const stateless = { keyLength: 128, stateless: true } as const;
const stateful = { keyLength: 128, stateless: false } as const;

/** The client's next packet, as it goes over the wire. */
function send(client: End, number: number, now = 1000): Uint8Array {
  client.fromTun([ping(assignedAddress, officeAddress, number)], now);
  const [packet] = client.takeSent();
  assert.ok(packet);
  return packet;
}

/** The same packet with something about it changed. */
function change(packet: Uint8Array, edit: (gre: GrePacket) => void): Uint8Array {
  const gre = greOf(packet.slice());
  edit(gre);
  return outerPacket(encodeGre(gre));
}

/** An encrypted frame nobody has the keys of. */
function forge(sequenceNumber: number, count: number, random: () => number, length = 88): Uint8Array {
  const payload = Uint8Array.from({ length }, () => Math.floor(random() * 256));
  payload.set([0xff, 0x03, 0x00, 0xfd, 0x90 | ((count >> 8) & 0x0f), count & 0xff]);
  return outerPacket({ callId, sequenceNumber, payload });
}

function numbers(end: End): number[] {
  return end.delivered.map(numberOf);
}

describe('an encrypted packet', () => {
  it('begins 90 00 in stateless mode and counts to 9F FF, then 90 00 again (MPPE-4)', () => {
    const { client } = createPair(stateless);
    for (let packet = 0; packet < 4099; packet++) {
      const [high = 0, low = 0] = greOf(send(client, packet)).payload.subarray(4);
      assert.equal((high << 8) | low, 0x9000 | (packet & 0xfff));
    }
  });

  it('is read without FF 03 and with a one-byte protocol outside and inside (LCP-3)', () => {
    const { server, client } = createPair(stateless);
    server.fromWire([change(send(client, 1), (gre) => (gre.payload = gre.payload.subarray(2)))], 0);
    server.fromWire([change(send(client, 2), (gre) => (gre.payload = gre.payload.subarray(3)))], 0);
    assert.deepEqual(numbers(server), [1, 2]);
  });

  it('without the A or the D bit, or with the C bit, is dropped in stateless mode (MPPE-4)', () => {
    for (const [bit, counted] of [
      [0x80, 1],
      [0x40, 0],
      [0x20, 1],
      [0x10, 1],
    ] as const) {
      const { server, client } = createPair(stateless);
      server.fromWire([change(send(client, 1), (gre) => (gre.payload[4]! ^= bit))], 0);
      assert.equal(server.counters().discarded.mppe_malformed, counted);
      assert.equal(server.delivered.length, 1 - counted);
      server.fromWire([send(client, 2)], 0);
      assert.equal(numbers(server).at(-1), 2);
    }
  });

  it('shorter than five bytes is dropped (MPPE-4, B30)', () => {
    const { server, client } = createPair(stateless);
    for (let length = 4; length < 9; length++) {
      server.fromWire(
        [change(send(client, length), (gre) => (gre.payload = gre.payload.subarray(0, length)))],
        0,
      );
    }
    assert.equal(server.counters().discarded.mppe_malformed, 5);
    server.fromWire([send(client, 9)], 0);
    assert.deepEqual(numbers(server), [9]);
  });

  it('before there are keys is dropped', () => {
    const { server } = createPair(undefined);
    server.fromWire([forge(1, 0, createRandom(1))], 0);
    assert.equal(server.counters().discarded.mppe_not_up, 1);
  });
});

describe('a coherency count that is behind (MPPE-6, B23)', () => {
  it('is dropped at the price of no key change, and the next packet decrypts', () => {
    const { server, client } = createPair(stateless);
    const packets = Array.from({ length: 3000 }, (_, number) => send(client, number));
    server.fromWire(packets, 1000);
    const changes = server.counters().mppeKeyChanges;
    // An old packet under a new sequence number: only the count tells.
    const next = greOf(send(client, 3000));
    for (const old of [0, 1000, 2990, 2999]) {
      server.fromWire([change(packets[old]!, (gre) => (gre.sequenceNumber = next.sequenceNumber!))], 1000);
    }
    server.expire(2000);
    assert.equal(server.counters().mppeKeyChanges, changes);
    assert.ok(server.counters().discarded.mppe_late > 0);
    assert.equal(server.counters().receivedPackets, 3000);
    server.fromWire([send(client, 3001)], 1000);
    server.expire(2100);
    assert.equal(numbers(server).at(-1), 3001);
  });
});

describe('a packet that does not decrypt to one (MPPE-8)', () => {
  it('leaves the keys, the count and the sequence number as they were', () => {
    const { server, client } = createPair(stateless);
    const random = createRandom(5);
    for (let number = 0; number < 200; number++) {
      const packet = send(client, number);
      const { sequenceNumber = 0 } = greOf(packet);
      // The forger knows everything but the key, and is faster.
      server.fromWire([forge(sequenceNumber, number, random)], 1000);
      server.fromWire([packet], 1000);
    }
    assert.deepEqual(
      numbers(server),
      Array.from({ length: 200 }, (_, index) => index),
    );
    assert.equal(server.counters().discarded.mppe_desync, 200);
  });

  it('never moves the count: thirty thousand forged packets, and the honest flow goes on (attack 8)', () => {
    const { server, client } = createPair(stateless);
    const random = createRandom(6);
    let honest = 0;
    for (let round = 0; round < 300; round++) {
      const now = 1000 + round * 5;
      const { sequenceNumber = 0 } = greOf(send(client, 0, now));
      const forged = Array.from({ length: 100 }, () => {
        const near = random() < 0.5;
        const sequence = near
          ? sequenceNumber + 260 + Math.floor(random() * 4000)
          : Math.floor(random() * 2 ** 32);
        return forge(sequence >>> 0, Math.floor(random() * 4096), random, 40);
      });
      server.fromWire(forged, now);
      server.fromWire([send(client, round, now)], now);
      server.expire(now);
      honest++;
    }
    server.expire(1e6);
    assert.ok(server.delivered.length >= 0.95 * honest, `${server.delivered.length} of ${honest}`);
    assert.equal(server.desynchronized, 0);
  });

  it('costs a bounded number of key changes, however many ask for 4,095 (MPPE-7, MPPE-9)', () => {
    const { server, client } = createPair(stateless);
    server.fromWire([send(client, 0)], 1000);
    const random = createRandom(7);
    const started = process.hrtime.bigint();
    for (let round = 0; round < 2000; round++) {
      server.fromWire([forge((2 + 4095 + (round & 7)) >>> 0, 4095, random)], 1000 + round);
    }
    const milliseconds = Number(process.hrtime.bigint() - started) / 1e6;
    // Unbounded it would be eight million changes: more than ten seconds.
    assert.ok(milliseconds < 2000, `${milliseconds} ms`);
    assert.ok(server.counters().discarded.mppe_gap >= 1990);
    server.fromWire([send(client, 1)], 1000);
    assert.deepEqual(numbers(server), [0, 1]);
  });

  it('with a right checksum but another source is not followed over a gap', () => {
    const { server, client } = createPair(stateless);
    server.fromWire([send(client, 0)], 1000);
    for (let lost = 0; lost < 10; lost++) send(client, lost);
    client.fromTun([ping(assignedAddress + 1, officeAddress, 99)], 1000);
    server.fromWire(client.takeSent(), 1000);
    server.expire(1100);
    assert.equal(server.counters().discarded.mppe_desync, 1);
    // In order there is nothing to follow: it is what it is, a packet with a wrong source.
    server.fromWire([send(client, 1)], 1200);
    client.fromTun([ping(assignedAddress + 1, officeAddress, 99)], 1200);
    server.fromWire(client.takeSent(), 1200);
    server.expire(1300);
    assert.equal(server.counters().discarded.ip_source, 1);
    assert.deepEqual(numbers(server), [0, 1]);
  });

  it('is never answered: no Protocol-Reject can leak what was inside (CP-6)', () => {
    const { server, client } = createPair(stateless);
    const packet = send(client, 0);
    server.fromWire([change(packet, (gre) => (gre.payload[7]! ^= 0x02))], 1000);
    assert.deepEqual(server.controls, []);
    assert.deepEqual(server.delivered, []);
  });
});

describe('a lost coherency count (MPPE-9)', () => {
  it('that GRE cannot explain is tried once a second, and found', () => {
    const { server, client } = createPair(stateless);
    server.fromWire([send(client, 0)], 1000);
    for (let lost = 0; lost < 1000; lost++) send(client, lost);
    // A client whose sequence numbers do not count what was lost.
    server.fromWire([change(send(client, 1), (gre) => (gre.sequenceNumber = 2))], 1000);
    server.expire(1100);
    assert.deepEqual(numbers(server), [0, 1]);
  });

  it('that nothing can find again is said once, after five seconds of useless packets', () => {
    const pair = createPair(stateless);
    const { server, client } = pair;
    server.fromWire([send(client, 0)], 1000);
    encryptPair({ server: client, client }, stateless, 200);
    for (let number = 0; number < 600; number++) {
      server.fromWire([send(client, number)], 1000 + 20 * number);
      server.expire(1000 + 20 * number);
    }
    assert.equal(server.desynchronized, 1);
    assert.equal(server.delivered.length, 1);
  });
});

describe('stateful mode (MPPE-10)', () => {
  it('asks for one reset per gap, discards until a flushed packet, and goes on with it', () => {
    const { server, client } = createPair(stateful);
    server.fromWire([send(client, 0)], 1000);
    send(client, 1);
    const after = Array.from({ length: 10 }, (_, index) => send(client, 2 + index));
    server.fromWire(after, 1000);
    server.expire(1050);
    assert.equal(server.resets, 1);
    assert.equal(server.counters().discarded.mppe_awaiting_reset, 10);
    client.path.resetTransmit(client.session);
    client.path.resetTransmit(client.session);
    server.path.resetReceived(server.session);
    server.fromWire([send(client, 20), send(client, 21)], 1100);
    assert.deepEqual(numbers(server), [0, 20, 21]);
    assert.equal(server.resets, 1);
  });

  it('asks again after a second when the reset was lost', () => {
    const { server, client } = createPair(stateful);
    server.fromWire([send(client, 0)], 1000);
    send(client, 1);
    for (let now = 1000; now < 4000; now += 100) {
      server.fromWire([send(client, 2)], now);
      server.expire(now + 60);
    }
    assert.equal(server.resets, 3);
  });

  for (const lost of [1, 5, 254, 255, 256, 257, 600]) {
    it(`catches up with the key changes of ${lost} lost packets`, () => {
      const { server, client } = createPair(stateful);
      for (let number = 0; number < 3; number++) server.fromWire([send(client, number)], 1000);
      for (let number = 0; number < lost; number++) send(client, number);
      client.path.resetTransmit(client.session);
      server.fromWire([send(client, 7777), send(client, 7778)], 1000);
      server.expire(1060);
      assert.deepEqual(numbers(server).slice(3), [7777, 7778]);
    });
  }

  it('recovers by a reset from a packet that does not decrypt', () => {
    const { server, client } = createPair(stateful);
    server.fromWire([send(client, 0)], 1000);
    server.fromWire([change(send(client, 1), (gre) => (gre.payload[8]! ^= 0xff))], 1000);
    assert.equal(server.resets, 1);
    client.path.resetTransmit(client.session);
    server.fromWire([send(client, 2)], 1000);
    server.expire(1100);
    assert.deepEqual(numbers(server), [0, 2]);
  });
});

describe('the key stream (CCP-8, S2)', () => {
  for (const mode of [stateless, stateful]) {
    it(`never comes twice in ${mode.stateless ? 'stateless' : 'stateful'} mode, with keys started again and resets asked for`, () => {
      const pair = createPair(mode);
      const { server } = pair;
      const random = createRandom(9);
      const seen = new Set<string>();
      const zeros = 40;
      for (let number = 0; number < 20_000; number++) {
        if (random() < 0.01) encryptPair(pair, mode, 1);
        if (random() < 0.01) server.path.resetTransmit(server.session);
        // The same plain text each time: equal cipher text would be an equal key stream.
        server.fromTun([ping(officeAddress, assignedAddress, 0, zeros)], 1000);
        const [packet] = server.takeSent();
        const cipher = Buffer.from(greOf(packet!).payload.subarray(6)).toString('latin1');
        assert.ok(!seen.has(cipher), `packet ${number}`);
        seen.add(cipher);
      }
    });
  }
});
