import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { PacketVector } from '../../../src/protocol/datapath/packet-vector.ts';
import { TypeScriptDataPath } from '../../../src/protocol/datapath/typescript-data-path.ts';
import { assignedAddress, createPair, officeAddress, ping } from './support.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describe('the data path', () => {
  it('allocates nothing per packet, in either direction', () => {
    const { server, client } = createPair({ keyLength: 128, stateless: true });
    const down = ping(officeAddress, assignedAddress, 1, 1000);
    const up = ping(assignedAddress, officeAddress, 1, 1000);
    const ends = [
      { from: server.path, to: client.path, packet: down },
      { from: client.path, to: server.path, packet: up },
    ];
    let now = 0;
    const turn = () => {
      now++;
      for (const { from, to, packet } of ends) pass(from, to, packet, now);
    };
    for (let warm = 0; warm < 300; warm++) turn();
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let round = 0; round < 800; round++) turn();
    const grown = process.memoryUsage().heapUsed - before;
    const packets = 2 * 64 * 800;
    assert.equal(server.counters().receivedPackets, 64 * 1100);
    assert.equal(client.counters().receivedPackets, 64 * 1100);
    // Three typed numbers a packet would already be more than this.
    assert.ok(grown < 2 * packets, `${grown} bytes for ${packets} packets`);
  });

  it('needs less than 64 kB for an idle session, with room for 4,096', () => {
    collect();
    const before = process.memoryUsage();
    const path = new TypeScriptDataPath({ capacity: 4096 });
    const after = process.memoryUsage();
    const used = after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed;
    assert.ok(path.memory.byteLength > 0);
    assert.ok(used / 4096 < 8 * 1024, `${Math.round(used / 4096)} bytes a session`);
  });
});

/** A full batch of `packet` from the TUN of one end to the TUN of the other. */
function pass(from: TypeScriptDataPath, to: TypeScriptDataPath, packet: Uint8Array, now: number): void {
  const [source, target] = [bytesOf(from), bytesOf(to)];
  for (let index = 0; index < 64; index++) {
    source.set(packet, from.tunIn.offsets[index]!);
    from.tunIn.lengths[index] = packet.length;
  }
  from.tunIn.count = 64;
  from.receiveTun(now);
  for (let index = 0; index < from.greOut.count; index++)
    copyPacket(source, from.greOut, index, target, to.greIn);
  to.greIn.count = from.greOut.count;
  from.greOut.count = 0;
  to.receiveGre(now);
  to.expire(now);
  to.greOut.count = 0;
  to.tunOut.count = 0;
}

function copyPacket(
  source: Uint8Array,
  out: PacketVector,
  index: number,
  target: Uint8Array,
  incoming: PacketVector,
): void {
  const from = out.offsets[index]!;
  const to = incoming.offsets[index]!;
  const length = out.lengths[index]!;
  for (let at = 0; at < length; at++) target[to + at] = source[from + at]!;
  incoming.lengths[index] = length;
}

const views = new WeakMap<TypeScriptDataPath, Uint8Array>();
function bytesOf(path: TypeScriptDataPath): Uint8Array {
  const known = views.get(path);
  if (known !== undefined) return known;
  const bytes = new Uint8Array(path.memory);
  views.set(path, bytes);
  return bytes;
}
