// UDP through the tunnel, to the client, at each size around its MTU: without DF every size passes, with DF what fits passes, and
// what does not is told to its sender once, who then cuts by itself.
import assert from 'node:assert/strict';
import type { Machine } from './machine.ts';
import type { Namespace } from './namespaces.ts';
import { addresses } from './topology.ts';

const ports = { withDf: 7777, withoutDf: 7778 } as const;
const headers = 28;

/** Asks the office for datagrams whose packets have these sizes, one after the other, and says what came: 0 when nothing did. */
export async function answeredSizes(
  machine: Machine,
  df: keyof typeof ports,
  sizes: readonly number[],
): Promise<number[]> {
  const script = sizes.map(
    (size) => `exec 3<>/dev/udp/${addresses.office}/${ports[df]}
printf ${size - headers} >&3; timeout 1 dd bs=65535 count=1 <&3 2>/dev/null | wc -c`,
  );
  const payloads = (await machine.run(script.join('\n'))).trim().split('\n').map(Number);
  return payloads.map((payload) => (payload === 0 ? 0 : payload + headers));
}

/** @throws AssertionError naming the first size that behaves otherwise than a tunnel of `mtu` must */
export async function assertDatagramsPass(machine: Machine, office: Namespace, mtu: number): Promise<void> {
  const any = [mtu - 4, mtu - 1, mtu, mtu + 1, mtu + 4, mtu + 500, 4000];
  assert.deepEqual(await answeredSizes(machine, 'withoutDf', any), any, 'without DF each size passes');
  // Nothing that the office learned of the path earlier counts.
  await office.ip('route flush cache');
  const fitting = [mtu - 4, mtu - 1, mtu];
  assert.deepEqual(await answeredSizes(machine, 'withDf', fitting), fitting, 'with DF what fits passes');
  const larger = await answeredSizes(machine, 'withDf', [mtu + 1, mtu + 1]);
  assert.deepEqual(larger, [0, mtu + 1], 'with DF the sender of more is told, and cuts by itself');
}
