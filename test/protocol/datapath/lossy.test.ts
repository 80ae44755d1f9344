import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeGre } from '../../../src/protocol/gre/packet.ts';
import { assignedAddress, createPair, type Encryption, numberOf, officeAddress, ping } from './support.ts';
import { Wire, type WireFaults } from './wire.ts';

interface Outcome {
  /** Numbers delivered upward to the server's TUN, in order. */
  up: number[];
  down: number[];
  upWire: Wire;
  downWire: Wire;
  pair: ReturnType<typeof createPair>;
  /** Packets that came to the server after one with a higher number (RFC 4737 §3.3). */
  overtaken: number;
}

/** `perTick` packets each way every 2 ms for `ticks` ticks, then time to settle. */
function run(seed: number, faults: WireFaults, encryption: Encryption, ticks: number, perTick = 1): Outcome {
  const pair = createPair(encryption);
  // LCP has long since shown both where the numbers begin (GRE-3).
  pair.client.transmit(0xc021, Uint8Array.of(9, 1, 0, 8, 0, 0, 0, 0), 999);
  pair.server.fromWire(pair.client.takeSent(), 999);
  pair.server.transmit(0xc021, Uint8Array.of(10, 1, 0, 8, 0, 0, 0, 0), 999);
  pair.client.fromWire(pair.server.takeSent(), 999);
  const [upWire, downWire] = [new Wire(seed, faults), new Wire(seed + 1, faults)];
  let number = 0;
  let overtaken = 0;
  let highest = -1;
  for (let now = 1000; now < 1000 + 2 * ticks + 400; now++) {
    if (now % 2 === 0 && now < 1000 + 2 * ticks) {
      for (let packet = 0; packet < perTick; packet++, number++) {
        pair.client.fromTun([ping(assignedAddress, officeAddress, number)], now);
        pair.server.fromTun([ping(officeAddress, assignedAddress, number)], now);
      }
    }
    const arrived = upWire.take(now);
    for (const packet of arrived) {
      const { sequenceNumber } = decodeGre(packet.subarray(20));
      if (sequenceNumber === undefined) continue;
      if (sequenceNumber < highest) overtaken++;
      highest = Math.max(highest, sequenceNumber);
    }
    pair.server.fromWire(arrived, now);
    pair.client.fromWire(downWire.take(now), now);
    pair.server.expire(now);
    pair.client.expire(now);
    if (pair.server.resets > 0) {
      // What the links do with a Reset-Request and its Reset-Ack (CCP-7); the wire's faults do not touch it here.
      pair.client.path.resetTransmit(pair.client.session);
      pair.server.resets = 0;
    }
    if (pair.client.resets > 0) {
      pair.server.path.resetTransmit(pair.server.session);
      pair.client.resets = 0;
    }
    upWire.put(pair.client.takeSent(), now);
    downWire.put(pair.server.takeSent(), now);
  }
  const numbers = (packets: Uint8Array[]) => packets.map(numberOf);
  return {
    up: numbers(pair.server.delivered),
    down: numbers(pair.client.delivered),
    upWire,
    downWire,
    pair,
    overtaken,
  };
}

const stateless: Encryption = { keyLength: 128, stateless: true };

describe('a tunnel over a bad path', () => {
  for (const [seed, loss] of [
    [1, 0.01],
    [2, 0.03],
    [3, 0.1],
    [4, 0.3],
  ] as const) {
    it(`loses inside what is lost outside and nothing more at ${100 * loss} % loss (R2, MPPE-6)`, () => {
      const { up, down, upWire, downWire, pair } = run(seed, { loss }, stateless, 6000);
      assertAscending(up);
      assertAscending(down);
      // Some of what the wire lost were acknowledgments alone.
      const sent = { up: pair.client.counters(), down: pair.server.counters() };
      assert.ok(up.length >= 6000 - upWire.lost);
      assert.ok(down.length >= 6000 - downWire.lost);
      assert.equal(pair.server.counters().greLost, lostOf(up, 6000));
      assert.equal(pair.server.counters().greReordered, 0);
      assert.equal(pair.client.counters().greLost, lostOf(down, 6000));
      assert.equal(sent.up.sentPackets, 6000);
      assert.equal(pair.server.counters().discarded.mppe_desync, 0);
    });
  }

  for (const [seed, depth] of [
    [5, 1],
    [6, 4],
    [7, 16],
  ] as const) {
    it(`puts packets in order that come up to ${depth} too late, and counts each (R3, GRE-5)`, () => {
      // One packet every 2 ms: `depth` packets pass while a packet is late.
      const { up, down, pair, overtaken } = run(
        seed,
        { reorder: 0.2, reorderDelay: 2 * depth },
        stateless,
        5000,
      );
      assert.deepEqual(up, ascending(5000));
      assert.deepEqual(down, ascending(5000));
      assert.equal(pair.server.counters().greLost, 0);
      assert.equal(pair.server.counters().greDuplicate, 0);
      assert.equal(pair.server.counters().greReordered, overtaken);
      assert.ok(depth === 1 || overtaken > 100);
    });
  }

  for (const duplicate of [0.01, 0.2]) {
    it(`delivers nothing twice when ${100 * duplicate} % come twice, and counts them exactly (attack 7)`, () => {
      const { up, down, upWire, pair } = run(8, { duplicate }, stateless, 5000);
      assert.deepEqual(up, ascending(5000));
      assert.deepEqual(down, ascending(5000));
      const acknowledgments = pair.client.counters().acksSent;
      const counted = pair.server.counters().greDuplicate;
      assert.ok(counted <= upWire.duplicated && counted >= upWire.duplicated - acknowledgments);
    });
  }

  it('survives loss, disorder and doubles together, over more than 4,096 packets, with no packet wrong (MPPE-6)', () => {
    for (const keyLength of [40, 56, 128] as const) {
      const faults = { loss: 0.05, duplicate: 0.05, reorder: 0.1, reorderDelay: 20 };
      const { up, down, upWire, pair } = run(20 + keyLength, faults, { keyLength, stateless: true }, 3000, 3);
      assertAscending(up);
      assertAscending(down);
      assert.ok(up.length >= 9000 - upWire.lost, `${up.length} of 9000, ${upWire.lost} lost outside`);
      assert.equal(pair.server.counters().discarded.mppe_desync, 0);
      assert.equal(pair.server.desynchronized, 0);
    }
  });

  it('comes back after every loss in stateful mode too, at the price of a reset (MPPE-10)', () => {
    const { up, down, upWire, pair } = run(31, { loss: 0.01 }, { keyLength: 128, stateless: false }, 6000);
    assertAscending(up);
    assertAscending(down);
    assert.ok(upWire.lost > 30);
    assert.ok(up.length > 6000 * 0.6, `${up.length}`);
    assert.equal(pair.server.counters().discarded.mppe_desync, 0);
    assert.ok(pair.server.counters().discarded.mppe_awaiting_reset > 0);
  });
});

describe('a blackout (R4, MPPE-9)', () => {
  for (const lost of [
    1, 31, 32, 33, 255, 256, 257, 300, 2047, 2048, 3000, 4094, 4095, 4096, 4097, 8192, 10_000,
  ]) {
    it(`of ${lost} packets is over with the next packet`, () => {
      const { server, client } = createPair(stateless);
      const send = (number: number) => {
        client.fromTun([ping(assignedAddress, officeAddress, number)], 5000);
        return client.takeSent();
      };
      for (let number = 0; number < 5; number++) server.fromWire(send(number), 5000);
      for (let number = 0; number < lost; number++) send(number);
      const [next] = send(77);
      assert.ok(next);
      server.fromWire([next], 65_000);
      server.expire(65_100);
      assert.equal(server.delivered.length, 6);
      assert.equal(server.counters().greLost, lost);
      assert.equal(server.counters().mppeKeyChanges, 6 + lost);
      server.fromWire(send(78), 65_101);
      assert.equal(server.delivered.length, 7);
    });
  }
});

function ascending(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function assertAscending(numbers: readonly number[]): void {
  for (let index = 1; index < numbers.length; index++) assert.ok(numbers[index]! > numbers[index - 1]!);
}

/** Numbers up to the last that came which did not come: a loss at the very end is not yet known to be one. */
function lostOf(numbers: readonly number[], sent: number): number {
  const last = numbers.at(-1) ?? -1;
  assert.ok(last < sent);
  return last + 1 - numbers.length;
}
