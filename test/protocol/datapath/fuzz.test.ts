import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  assignedAddress,
  createPair,
  createRandom,
  type End,
  echoRequest,
  officeAddress,
  ping,
  serverCall,
} from './support.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? 1);
/** Inputs per target; more by the environment, for long runs. */
const inputs = Number(process.env['FUZZ_INPUTS'] ?? 40_000);

/** Writes a batch straight into the slots, as the raw socket does. */
function feed(
  end: End,
  which: 'gre' | 'tun',
  fill: (bytes: Uint8Array, offset: number) => number,
  now: number,
): void {
  const { path } = end;
  const vector = which === 'gre' ? path.greIn : path.tunIn;
  const bytes = new Uint8Array(path.memory);
  for (let index = 0; index < vector.capacity; index++) {
    vector.lengths[index] = fill(bytes, vector.offsets[index] ?? 0);
  }
  vector.count = vector.capacity;
  let calls = 0;
  while (!(which === 'gre' ? path.receiveGre(now) : path.receiveTun(now))) {
    empty(end);
    assert.ok(++calls <= 2 * vector.capacity, 'no progress');
  }
  path.expire(now);
  empty(end);
}

function empty({ path }: End): void {
  assert.ok(path.greOut.count <= path.greOut.capacity);
  assert.ok(path.tunOut.count <= path.tunOut.capacity);
  assert.ok(path.controlIn.count <= path.controlIn.capacity);
  for (const vector of [path.greOut, path.tunOut, path.controlIn]) {
    for (let index = 0; index < vector.count; index++) {
      assert.ok((vector.offsets[index] ?? 0) + (vector.lengths[index] ?? 0) <= path.memory.byteLength);
    }
    vector.count = 0;
  }
  path.resetsNeeded.count = 0;
  path.desynchronized.count = 0;
}

/** A packet no one has seen: a control frame or a network packet of the client, small or large. */
function freshPacket(client: End, random: () => number, number: number): Uint8Array {
  if (random() < 0.2) client.transmit(0xc021, echoRequest, 0);
  else client.fromTun([ping(assignedAddress, officeAddress, number, 12 + Math.floor(random() * 8) * 170)], 0);
  return client.takeSent()[0]!;
}

const modes = [
  ['stateless', { keyLength: 128, stateless: true }],
  ['stateful', { keyLength: 56, stateless: false }],
  ['clear', undefined],
] as const;

describe('the data path', () => {
  for (const [name, encryption] of modes) {
    it(`takes any change of a real packet without a throw and in bounded time, ${name} (seed ${seed})`, () => {
      let { server, client } = createPair(encryption, { reorderPool: 64 });
      const random = createRandom(seed);
      let packet = freshPacket(client, random, 0);
      let malformed = 0;
      for (let done = 0; done < inputs; done += 64) {
        // Without a key that proves a packet, a forged number may end a session; the next ones must be tried too.
        if (encryption?.stateless !== true && done % 2048 === 0) {
          ({ server, client } = createPair(encryption, { reorderPool: 64 }));
          packet = freshPacket(client, random, done);
          server.fromWire([packet], done);
        }
        const mutate = (bytes: Uint8Array, offset: number) => {
          if (random() < 0.3) packet = freshPacket(client, random, done);
          bytes.set(packet, offset);
          const damages = Math.floor(random() * 3);
          for (let damage = 0; damage < damages; damage++) {
            // Headers are where the decisions are.
            const at = Math.floor(random() * Math.min(packet.length, random() < 0.8 ? 48 : 2000));
            bytes[offset + at] =
              random() < 0.5 ? Math.floor(random() * 256) : bytes[offset + at]! ^ (1 << (at & 7));
          }
          return random() < 0.95 ? packet.length : Math.floor(random() * 2048);
        };
        feed(server, 'gre', mutate, done);
        malformed += server.counters().discarded.ppp_malformed;
      }
      const { receivedPackets } = server.counters();
      // About every tenth input is a network packet that is new and whole, and no forged one before it may stop it.
      if (encryption?.stateless === true)
        assert.ok(receivedPackets > inputs / 20, `${receivedPackets} came through`);
      assert.ok(malformed > 0);
    });
  }

  it('takes random bytes of any length from both sides without a throw', () => {
    const { server } = createPair({ keyLength: 128, stateless: true });
    const random = createRandom(seed + 1);
    for (let done = 0; done < inputs / 4; done += 64) {
      const fill = (bytes: Uint8Array, offset: number) => {
        const length = Math.floor(random() * 100);
        for (let index = 0; index < length; index++) bytes[offset + index] = Math.floor(random() * 256);
        if (random() < 0.7) bytes[offset] = 0x45;
        return length;
      };
      feed(server, 'gre', fill, done);
      feed(server, 'tun', fill, done);
    }
  });

  it('takes any change of a packet from the TUN without a throw', () => {
    const { server } = createPair({ keyLength: 128, stateless: true });
    const random = createRandom(seed + 2);
    for (let done = 0; done < inputs / 4; done += 64) {
      const fill = (bytes: Uint8Array, offset: number) => {
        const packet = ping(officeAddress, assignedAddress, done, Math.floor(random() * 1480));
        bytes.set(packet, offset);
        if (random() < 0.5) bytes[offset + Math.floor(random() * 40)] = Math.floor(random() * 256);
        return packet.length;
      };
      feed(server, 'tun', fill, done * 10);
    }
    assert.ok(server.counters().sentPackets > 0);
  });

  it('finds its session after every kind of call, and closes what was never opened without harm', () => {
    const { server } = createPair({ keyLength: 128, stateless: true });
    const { path } = server;
    for (const session of [3, 2]) {
      path.close(session);
      path.stopNetwork(session);
      path.resetTransmit(session);
      path.resetReceived(session);
      path.setPathMtu(session, { tunnelMtu: 1, pathMtu: 1, confirmed: true });
      assert.equal(path.transmit(session, 0xc021, echoRequest, 'control', 0), false);
    }
    assert.equal(path.open(serverCall), undefined);
  });
});
