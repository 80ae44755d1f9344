// Packets that no honest kernel sends, as bytes, and how they get onto the lab's network.
import { join } from 'node:path';
import { parseAddress } from '../../../src/protocol/ip/address.ts';
import { writeFragmentationNeeded } from '../../../src/protocol/ip/icmp.ts';
import { writeHeaderChecksum } from '../../../src/protocol/ip/ipv4.ts';
import type { Namespace } from './namespaces.ts';

const greProtocol = 47;
const udpProtocol = 17;
const dontFragment = 0x4000;
/** No router of the lab. */
const liar = '203.0.113.77';

/** An ICMP fragmentation-needed that quotes a GRE packet of the server's with this call id. */
export function fragmentationNeeded(lie: {
  server: string;
  client: string;
  callId: number;
  mtu: number;
}): Uint8Array {
  const quoted = ipv4(lie.server, lie.client, { protocol: greProtocol, length: 1500, field: dontFragment });
  const view = new DataView(quoted.buffer);
  view.setUint32(20, 0x3001_880b);
  view.setUint16(24, quoted.length - 36);
  view.setUint16(26, lie.callId);
  const bytes = new Uint8Array(1024);
  const length = writeFragmentationNeeded(bytes, 0, quoted, 0, parseAddress(liar) ?? 0, lie.mtu);
  return bytes.subarray(0, length);
}

/** A last fragment whose end lies beyond the largest datagram: nothing can cut it further (RFC 791 §3.2). */
export function endlessFragment(source: string, destination: string, length: number): Uint8Array {
  return ipv4(source, destination, { protocol: udpProtocol, length, field: 0x1fff });
}

function ipv4(
  source: string,
  destination: string,
  { protocol, length, field }: { protocol: number; length: number; field: number },
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x4500);
  view.setUint16(2, length);
  view.setUint16(6, field);
  view.setUint16(8, 0x4000 | protocol);
  view.setUint32(12, parseAddress(source) ?? 0);
  view.setUint32(16, parseAddress(destination) ?? 0);
  writeHeaderChecksum(bytes, 0);
  return bytes;
}

/** Lets a forwarding host get the packet, as if it had come over a link, `count` times. */
export async function inject(namespace: Namespace, packet: Uint8Array, count = 1): Promise<void> {
  const program = join(import.meta.dirname, 'inject.ts');
  const hex = Buffer.from(packet).toString('hex');
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', program, hex, String(count)];
  await namespace.run(command);
}
