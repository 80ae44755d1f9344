// UDP through the tunnel, to the client, at each size around its MTU: without DF every size passes, with DF what fits passes, and
// what does not is told to its sender once, who then cuts by itself.
import assert from 'node:assert/strict';
import type { Machine } from './machine.ts';
import type { Namespace } from './namespaces.ts';
import { addresses } from './topology.ts';

const ports = { withDf: 7777, withoutDf: 7778 } as const;
const headers = 28;

/** Seconds to wait for an answer that must come, and for one that must not. */
const patience = { due: 10, swallowed: 1 } as const;

/**
 * Asks the office for datagrams whose packets have these sizes, one after the other.
 * @param expected what comes of each: its size, or 0 for nothing
 */
export async function assertAnswers(
  machine: Machine,
  df: keyof typeof ports,
  { sizes, expected = sizes }: { sizes: readonly number[]; expected?: readonly number[] },
  why: string,
): Promise<void> {
  const script = sizes.map((size, index) => {
    const seconds = expected[index] === 0 ? patience.swallowed : patience.due;
    return `exec 3<>/dev/udp/${addresses.office}/${ports[df]}
printf ${size - headers} >&3; timeout ${seconds} dd bs=65535 count=1 <&3 2>/dev/null | wc -c`;
  });
  const limit = (sizes.length + 1) * patience.due * 1000;
  const payloads = (await machine.run(script.join('\n'), limit)).trim().split('\n').map(Number);
  const answers = payloads.map((payload) => (payload === 0 ? 0 : payload + headers));
  assert.deepEqual(answers, expected, why);
}

/** @throws AssertionError naming the first size that behaves otherwise than a tunnel of `mtu` must */
export async function assertDatagramsPass(machine: Machine, office: Namespace, mtu: number): Promise<void> {
  const any = [mtu - 4, mtu - 1, mtu, mtu + 1, mtu + 4, mtu + 500, 4000];
  await assertAnswers(machine, 'withoutDf', { sizes: any }, 'without DF each size passes');
  // Nothing that the office learned of the path earlier counts.
  await office.ip('route flush cache');
  const fitting = [mtu - 4, mtu - 1, mtu];
  await assertAnswers(machine, 'withDf', { sizes: fitting }, 'with DF what fits passes');
  const larger = { sizes: [mtu + 1, mtu + 1], expected: [0, mtu + 1] };
  await assertAnswers(machine, 'withDf', larger, 'with DF the sender of more is told, and cuts by itself');
}
