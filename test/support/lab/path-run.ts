// One run over one path: dial, download, upload, measure. The same for our server, which must pass, and for pptpd, whose
// result is a result whatever it is.
import assert from 'node:assert/strict';
import type { Connection, Dial } from './client.ts';
import { eventually } from './commands.ts';
import type { TestUser } from './documents.ts';
import type { Machine } from './machine.ts';
import type { Namespace } from './namespaces.ts';
import type { PathConditions } from './path-conditions.ts';
import { conditionsOf, dialOf, type PathCase, possibleMtu, userOf } from './path-matrix.ts';
import type { Pptpd } from './pptpd.ts';
import type { Server } from './server.ts';
import { addresses } from './topology.ts';
import { type Transfer, transferBothWays } from './transfer.ts';

export interface PathLab {
  lab: { office: Namespace; setConditions(conditions: PathConditions): Promise<void> };
  machine: Machine;
  dial(call: Omit<Dial, 'server'>): Promise<Connection>;
}

type Transfers = Awaited<ReturnType<typeof transferBothWays>>;

export interface PathFigures extends Transfers {
  /** Inner MTU that the server found, and the largest that there could be. */
  tunnelMtu: number;
  possibleMtu: number;
  /** Seconds from IPCP to that value. */
  settledSeconds: number;
  /** Until the transfers ended, by what became of them. */
  probes: Record<string, number>;
}

/** One dial, and both transfers at once after it. @throws AssertionError unless all is whole at the first try */
export async function runCase(
  place: PathLab & { server: Server },
  each: PathCase,
  bytes: number,
): Promise<PathFigures> {
  const { server, machine } = place;
  const user = userOf(each);
  const connection = await dialCase(place, each, user);
  await connection.up();
  const begin = performance.now();
  const settled = settledMtu(server, user.name, possibleMtu(each)).then((mtu) => ({
    mtu,
    seconds: (performance.now() - begin) / 1000,
  }));
  const transfers = await transferBothWays(machine, place.lab.office, bytes);
  const { mtu, seconds } = await settled;
  const probes = await probesOf(server, user.name);
  assertWhole('download', transfers.down);
  assertWhole('upload', transfers.up);
  await assertSize(machine, mtu);
  const sessions = await server.sessions();
  assert.deepEqual(
    sessions.map((session) => session.user),
    [user.name],
    'the session is still the first one',
  );
  assert.ok(await connection.isUp(), 'pppd still runs');
  return { ...transfers, tunnelMtu: mtu, possibleMtu: possibleMtu(each), settledSeconds: seconds, probes };
}

export interface PptpdFigures extends Transfers {
  /** Of its PPP interface. */
  mtu: number | undefined;
  /** Whether the client was still connected after the transfers. */
  session: 'up' | 'ended';
}

/** The same with pptpd, where nothing is asserted. @throws Error when the client cannot log in at all */
export async function runPptpdCase(
  place: PathLab & { pptpd: Pptpd },
  each: PathCase,
  user: TestUser,
  bytes: number,
): Promise<PptpdFigures> {
  const connection = await dialCase(place, each, user);
  await connection.up();
  const mtu = await place.pptpd.mtu();
  const transfers = await transferBothWays(place.machine, place.lab.office, bytes);
  return { ...transfers, mtu, session: (await connection.isUp()) ? 'up' : 'ended' };
}

async function dialCase(place: PathLab, each: PathCase, user: TestUser): Promise<Connection> {
  await place.lab.setConditions(conditionsOf(each));
  return place.dial(dialOf(user, each.clientMru));
}

function assertWhole(what: string, { isWhole, bytes, fault }: Transfer): void {
  assert.ok(isWhole, `the ${what} came whole; ${bytes} bytes came: ${fault}`);
}

/** Waits until the server's value is within 4 bytes of `possible` and returns it. */
export function settledMtu(
  server: Server,
  user: string,
  possible: number,
  timeout = 10_000,
): Promise<number> {
  let last: number | undefined;
  return eventually(`a tunnel MTU of ${possible}`, timeout, async () => {
    last = (await server.sessions()).find((session) => session.user === user)?.tunnelMTU;
    return last !== undefined && last <= possible && last >= possible - 4 ? last : undefined;
  }).catch((error) => {
    throw new Error(`${error.message}; it is ${last}`);
  });
}

/** A packet of that size passes with DF, there and back. */
async function assertSize(machine: Machine, mtu: number): Promise<void> {
  const ping = `ping -c 3 -i 0.2 -W 2 -M do -s ${mtu - 28} ${addresses.office}`;
  const { code, output } = await machine.attempt(ping);
  assert.equal(code, 0, `a packet of ${mtu} bytes passes: ${output}`);
}

async function probesOf(server: Server, user: string): Promise<Record<string, number>> {
  const name = 'vpn_session_path_mtu_probes_total';
  const outcomes = ['echoed', 'acknowledged', 'lost'];
  const counts = outcomes.map(
    async (outcome) => [outcome, (await server.metric(name, { user, outcome })) ?? 0] as const,
  );
  return Object.fromEntries(await Promise.all(counts));
}
