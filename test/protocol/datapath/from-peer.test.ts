import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DiscardReason } from '../../../src/protocol/datapath/counters.ts';
import { compileDestinations } from '../../../src/protocol/ip/destinations.ts';
import {
  assignedAddress,
  createPair,
  gatewayAddress,
  type InnerPacket,
  innerPacket,
  officeAddress,
  ping,
} from './support.ts';

/** What the server makes of one packet of its client. */
function receive(packet: Uint8Array, network = {}) {
  const { server, client } = createPair({ keyLength: 128, stateless: true }, {}, network);
  // The client's own side would refuse what it knows to be wrong, so it may think what it likes of sizes.
  client.path.setPathMtu(client.session, { tunnelMtu: 1500, pathMtu: 1544, confirmed: false });
  client.fromTun([packet], 0);
  server.fromWire(client.takeSent(), 0);
  return server;
}

function refuses(reason: DiscardReason, packet: Uint8Array, network = {}): void {
  const server = receive(packet, network);
  assert.deepEqual(server.delivered, []);
  assert.equal(server.counters().discarded[reason], 1, reason);
}

const from = (packet: Partial<InnerPacket>) =>
  innerPacket({ source: assignedAddress, destination: officeAddress, ...packet });

describe('a packet from the client', () => {
  it('passes from its own address to a permitted one, unchanged', () => {
    const packet = from({ payload: new Uint8Array(1000).fill(5) });
    const server = receive(packet);
    assert.deepEqual(server.delivered, [packet]);
    assert.equal(server.counters().receivedBytes, 1020);
  });

  it('is refused from any other source (attack 21, B30)', () => {
    for (const source of [assignedAddress + 1, gatewayAddress, 0, 0x7f000001, 0xe0000001, 0xffffffff]) {
      refuses('ip_source', from({ source }));
    }
  });

  it('is refused to protected, multicast and broadcast addresses (attack 22)', () => {
    for (const destination of [0x7f000001, 0xa9fea9fe, 0xe0000001, 0xffffffff, 0]) {
      refuses('ip_destination', from({ destination }));
    }
  });

  it('is refused to what its rules do not name', () => {
    const destinations = compileDestinations({
      allowed: [{ address: officeAddress, prefixLength: 32 }],
      protected: [],
      denied: [],
    });
    assert.equal(receive(from({}), { destinations }).delivered.length, 1);
    refuses('ip_destination', from({ destination: officeAddress + 1 }), { destinations });
  });

  it('is refused with source routing or options that cannot be walked (attack 21)', () => {
    for (const options of [
      [131, 7, 4, 10, 0, 0, 1, 0],
      [137, 7, 4, 10, 0, 0, 1, 0],
      [1, 131, 3, 4],
      [7, 0, 0, 0],
      [7, 1, 0, 0],
      [7, 200, 0, 0],
    ]) {
      refuses('ip_options', from({ options: Uint8Array.from(options) }));
    }
    assert.equal(receive(from({ options: Uint8Array.of(148, 4, 0, 0) })).delivered.length, 1);
  });

  it('reaches the gateway address with ping, with DNS if it is served there, and with nothing else (attack 22)', () => {
    const to = (packet: Partial<InnerPacket>) => from({ destination: gatewayAddress, ...packet });
    const port = (number: number) => Uint8Array.of(0x99, 0x99, number >> 8, number & 0xff, 0, 8, 0, 0);
    assert.equal(receive(ping(assignedAddress, gatewayAddress, 1)).delivered.length, 1);
    for (const protocol of [6, 17]) {
      const query = to({ protocol, payload: port(53) });
      refuses('gateway_service', query);
      assert.equal(receive(query, { gatewayServesDns: true }).delivered.length, 1);
      refuses('gateway_service', to({ protocol, payload: port(10250) }), { gatewayServesDns: true });
      refuses('gateway_service', to({ protocol, payload: Uint8Array.of(0, 1) }), { gatewayServesDns: true });
    }
    refuses('gateway_service', ping(assignedAddress, gatewayAddress, 1, 64, 0));
    refuses('gateway_service', to({ protocol: 47 }), { gatewayServesDns: true });
    refuses('gateway_service', to({ protocol: 1, payload: new Uint8Array(0) }));
  });

  it('is refused when its header is wrong in any way, inside good encryption or in clear', () => {
    for (const damage of [
      (bytes: Uint8Array) => (bytes[0] = 0x65),
      (bytes: Uint8Array) => (bytes[0] = 0x44),
      (bytes: Uint8Array) => (bytes[0] = 0x4f),
      (bytes: Uint8Array) => (bytes[3] = 0xff),
      (bytes: Uint8Array) => (bytes[10]! ^= 1),
    ]) {
      const { server, client } = createPair(undefined);
      client.fromTun([from({})], 0);
      const [sent] = client.takeSent();
      damage(sent!.subarray(20 + 12 + 4));
      server.fromWire([sent!], 0);
      assert.deepEqual(server.delivered, []);
      assert.equal(server.counters().discarded.ip_malformed, 1);
    }
  });

  it('is refused above what the TUN takes, and counted as a size', () => {
    const { server, client } = createPair({ keyLength: 128, stateless: true }, { tunMtu: 1300 });
    client.fromTun([from({ payload: new Uint8Array(1281) }), from({ payload: new Uint8Array(1280) })], 0);
    server.fromWire(client.takeSent(), 0);
    assert.equal(server.delivered.length, 1);
    assert.equal(server.counters().pmtuDrops.fromClient.too_large, 1);
  });
});
