// tcpdump on the line between server and client, and what it could read there.
import { type Capture, capture } from '../../test/support/lab/capture.ts';
import { addresses, type Topology } from '../../test/support/lab/topology.ts';

/** Text that the download carries many times in every packet, and what every packet's inner header carries. */
const secrets: readonly (readonly [string, string | Buffer])[] = [
  ['the file', 'price list'],
  ['the HTTP header', 'HTTP/1.1'],
  ["the office's address", Buffer.from(addresses.office.split('.').map(Number))],
];

export interface Eavesdropper {
  outside: Capture;
  inside: Capture;
}

/** Listens on the line outside, and as a control inside the office. */
export async function eavesdrop(lab: Topology): Promise<Eavesdropper> {
  const outside = await capture(lab.undo, lab.router, 'home0');
  const inside = await capture(lab.undo, lab.office, 'eth0');
  return { outside, inside };
}

/** @returns number of GRE packets seen. @throws Error naming what was readable */
export async function findNothingInClear({ outside, inside }: Eavesdropper): Promise<number> {
  await Promise.all([outside.stop(), inside.stop()]);
  for (const [what, bytes] of secrets) {
    // The same search must succeed where the traffic is in clear, or it proves nothing.
    if (!inside.contains(bytes))
      throw new Error(`tcpdump in the office did not see ${what}: the check proves nothing`);
    if (outside.contains(bytes)) throw new Error(`tcpdump on the line can read ${what}`);
  }
  return outside.count('ip proto 47');
}
