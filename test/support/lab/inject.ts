// A program of its own inside a namespace: `inject.ts HEX COUNT` lets its kernel receive an IPv4 packet from a TUN device, so
// that it forwards what no socket could send.
import { spawnSync } from 'node:child_process';
import { openTun } from 'node-tun';

const [hex = '', count = '1'] = process.argv.slice(2);
const packet = Buffer.from(hex, 'hex');
const memory = new ArrayBuffer(65_536);
new Uint8Array(memory).set(packet);

const device = 'inject0';
const tun = openTun({ name: device, memory });
spawnSync('ip', ['link', 'set', device, 'up']);
for (let left = Number(count); left > 0; left--) {
  tun.write({
    ...{ capacity: 1, count: 1, slotSize: 2048 },
    ...{ offsets: Uint32Array.of(0), lengths: Uint32Array.of(packet.length) },
    ...{ addresses: Uint32Array.of(0), errnos: new Int32Array(1) },
  });
}
tun.close();
