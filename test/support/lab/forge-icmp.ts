// Lies about the MTU of a live call, a program of its own inside a namespace on the way: `forge-icmp.ts SERVER CLIENT CALLID
// MTU` sends the server an ICMP fragmentation-needed that quotes a GRE packet of that call, from a host that is no router of it.
import { spawnSync } from 'node:child_process';
import { openTun } from 'node-tun';
import { parseAddress } from '../../../src/protocol/ip/address.ts';
import { writeFragmentationNeeded } from '../../../src/protocol/ip/icmp.ts';
import { writeHeaderChecksum } from '../../../src/protocol/ip/ipv4.ts';

const [server = '', client = '', callId = '', mtu = ''] = process.argv.slice(2);
const liar = parseAddress('203.0.113.77') ?? 0;
const device = 'liar0';
const quotedLength = 1500;

const memory = new ArrayBuffer(8192);
const bytes = new Uint8Array(memory);
const at = 4096;
const view = new DataView(memory, at);
view.setUint16(0, 0x4500);
view.setUint16(2, quotedLength);
view.setUint16(6, 0x4000);
view.setUint16(8, 0x402f);
view.setUint32(12, parseAddress(server) ?? 0);
view.setUint32(16, parseAddress(client) ?? 0);
writeHeaderChecksum(bytes, at);
view.setUint32(20, 0x3001_880b);
view.setUint16(24, quotedLength - 36);
view.setUint16(26, Number(callId));

const tun = openTun({ name: device, memory });
spawnSync('ip', ['link', 'set', device, 'up']);
tun.write({
  capacity: 1,
  count: 1,
  offsets: Uint32Array.of(0),
  lengths: Uint32Array.of(writeFragmentationNeeded(bytes, 0, bytes, at, liar, Number(mtu))),
  addresses: Uint32Array.of(0),
  errnos: new Int32Array(1),
  slotSize: 2048,
});
tun.close();
